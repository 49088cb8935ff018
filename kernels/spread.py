"""Spread sure foreground and background colours over the whole picture by a pull-push pyramid.

After Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph" (1996), section 3.4.
"""

from dataclasses import dataclass

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.types import Alpha, Planes

STEP = 4
"""Side in luma pixels of the cells that colours are spread on."""

Cells = npt.NDArray[np.float32]
"""(rows, columns, 3) float32, one colour a cell in the picture's own code values."""


@dataclass(frozen=True, slots=True, eq=False)
class SpreadColours:
    """The subject's and the scene's colours wherever they were not seen themselves.

    foreground, background: (ceil(H / STEP), ceil(W / STEP), 3) float32, code values in plane order
    (gray repeats its only plane). Where a side is seen for sure, it is the mean of the cell;
    elsewhere it fades smoothly from the nearest sure cells. A side seen nowhere is the picture.
    """

    foreground: Cells
    background: Cells


def cell_means(planes: Planes, layout: Layout) -> Cells:
    """The mean of each STEP x STEP luma cell and of the chroma samples below it.

    planes: as `layout` says. Returns (ceil(H / STEP), ceil(W / STEP), 3) float32 code values; a
    cell cut by the picture's edge repeats the edge.
    """
    rows, columns = _cells(planes[0].shape)
    means = np.empty((rows, columns, 3), np.float32)
    for number, plane in enumerate(planes):
        shift_y, shift_x = layout.shifts(number)
        tall, wide = max(STEP >> shift_y, 1), max(STEP >> shift_x, 1)
        means[..., number] = _pooled(plane, rows, columns, tall, wide)
    if layout.count == 1:
        means[..., 1:] = means[..., :1]
    return means


def spread(means: Cells, coarse: Alpha) -> SpreadColours:
    """Spread what `coarse` says is surely subject, and surely not, over all cells.

    means: (rows, columns, 3) float32; coarse: (h, w) float32 of any size, NaN counts as 0.
    """
    alpha = cv2.resize(np.nan_to_num(coarse), means.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    sure_foreground = np.clip(alpha * 10 - 9, 0, 1)
    sure_background = np.clip(1 - alpha * 10, 0, 1)
    return SpreadColours(pull_push(means, sure_foreground), pull_push(means, sure_background))


def pull_push(means: Cells, weights: Alpha) -> Cells:
    """Keep `means` where `weights` is 1 and fade it smoothly into where it is 0.

    means: (rows, columns, 3) float32; weights: (rows, columns) float32 in [0, 1]. Returns the
    same shape as means; `means` itself, copied, when no weight is positive.
    """
    levels = [np.concatenate([means * weights[..., None], weights[..., None]], axis=2)]
    while max(levels[-1].shape[:2]) > 1:
        rows, columns = levels[-1].shape[:2]
        pulled = np.empty((-(-rows // 2), -(-columns // 2), 4), np.float32)
        _pull(levels[-1], pulled)
        levels.append(pulled)
    if not levels[-1][0, 0, 3] > 0:
        return means.copy()
    colours = np.ascontiguousarray(levels[-1][..., :3] / levels[-1][..., 3:])
    for level in reversed(levels[:-1]):
        pushed = np.empty((*level.shape[:2], 3), np.float32)
        _push(level, colours, pushed)
        colours = pushed
    return colours


def _cells(shape: tuple[int, ...]) -> tuple[int, int]:
    return -(-shape[0] // STEP), -(-shape[1] // STEP)


def _pooled(plane: npt.NDArray[np.generic], rows: int, columns: int, tall: int, wide: int) -> Alpha:
    height, width = plane.shape
    missing_y, missing_x = rows * tall - height, columns * wide - width
    if missing_y > 0 or missing_x > 0:
        plane = np.pad(plane, ((0, max(missing_y, 0)), (0, max(missing_x, 0))), mode="edge")
    plane = plane[: rows * tall, : columns * wide]
    # Pooled in float32: resizing uint8 would round the means.
    small = cv2.resize(plane.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


@numba.njit(parallel=True, nogil=True, cache=True)
def _pull(level: Cells, pulled: Cells) -> None:
    height, width = level.shape[:2]
    for row in numba.prange(pulled.shape[0]):
        for column in range(pulled.shape[1]):
            for channel in range(4):
                pulled[row, column, channel] = 0
            for y in range(2 * row, min(2 * row + 2, height)):
                for x in range(2 * column, min(2 * column + 2, width)):
                    for channel in range(4):
                        pulled[row, column, channel] += level[y, x, channel]
            # A weight counts once it is full: more evidence does not make it surer.
            total = pulled[row, column, 3]
            if total > 1:
                for channel in range(4):
                    pulled[row, column, channel] /= total


@numba.njit(parallel=True, nogil=True, cache=True)
def _push(level: Cells, coarser: Cells, pushed: Cells) -> None:
    height, width = coarser.shape[:2]
    for row in numba.prange(pushed.shape[0]):
        near_y = row // 2
        far_y = min(max(near_y + (1 if row % 2 else -1), 0), height - 1)
        for column in range(pushed.shape[1]):
            near_x = column // 2
            far_x = min(max(near_x + (1 if column % 2 else -1), 0), width - 1)
            missing = 1 - level[row, column, 3]
            for channel in range(3):
                near = np.float32(0.75) * coarser[near_y, near_x, channel]
                near += np.float32(0.25) * coarser[near_y, far_x, channel]
                far = np.float32(0.75) * coarser[far_y, near_x, channel]
                far += np.float32(0.25) * coarser[far_y, far_x, channel]
                between = np.float32(0.75) * near + np.float32(0.25) * far
                pushed[row, column, channel] = level[row, column, channel] + missing * between
