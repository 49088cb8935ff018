"""Planar 8-bit YUV from one matrix and range to another, without FFmpeg's scaler.

That goes by way of RGB where the matrix changes, which takes 4 ms for a picture of 720 lines on one
core, more than decoding it, and is some levels off.
"""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.types import Plane, Planes

SHIFTS = (1, 1), (0, 1), (0, 0)
"""By how much the chroma of what can be recoded is smaller, down and across."""
_MIDDLE = 128


def recode(planes: Planes, layout: Layout, wanted: Layout) -> Planes:
    """`planes` as `wanted`, which is 4:2:0, says, each without gaps; a level off at most.

    planes: three of uint8, luma (H, W) with even H and W, chroma as `layout` says, whose shifts
    are among SHIFTS.
    """
    luma, first, second = planes
    height, width = luma.shape
    matrix, offset = _between(layout, wanted)
    # Chroma adds nothing where it is gray; around the middle its share fits 8 bits.
    share = _mixed(first, second, matrix[0])
    if share.shape != luma.shape:
        share = np.asarray(cv2.resize(share, (width, height)), np.uint8)
    black = float(offset[0] + _MIDDLE * (matrix[0, 1] + matrix[0, 2]))
    made = _added(luma, float(matrix[0, 0]), share, 1.0, black - _MIDDLE)
    first, second = _halved(first, height, width), _halved(second, height, width)
    return made, _mixed(first, second, matrix[1]), _mixed(first, second, matrix[2])


@lru_cache
def _between(
    layout: Layout, wanted: Layout
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Matrix and offset from samples of one to those of the other."""
    (there, start), (back, end) = layout.to_rgb(), wanted.from_rgb()
    matrix = back.astype(np.float64) @ there
    return matrix, back.astype(np.float64) @ start + end


def _mixed(first: Plane, second: Plane, row: npt.NDArray[np.float64]) -> Plane:
    """What chroma adds by a row of the matrix, counted from the middle as chroma is."""
    one, other = float(row[1]), float(row[2])
    return _added(first, one, second, other, _MIDDLE * (1 - one - other))


def _added(first: Plane, one: float, second: Plane, other: float, more: float) -> Plane:
    return np.asarray(cv2.addWeighted(first, one, second, other, more), np.uint8)


def _halved(plane: Plane, height: int, width: int) -> Plane:
    """Chroma for each 2 x 2 of (height, width) samples of luma."""
    if plane.shape == (height, width):
        size = width // 2, height // 2
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
    # In one direction alone resizing takes four times as long.
    return _added(plane[::2], 0.5, plane[1::2], 0.5, 0) if plane.shape[0] == height else plane
