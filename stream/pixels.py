"""Which FFmpeg pixel formats a Frame can hold, and the nearest lossless one for the others."""

import re
from dataclasses import dataclass

import av

from kernels.layout import Layout, Model
from stream.colour import Colour

_SHIFTS = {"420": (1, 1), "422": (0, 1), "444": (0, 0), "440": (1, 0), "411": (0, 2), "410": (2, 2)}
_SUBSAMPLING = {shifts: name for name, shifts in _SHIFTS.items()}
_DEPTHS = (8, 9, 10, 12, 14, 16)
_KNOWN: set[str] = av.video.format.names  # type: ignore[attr-defined]
_PLANAR = re.compile(r"yuv(j?)(4\d\d)p(\d+)?(le)?$|(gbr)p(\d+)?(le)?$|(gray)(\d+)?(le)?$")


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A planar FFmpeg pixel format taken apart.

    name: FFmpeg's; model, depth, shift_y, shift_x as in kernels.layout.Layout; full_range: True
    for the yuvj formats and RGB, else None (the colour tag decides; untagged gray counts as full,
    as FFmpeg has it, since masks and stills are).
    """

    name: str
    model: Model
    depth: int
    shift_y: int
    shift_x: int
    full_range: bool | None

    def layout(self, colour: Colour, height: int, width: int) -> Layout:
        """The Layout of a picture of that size in this format with tags `colour`."""
        full = colour.is_full or (self.model == "gray" and colour.full_range is None)
        if self.full_range is not None:
            full = self.full_range
        matrix = colour.matrix_name(height, width)
        return Layout(self.model, self.depth, self.shift_y, self.shift_x, matrix, full)


def parse(name: str) -> PixelFormat | None:
    """The parts of planar format `name`, or None when a Frame cannot hold it as it is."""
    found = _PLANAR.match(name)
    if not found:
        return None
    full_j, sampling, depth, _, rgb, rgb_depth, _, _, gray_depth, _ = found.groups()
    if not 8 <= int(depth or rgb_depth or gray_depth or 8) <= 16:
        return None
    if sampling:
        if sampling not in _SHIFTS:
            return None
        shift_y, shift_x = _SHIFTS[sampling]
        return PixelFormat(name, "yuv", int(depth or 8), shift_y, shift_x, True if full_j else None)
    if rgb:
        return PixelFormat(name, "rgb", int(rgb_depth or 8), 0, 0, True)
    return PixelFormat(name, "gray", int(gray_depth or 8), 0, 0, None)


def planar_equivalent(name: str) -> str:
    """The planar format that holds pictures of format `name` without loss where one exists.

    Alpha is left out: a source's own transparency is not read.
    """
    if parse(name):
        return name
    known = av.VideoFormat(name)
    colours = [component for component in known.components if not component.is_alpha]
    depth = min(max((component.bits for component in colours), default=8), _DEPTHS[-1])
    shift_y, shift_x = (
        _halvings(size) for size in (known.chroma_height(64), known.chroma_width(64))
    )
    model: Model = "yuv"
    if known.is_rgb or known.has_palette or name.startswith("xyz"):
        model, shift_y, shift_x = "rgb", 0, 0
    elif len(colours) == 1:
        model, shift_y, shift_x = "gray", 0, 0
    if (shift_y, shift_x) not in _SUBSAMPLING:
        shift_y, shift_x = 0, 0
    names = (planar_name(model, each, shift_y, shift_x) for each in _DEPTHS if each >= depth)
    return next(each for each in names if each in _KNOWN)


def _halvings(size: int) -> int:
    """How often 64 was halved to give `size`."""
    return 6 - (size.bit_length() - 1)


def planar_name(model: Model, depth: int, shift_y: int, shift_x: int) -> str:
    """FFmpeg's name of the planar format with these parts."""
    suffix = "" if depth == 8 else f"{depth}le"
    if model == "gray":
        return f"gray{suffix}"
    if model == "rgb":
        return f"gbrp{suffix}"
    return f"yuv{_SUBSAMPLING[shift_y, shift_x]}p{suffix}"
