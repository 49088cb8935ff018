"""From whatever a camera delivers to the one kind of picture that live work is done on."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from kernels.layout import Layout, Matrix
from kernels.types import Planes
from stream.colour import UNSPECIFIED, Colour
from stream.decode import colour_of, view_of
from stream.frame import Frame
from stream.live.recode import SHIFTS, recode
from stream.pixels import PixelFormat, parse

PIXELS = "yuv420p"
_BT601 = 6
LIVE_COLOUR = Colour(matrix=_BT601, full_range=False)
"""BT.601 in the limited range: what programs that read a webcam take for granted."""
LIVE_FORMAT = PixelFormat(PIXELS, "yuv", 8, 1, 1, None)
LIVE_LAYOUT = LIVE_FORMAT.layout(LIVE_COLOUR, 2, 2)
_SPACES = {
    1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M, 9: Colorspace.BT2020,
}  # fmt: skip
_GUESSED: dict[Matrix, Colorspace] = {
    "bt601": Colorspace.ITU601, "bt709": Colorspace.ITU709, "bt2020": Colorspace.BT2020,
}  # fmt: skip
_NAMES = {space: name for name, space in _GUESSED.items()}
MICROSECONDS = Fraction(1, 1_000_000)
Size = tuple[int, int]
"""(height, width) in pixels."""


class Normaliser:
    """Turns decoded pictures into 8-bit 4:2:0 Frames of one size, BT.601, limited range.

    A picture of another shape fills the frame; what sticks out is cut off on both sides alike.
    Belongs to one thread.
    """

    def __init__(self, size: Size, is_webcam: bool) -> None:
        """size: (height, width), even. is_webcam: untagged pictures are BT.601 whatever their size.

        Raises ValueError on a size that 4:2:0 pictures cannot have.
        """
        height, width = size
        if height % 2 or width % 2 or min(size) < 2:
            raise ValueError(f"4:2:0 pictures have even sizes, got {width}x{height}")
        self._size, self._is_webcam = size, is_webcam
        self._reformatter = VideoReformatter()

    def __call__(self, decoded: av.VideoFrame, microseconds: int) -> Frame:
        """The Frame of `decoded`, shown at `microseconds`. Its planes may be the decoder's."""
        turns = int(getattr(decoded, "rotation", 0)) // 90 % 4
        size = self._size if turns % 2 == 0 else self._size[::-1]
        colour, owner = colour_of(decoded), None
        planes = self._recoded(decoded, colour, size)
        if planes is None:
            owner, planes = self._scaled(decoded, colour, size)
        if turns:  # a phone's film lies on its side
            planes = tuple(np.rot90(plane, turns) for plane in planes)
        # Without gaps, whatever the size: kernels are compiled anew for each kind of array.
        planes = tuple(map(np.ascontiguousarray, planes))
        return Frame(planes, LIVE_FORMAT, LIVE_COLOUR, microseconds, MICROSECONDS, owner=owner)

    def _recoded(self, decoded: av.VideoFrame, colour: Colour, size: Size) -> Planes | None:
        """Planes of a picture of that size; None of what FFmpeg's scaler must, or had better, make.

        What is of the right kind already it merely hands on.
        """
        known, matrix = parse(decoded.format.name), _NAMES.get(self._space(colour, decoded))
        if known is None or matrix is None or (decoded.height, decoded.width) != size:
            return None
        shifts = known.shift_y, known.shift_x
        if (known.model, known.depth) != ("yuv", 8) or shifts not in SHIFTS:
            return None
        layout = Layout("yuv", 8, *shifts, matrix, colour.is_full)
        if layout == LIVE_LAYOUT:
            return None
        planes = tuple(view_of(plane, LIVE_FORMAT) for plane in decoded.planes)
        return recode(planes, layout, LIVE_LAYOUT)

    def _scaled(
        self, decoded: av.VideoFrame, colour: Colour, size: Size
    ) -> tuple[av.VideoFrame, Planes]:
        """Planes by FFmpeg's scaler, and what they belong to."""
        height, width = size
        scale = max(height / decoded.height, width / decoded.width)
        # Even, so that the cut falls between chroma samples.
        tall, wide = (
            max(least, 2 * round(part * scale / 2))
            for part, least in ((decoded.height, height), (decoded.width, width))
        )
        made = self._reformatter.reformat(
            decoded, wide, tall, PIXELS,
            src_colorspace=self._space(colour, decoded), dst_colorspace=Colorspace.ITU601,
            src_color_range="JPEG" if colour.is_full else "MPEG", dst_color_range="MPEG",
            threads=1,
        )  # fmt: skip
        top, left = (tall - height) // 4, (wide - width) // 4
        luma, *chroma = (view_of(plane, LIVE_FORMAT) for plane in made.planes)
        return made, (
            luma[2 * top : 2 * top + height, 2 * left : 2 * left + width],
            *(part[top : top + height // 2, left : left + width // 2] for part in chroma),
        )

    def _space(self, colour: Colour, decoded: av.VideoFrame) -> Colorspace:
        if colour.matrix in _SPACES:
            return _SPACES[colour.matrix]
        if colour.matrix == UNSPECIFIED and self._is_webcam:
            return Colorspace.ITU601
        return _GUESSED[colour.matrix_name(decoded.height, decoded.width)]


def live_frame(planes: Planes, microseconds: int) -> Frame:
    """The Frame of 8-bit 4:2:0 `planes`, BT.601, limited range."""
    return Frame(planes, LIVE_FORMAT, LIVE_COLOUR, microseconds, MICROSECONDS)
