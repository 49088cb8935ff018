"""Spread sure foreground and background colours over the whole picture by a pull-push pyramid.

After Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph" (1996), section 3.4.
"""

from dataclasses import dataclass

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.types import Alpha, Plane, Planes

STEP = 4
"""Side in luma pixels of the cells that colours are spread on, unless said otherwise."""

Cells = npt.NDArray[np.float32]
"""(rows, columns, 4) float32, a cell's colour in the picture's own code values (gray: thrice), and
the mean squared length of that colour as RGB in [0, 1], from which its variance follows."""

UNSURE = 0.4
"""A coarse alpha this far from 0 or 1 says nothing sure; measured, see benchmarks."""


@dataclass(frozen=True, slots=True, eq=False)
class SpreadColours:
    """The subject's and the scene's colours wherever they were not seen themselves.

    foreground, background: (ceil(H / step), ceil(W / step), 4) float32 as Cells says. Where a
    side is seen for sure, it is the mean of the cell; elsewhere it fades smoothly from the
    nearest sure cells. A side seen nowhere is the picture itself. step: luma pixels a cell.
    """

    foreground: Cells
    background: Cells
    step: int


def cell_means(planes: Planes, layout: Layout, step: int = STEP) -> Cells:
    """The mean colour of each step x step luma cell; cells cut by the edge average what is left.

    planes: as `layout` says; step: a power of 2 from 1 to 16. Returns Cells of
    (ceil(H / step), ceil(W / step)).
    """
    rows, columns = -(-planes[0].shape[0] // step), -(-planes[0].shape[1] // step)
    small = []
    for number, plane in enumerate(planes):
        shift_y, shift_x = layout.shifts(number)
        tall, wide = max(step >> shift_y, 1), max(step >> shift_x, 1)
        small.append(_pooled(_repeated(plane, step, shift_y, shift_x), rows, columns, tall, wide))
    first = small[0]
    means = np.empty((rows, columns, 4), np.float32)
    _gather(first, small[1] if len(small) > 1 else first, small[-1], *layout.to_rgb(), means)
    return means


def spread(means: Cells, prior: Alpha, step: int = STEP, unsure: float = UNSURE) -> SpreadColours:
    """Spread what `prior` says is surely subject, and surely not, over all cells.

    means: as cell_means gives them for `step`; prior: (rows, columns) float32 in [0, 1]. A cell's
    trust falls with the square of its prior's distance from 0 or 1, to nothing at `unsure`.
    Raises ValueError when the shapes disagree.
    """
    if prior.shape != means.shape[:2]:
        raise ValueError(f"prior {prior.shape} does not fit {means.shape[:2]} cells")
    foreground, background = np.empty_like(prior), np.empty_like(prior)
    _trust(prior, np.float32(1 / unsure), foreground, background)
    return SpreadColours(pull_push(means, foreground), pull_push(means, background), step)


def pull_push(means: Cells, weights: Alpha) -> Cells:
    """Keep `means` where `weights` is 1 and fade it smoothly into where it is 0.

    means: Cells; weights: (rows, columns) float32 in [0, 1]. Returns Cells; `means` itself,
    copied, when no weight is positive.
    """
    weighted = np.empty((*means.shape[:2], 5), np.float32)
    _weigh(means, weights, weighted)
    levels = [weighted]
    while max(levels[-1].shape[:2]) > 1:
        rows, columns = levels[-1].shape[:2]
        levels.append(np.empty((-(-rows // 2), -(-columns // 2), 5), np.float32))
        _pull(levels[-2], levels[-1])
    if not levels[-1][0, 0, 4] > 0:
        return means.copy()
    colours: Cells = (levels[-1][..., :4] / levels[-1][..., 4:]).astype(np.float32)
    for level in reversed(levels[:-1]):
        pushed = np.empty((*level.shape[:2], 4), np.float32)
        _push(level, colours, pushed)
        colours = pushed
    return colours


def _repeated(plane: Plane, step: int, shift_y: int, shift_x: int) -> Plane:
    """`plane`, its samples repeated where one covers several cells (4:1:0 under fine cells)."""
    tall, wide = max((1 << shift_y) // step, 1), max((1 << shift_x) // step, 1)
    if tall > 1:
        plane = plane.repeat(tall, axis=0)
    return plane.repeat(wide, axis=1) if wide > 1 else plane


def _pooled(plane: Plane, rows: int, columns: int, tall: int, wide: int) -> Plane:
    """Means of tall x wide samples, rounded, the edge repeated where the plane ends early."""
    below, right = rows * tall - plane.shape[0], columns * wide - plane.shape[1]
    plane = plane[: rows * tall, : columns * wide]
    if below > 0 or right > 0:
        plane = np.pad(plane, ((0, max(below, 0)), (0, max(right, 0))), mode="edge")
    while tall > 1 and wide > 1:
        # Halving is OpenCV's fast path; the rounding is far below camera noise.
        tall, wide = tall // 2, wide // 2
        size = (columns * wide, rows * tall)
        plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA))


@numba.njit(parallel=True, nogil=True, cache=True)
def _gather(
    first: Plane,
    second: Plane,
    third: Plane,
    matrix: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    means: Cells,
) -> None:
    for row in numba.prange(means.shape[0]):
        for column in range(means.shape[1]):
            a = np.float32(first[row, column])
            b, c = np.float32(second[row, column]), np.float32(third[row, column])
            total = np.float32(0)
            for n in range(3):
                value = matrix[n, 0] * a + matrix[n, 1] * b + matrix[n, 2] * c + offset[n]
                total += value * value
            means[row, column, 0], means[row, column, 1] = a, b
            means[row, column, 2], means[row, column, 3] = c, total


@numba.njit(parallel=True, nogil=True, cache=True)
def _trust(prior: Alpha, slope: np.float32, foreground: Alpha, background: Alpha) -> None:
    one = np.float32(1)
    for row in numba.prange(prior.shape[0]):
        for column in range(prior.shape[1]):
            front = max(one - (one - prior[row, column]) * slope, np.float32(0))
            back = max(one - prior[row, column] * slope, np.float32(0))
            foreground[row, column], background[row, column] = front * front, back * back


@numba.njit(parallel=True, nogil=True, cache=True)
def _weigh(means: Cells, weights: Alpha, weighted: Cells) -> None:
    for row in numba.prange(means.shape[0]):
        for column in range(means.shape[1]):
            weight = weights[row, column]
            for channel in range(4):
                weighted[row, column, channel] = weight * means[row, column, channel]
            weighted[row, column, 4] = weight


@numba.njit(parallel=True, nogil=True, cache=True)
def _pull(level: Cells, pulled: Cells) -> None:
    height, width = level.shape[:2]
    for row in numba.prange(pulled.shape[0]):
        for column in range(pulled.shape[1]):
            pulled[row, column] = 0
            for y in range(2 * row, min(2 * row + 2, height)):
                for x in range(2 * column, min(2 * column + 2, width)):
                    for channel in range(5):
                        pulled[row, column, channel] += level[y, x, channel]
            # A weight counts once it is full: more evidence does not make it surer.
            total = max(pulled[row, column, 4], np.float32(1))
            for channel in range(5):
                pulled[row, column, channel] /= total


@numba.njit(parallel=True, nogil=True, cache=True)
def _push(level: Cells, coarser: Cells, pushed: Cells) -> None:
    height, width = coarser.shape[:2]
    most, least = np.float32(0.75), np.float32(0.25)
    for row in numba.prange(pushed.shape[0]):
        near_y = row // 2
        far_y = min(max(near_y + (1 if row % 2 else -1), 0), height - 1)
        for column in range(pushed.shape[1]):
            near_x = column // 2
            far_x = min(max(near_x + (1 if column % 2 else -1), 0), width - 1)
            missing = np.float32(1) - level[row, column, 4]
            if missing <= 0:
                for channel in range(4):
                    pushed[row, column, channel] = level[row, column, channel]
                continue
            for channel in range(4):
                near = most * coarser[near_y, near_x, channel]
                near += least * coarser[near_y, far_x, channel]
                far = most * coarser[far_y, near_x, channel]
                far += least * coarser[far_y, far_x, channel]
                between = missing * (most * near + least * far)
                pushed[row, column, channel] = level[row, column, channel] + between
