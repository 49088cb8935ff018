"""From FFmpeg's frames to ours: views on the decoder's planes, tags kept."""

from fractions import Fraction
from typing import Any, cast

import av
import numpy as np

from kernels.types import Plane
from stream.colour import FULL, LIMITED, Colour
from stream.frame import Frame
from stream.pixels import PixelFormat, parse, planar_equivalent


def to_frame(
    decoded: av.VideoFrame,
    pts: int,
    time_base: Fraction,
    duration: int,
    aspect: Fraction,
    wanted: str | None = None,
) -> Frame:
    """Wrap `decoded` without copying; formats a Frame cannot hold are rearranged losslessly.

    wanted: the planar format to convert to when the decoder's is another, as in a stream that
    changes it midway. The Frame carries the decoder's rotation and tags; see stream.frame.Frame.
    """
    colour = colour_of(decoded)
    name = wanted or planar_equivalent(decoded.format.name)
    picture = decoded if name == decoded.format.name else decoded.reformat(format=name)
    pixel_format = parse(picture.format.name)
    if pixel_format is None:  # a format FFmpeg knows and our table does not
        picture = decoded.reformat(format="gbrp")
        pixel_format = PixelFormat("gbrp", "rgb", 8, 0, 0, True)
    planes = tuple(view_of(plane, pixel_format) for plane in picture.planes)
    layout_count = 1 if pixel_format.model == "gray" else 3
    return Frame(
        planes[:layout_count], pixel_format, colour, pts, time_base, duration, aspect,
        int(decoded.rotation) % 360, picture,
    )  # fmt: skip


def view_of(plane: av.video.plane.VideoPlane, pixel_format: PixelFormat) -> Plane:
    """The samples of `plane`, without copying; they keep its picture alive."""
    dtype = np.dtype(np.uint8 if pixel_format.depth == 8 else np.uint16)
    line = plane.line_size // dtype.itemsize
    samples: Plane = np.frombuffer(cast(Any, plane), dtype, count=line * plane.height)
    return samples.reshape(plane.height, line)[:, : plane.width]


def colour_of(picture: av.VideoFrame | av.VideoCodecContext) -> Colour:
    """The colour tags of a frame or codec; numbers outside H.273's table pass unchanged."""
    full = {FULL: True, LIMITED: False}.get(int(picture.color_range))
    if picture.format is not None and picture.format.name.startswith("yuvj"):
        full = True
    return Colour(
        int(picture.colorspace), int(picture.color_primaries), int(picture.color_trc), full
    )
