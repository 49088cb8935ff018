"""Shrink planes and turn them to RGB where a model needs it."""

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.types import Floats, Plane, Planes, Rgb

Region = tuple[int, int, int, int]


def shrink_rgb(
    planes: Planes, layout: Layout, height: int, width: int, box: Region | None = None
) -> Rgb:
    """Resize `planes`, or `box` = (top, left, height, width) of them, to (height, width, 3) RGB.

    planes: as `layout` says; the result is uint8 display-referred RGB. Each plane is resized on
    its own (area averages when shrinking, else bilinear) and the matrix applied once, at the
    small size; both are linear, so the order does not matter but the cost does.
    Raises ValueError when the box leaves the picture or a size is not positive.
    """
    box = box if box is not None else (0, 0, *planes[0].shape)
    _check(planes[0].shape, box, height, width)
    small = [
        resized(_cut(plane, box, layout.shifts(number)), height, width)
        for number, plane in enumerate(planes)
    ]
    matrix, offset = layout.to_rgb()
    out = np.empty((height, width, 3), np.uint8)
    second = small[1] if len(small) > 1 else small[0]
    _to_rgb(small[0], second, small[-1], matrix * 255, offset * 255 + np.float32(0.5), out)
    return out


def _check(shape: tuple[int, ...], box: Region, height: int, width: int) -> None:
    top, left, tall, wide = box
    if height < 1 or width < 1:
        raise ValueError(f"size must be positive, got {height}x{width}")
    if min(top, left) < 0 or min(tall, wide) < 1 or top + tall > shape[0] or left + wide > shape[1]:
        raise ValueError(f"box {box} leaves the {shape[0]}x{shape[1]} picture")


def _cut(plane: Plane, box: Region, shifts: tuple[int, int]) -> Plane:
    top, left, tall, wide = box
    y, x = shifts
    return plane[top >> y : -(-(top + tall) >> y), left >> x : -(-(left + wide) >> x)]


def resized(plane: Plane, height: int, width: int) -> Floats:
    """Resize one plane to (height, width) float32 in its own units: area averages or bilinear."""
    tall, wide = plane.shape
    if (tall, wide) == (height, width):
        return plane.astype(np.float32)
    if tall >= height and wide >= width:
        out = np.empty((height, width), np.float32)
        _area(plane, out)
        return out
    source = plane.astype(np.float32) if plane.dtype == np.uint16 else plane
    bilinear = cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(bilinear, np.float32)


@numba.njit(nogil=True, cache=True)
def _area(plane: Plane, out: Floats) -> None:
    """Exact area averages, rows first so that the long loop runs along memory.

    Serial, so that pass 1 can look at one frame while parallel kernels work on another.
    """
    tall, wide = plane.shape
    height, width = out.shape
    scale = tall / height
    norm = np.float32(width / (scale * wide))
    first, last, head, tail = _spans(wide, width)
    for y in range(height):
        line = np.zeros(wide, np.float32)
        start, end = y * scale, min((y + 1) * scale, tall)
        for row in range(int(start), min(int(np.ceil(end)), tall)):
            weight = np.float32(min(end, row + 1.0) - max(start, row * 1.0))
            for x in range(wide):
                line[x] += weight * np.float32(plane[row, x])
        for x in range(width):
            total = line[first[x]] * head[x] + line[last[x]] * tail[x]
            for column in range(first[x] + 1, last[x]):
                total += line[column]
            out[y, x] = total * norm


@numba.njit(nogil=True, cache=True)
def _spans(
    wide: int, width: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Floats]:
    """First and last source column of each target column, and how much of both it covers."""
    first, last = np.empty(width, np.int64), np.empty(width, np.int64)
    head, tail = np.empty(width, np.float32), np.zeros(width, np.float32)
    scale = wide / width
    for x in range(width):
        left, right = x * scale, min((x + 1) * scale, wide)
        first[x], last[x] = int(left), min(int(np.ceil(right)), wide) - 1
        head[x] = min(right, first[x] + 1.0) - left
        if last[x] > first[x]:
            tail[x] = right - last[x]
    return first, last, head, tail


@numba.njit(nogil=True, cache=True)
def _to_rgb(
    first: Floats, second: Floats, third: Floats, matrix: Floats, offset: Floats, out: Rgb
) -> None:
    height, width = first.shape
    zero, most = np.float32(0), np.float32(255)
    for y in range(height):
        for x in range(width):
            a, b, c = first[y, x], second[y, x], third[y, x]
            for channel in range(3):
                value = matrix[channel, 0] * a + matrix[channel, 1] * b + matrix[channel, 2] * c
                out[y, x, channel] = np.uint8(min(max(value + offset[channel], zero), most))
