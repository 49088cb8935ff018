"""Which FFmpeg pixel formats a Frame can hold, and the nearest lossless one for the others."""

import re
from dataclasses import dataclass

from kernels.layout import Layout, Model

from stream.colour import Colour

_SHIFTS = {"420": (1, 1), "422": (0, 1), "444": (0, 0), "440": (1, 0), "411": (0, 2), "410": (2, 2)}
_SUBSAMPLING = {shifts: name for name, shifts in _SHIFTS.items()}
_PLANAR = re.compile(r"yuv(j?)(4\d\d)p(\d+)?(le)?$|(gbr)p(\d+)?(le)?$|(gray)(\d+)?(le)?$")
# Packed and semi-planar formats and the planar one that holds the same samples.
_EQUIVALENT = {
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "yvyu422": "yuv422p", "uyyvyy411": "yuv411p",
    "p010le": "yuv420p10le", "p210le": "yuv422p10le", "p410le": "yuv444p10le",
    "p012le": "yuv420p12le", "p016le": "yuv420p16le", "y210le": "yuv422p10le",
    "yuva420p": "yuv420p", "yuva422p": "yuv422p", "yuva444p": "yuv444p", "gbrap": "gbrp",
    "monob": "gray", "monow": "gray", "ya8": "gray", "gray16be": "gray16le", "ya16be": "gray16le",
    "rgb48be": "gbrp16le", "rgb48le": "gbrp16le", "rgba64be": "gbrp16le", "rgba64le": "gbrp16le",
    "bgr48be": "gbrp16le", "x2rgb10le": "gbrp10le", "gbrap16le": "gbrp16le",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A planar FFmpeg pixel format taken apart.

    name: FFmpeg's; model, depth, shift_y, shift_x as in kernels.layout.Layout; full_range: True
    for the yuvj formats and RGB, else None (the colour tag decides).
    """

    name: str
    model: Model
    depth: int
    shift_y: int
    shift_x: int
    full_range: bool | None

    def layout(self, colour: Colour, height: int) -> Layout:
        """The Layout of a picture in this format with tags `colour` and `height` lines."""
        full = self.full_range if self.full_range is not None else colour.is_full
        matrix = colour.matrix_name(height)
        return Layout(self.model, self.depth, self.shift_y, self.shift_x, matrix, full)


def parse(name: str) -> PixelFormat | None:
    """The parts of planar format `name`, or None when a Frame cannot hold it as it is."""
    found = _PLANAR.match(name)
    if not found:
        return None
    full_j, sampling, depth, _, rgb, rgb_depth, _, _, gray_depth, _ = found.groups()
    if sampling:
        if sampling not in _SHIFTS:
            return None
        shift_y, shift_x = _SHIFTS[sampling]
        return PixelFormat(name, "yuv", int(depth or 8), shift_y, shift_x, True if full_j else None)
    if rgb:
        return PixelFormat(name, "rgb", int(rgb_depth or 8), 0, 0, True)
    return PixelFormat(name, "gray", int(gray_depth or 8), 0, 0, None)


def planar_equivalent(name: str) -> str:
    """The planar format that holds pictures of format `name` without loss where one exists."""
    if parse(name):
        return name
    if name in _EQUIVALENT:
        return _EQUIVALENT[name]
    depth = re.search(r"(?:p|rgba?|bgra?)(9|10|12|14|16)", name)
    suffix = f"{depth.group(1)}le" if depth else ""
    sampling = re.match(r"yuva?j?(4\d\d)p", name)
    if sampling and sampling.group(1) in _SHIFTS:
        return f"yuv{sampling.group(1)}p{suffix}"
    return f"gbrp{suffix}"


def planar_name(model: Model, depth: int, shift_y: int, shift_x: int) -> str:
    """FFmpeg's name of the planar format with these parts."""
    suffix = "" if depth == 8 else f"{depth}le"
    if model == "gray":
        return f"gray{suffix}"
    if model == "rgb":
        return f"gbrp{suffix}"
    return f"yuv{_SUBSAMPLING[shift_y, shift_x]}p{suffix}"
