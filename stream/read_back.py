"""Read a finished file's pictures with their alpha, as an editor would."""

from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from kernels.types import Alpha, Rgb
from stream.errors import SourceError

ALPHA_DECODERS = {"vp9": "libvpx-vp9", "vp8": "libvpx"}
"""By codec, the decoder that keeps alpha; FFmpeg's own for these drop it."""


def rgba_pictures(path: str) -> Iterator[tuple[Rgb, Alpha]]:
    """((H, W, 3) uint8 RGB, (H, W) float32 alpha) of every picture; alpha is 1 where none is.

    Raises SourceError when the file cannot be read.
    """
    try:
        with av.open(path) as container:
            stream = container.streams.video[0]
            name = ALPHA_DECODERS.get(stream.codec_context.name)
            context: Any = av.CodecContext.create(name, "r") if name else stream.codec_context
            for packet in container.demux(stream):
                for picture in context.decode(packet if packet.size else None):
                    yield _rgba(picture)
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise SourceError(f"{path}: cannot be read back: {error}") from error


def _rgba(picture: av.VideoFrame) -> tuple[Rgb, Alpha]:
    rgba = np.asarray(picture.to_ndarray(format="rgba"), np.uint8)
    alpha: Alpha = rgba[..., 3].astype(np.float32)
    alpha /= 255
    return rgba[..., :3], alpha
