"""The colour tags that an output is written with."""

from typing import Any, NamedTuple

from stream.colour import FULL, LIMITED, RGB_MATRIX, UNSPECIFIED
from stream.formats import Format
from stream.source_info import SourceInfo

_GUESSED = {"bt601": 6, "bt709": 1, "bt2020": 9}
BT709 = 1
# ProRes has no number for BT.601's curve, which H.273 calls functionally the same as BT.709's.
_SAME_AS_BT709 = {6, 14, 15}
_PRORES_TRANSFERS = {BT709, UNSPECIFIED, 16, 18}


class Tags(NamedTuple):
    """H.273 numbers, and FFmpeg's range: 1 limited, 2 full."""

    matrix: int
    primaries: int
    transfer: int
    range: int

    def put_on(self, target: Any) -> None:
        """Set them on a codec context or a frame; some encoders read one, some the other."""
        target.colorspace = self.matrix
        target.color_primaries = self.primaries
        target.color_trc = self.transfer
        target.color_range = self.range


def tags_for(format: Format, info: SourceInfo) -> Tags:
    """The source's tags, unchanged, but for what the format changes.

    RGB formats say so; a matrix that was guessed because the source is silent is written down, so
    that players guess the same. Primaries and transfer that are absent stay absent.
    """
    colour = info.colour
    if format.is_rgb(info.pixel_format):
        return Tags(RGB_MATRIX, colour.primaries, colour.transfer, FULL)
    matrix = colour.matrix
    if matrix in (RGB_MATRIX, UNSPECIFIED):
        matrix = _GUESSED[colour.matrix_name(info.height, info.width)]
    transfer = colour.transfer
    if format.name == "prores4444" and transfer not in _PRORES_TRANSFERS:
        transfer = BT709 if transfer in _SAME_AS_BT709 else UNSPECIFIED
    full = written_full(format, info)
    return Tags(matrix, colour.primaries, transfer, FULL if full else LIMITED)


def written_full(format: Format, info: SourceInfo) -> bool:
    """Whether YUV and gray samples are written in full range; RGB becomes limited-range YUV."""
    if format.range != "source":
        return format.range == "full"
    layout = info.pixel_format.layout(info.colour, info.height, info.width)
    return layout.full_range and layout.model != "rgb"
