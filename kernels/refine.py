"""Alpha at full resolution, computed in the boundary band only."""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import INSIDE, TILE, tiles_of
from kernels.guided import Fit
from kernels.layout import Layout
from kernels.taps import taps_of
from kernels.types import Alpha, Floats, Kinds, Plane, Planes

_HAZE = np.float32(0.04)


def upsample_band(coarse: Alpha, kinds: Kinds, height: int, width: int) -> Alpha:
    """`coarse` enlarged bilinearly in BAND tiles, 1 in INSIDE tiles and 0 elsewhere.

    coarse: (h, w) float32 in [0, 1]; kinds: the lattice of a (height, width) picture.
    Returns (height, width) float32 in [0, 1].
    """
    alpha = np.empty((height, width), np.float32)
    _snap(kinds, alpha)
    _upsample(coarse, tiles_of(kinds), alpha)
    return alpha


def sharpen_band(
    alpha: Alpha,
    planes: Planes,
    layout: Layout,
    kinds: Kinds,
    fit: Fit,
    confidence: Alpha,
    radius: int,
    step: int,
    trust: float = 1,
) -> None:
    """Move `alpha` in BAND tiles towards the linear function of colour that `fit` holds.

    alpha: (H, W) float32, read and written; planes: as `layout` says; fit, confidence: on cells
    of `step` pixels, valid radius + 1 cells around BAND tiles; trust: 0 to 1. Each pixel goes
    `trust` times the square root of its confidence of the way, so that where colours tell nothing
    it stays. What is left within 0.04 `trust` of 0 or 1 becomes 0 or 1: a linear fit leaves haze.
    """
    taps = taps_of(0, step)
    _sharpen(
        *layout.three(planes), *layout.colour_shifts, *layout.to_rgb(), tiles_of(kinds),
        fit, confidence, radius, step, taps.before, taps.after, taps.share, np.float32(trust),
        alpha,
    )  # fmt: skip


@numba.njit(parallel=True, nogil=True, cache=True)
def _snap(kinds: Kinds, alpha: Alpha) -> None:
    for row in numba.prange(kinds.shape[0]):
        rows = alpha[row * TILE : (row + 1) * TILE]
        rows[:] = 0
        for column in range(kinds.shape[1]):
            if kinds[row, column] == INSIDE:
                rows[:, column * TILE : (column + 1) * TILE] = 1


@numba.njit(nogil=True, cache=True)
def tap(position: float, cells: int) -> tuple[np.uint64, np.uint64, np.float32]:
    """The two cells around `position` (in cells, centres at .5) and the share of the second."""
    inside = min(max(position - 0.5, 0.0), cells - 1.0)
    first = int(inside)
    return np.uint64(first), np.uint64(min(first + 1, cells - 1)), np.float32(inside - first)


@numba.njit(parallel=True, nogil=True, cache=True)
def _upsample(coarse: Alpha, tiles: npt.NDArray[np.int32], alpha: Alpha) -> None:
    height, width = alpha.shape
    rows, columns = coarse.shape
    one = np.float32(1)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        count = min(TILE, width - left)
        near, far = np.empty(TILE, np.uint64), np.empty(TILE, np.uint64)
        share = np.empty(TILE, np.float32)
        for x in range(count):
            near[x], far[x], share[x] = tap((left + x + 0.5) * columns / width, columns)
        above, below = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
        for y in range(top, min(top + TILE, height)):
            upper, lower, v = tap((y + 0.5) * rows / height, rows)
            for x in range(count):
                u = share[x]
                above[x] = coarse[upper, near[x]] * (one - u) + coarse[upper, far[x]] * u
                below[x] = coarse[lower, near[x]] * (one - u) + coarse[lower, far[x]] * u
            for x in range(count):
                value = above[x] * (one - v) + below[x] * v
                alpha[y, np.uint64(left) + np.uint64(x)] = min(value, one)


@numba.njit(nogil=True, cache=True)
def _smooth(fit: Fit, top: int, left: int, radius: int, out: npt.NDArray[np.float32]) -> None:
    """Means of the fits within `radius` of each cell from (top, left) on, into `out`."""
    rows, columns = fit.shape[:2]
    tall, wide = out.shape[:2]
    sums = np.zeros((wide + 2 * radius, 4), np.float32)
    for i in range(tall):
        y = min(max(top + i, 0), rows - 1)
        above, below = max(y - radius, 0), min(y + radius + 1, rows)
        sums[:] = 0
        for row in range(above, below):
            for j in range(sums.shape[0]):
                column = min(max(left + j - radius, 0), columns - 1)
                for n in range(4):
                    sums[j, n] += fit[row, column, n]
        share = np.float32(1 / ((below - above) * (2 * radius + 1)))
        for j in range(wide):
            for n in range(4):
                total = np.float32(0)
                for k in range(j, j + 2 * radius + 1):
                    total += sums[k, n]
                out[i, j, n] = total * share


@numba.njit(nogil=True, cache=True)
def _for_samples(
    near: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
) -> None:
    """Rewrite fits on RGB as fits on the picture's code values."""
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            red, green, blue = near[i, j, 0], near[i, j, 1], near[i, j, 2]
            for n in range(3):
                near[i, j, n] = red * matrix[0, n] + green * matrix[1, n] + blue * matrix[2, n]
            near[i, j, 3] += red * offset[0] + green * offset[1] + blue * offset[2]


@numba.njit(nogil=True, cache=True)
def _spread_out(
    near: Floats, before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64],
    share: npt.NDArray[np.float32], wide: Floats,
) -> None:  # fmt: skip
    """Rows of cells (i, j, n) as rows of pixels (i, n, x)."""
    for i in range(near.shape[0]):
        for n in range(near.shape[2]):
            for x in range(TILE):
                first = near[i, before[x], n]
                wide[i, n, x] = first + (near[i, after[x], n] - first) * share[x]


@numba.njit(inline="always")
def _read(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int, alpha: Alpha,
    y: int, start: np.uint64, count: int, line: Floats,
) -> None:  # fmt: skip
    """The code values and the alpha of `count` pixels, those of one row of a tile."""
    low, shift = y >> shift_y, np.uint64(shift_x)
    for x in range(count):
        line[0, x] = first[y, start + np.uint64(x)]
    for x in range(count):
        line[1, x] = second[low, (start + np.uint64(x)) >> shift]
    for x in range(count):
        line[2, x] = third[low, (start + np.uint64(x)) >> shift]
    for x in range(count):
        line[3, x] = alpha[y, start + np.uint64(x)]


@numba.njit(inline="always")
def _move(
    wide: Floats, up: np.uint64, low: np.uint64, v: np.float32, haze: np.float32,
    clear: np.float32, line: Floats,
) -> None:  # fmt: skip
    """Move the alpha, the last of `line`, by the functions between two rows of `wide`."""
    one, zero = np.float32(1), np.float32(0)
    for x in range(TILE):
        value = wide[up, 3, x] + (wide[low, 3, x] - wide[up, 3, x]) * v
        value += (wide[up, 0, x] + (wide[low, 0, x] - wide[up, 0, x]) * v) * line[0, x]
        value += (wide[up, 1, x] + (wide[low, 1, x] - wide[up, 1, x]) * v) * line[1, x]
        value += (wide[up, 2, x] + (wide[low, 2, x] - wide[up, 2, x]) * v) * line[2, x]
        gain = wide[up, 4, x] + (wide[low, 4, x] - wide[up, 4, x]) * v
        value = min(max(value, zero), one)
        value = line[3, x] + gain * (value - line[3, x])
        line[3, x] = min(max((value - haze) * clear, zero), one)


@numba.njit(parallel=True, nogil=True, cache=True)
def _sharpen(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int,
    matrix: npt.NDArray[np.float32], offset: npt.NDArray[np.float32],
    tiles: npt.NDArray[np.int32], fit: Fit, confidence: Alpha, radius: int, step: int,
    before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64], share: npt.NDArray[np.float32],
    trust: np.float32, alpha: Alpha,
) -> None:  # fmt: skip
    height, width = alpha.shape
    rows, columns = confidence.shape
    side, haze = TILE // step, _HAZE * trust
    clear = np.float32(1) / (np.float32(1) - haze - haze)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        near = np.empty((side + 2, side + 2, 5), np.float32)
        _smooth(fit, top // step - 1, left // step - 1, radius, near)
        _for_samples(near, matrix, offset)
        for i in range(side + 2):
            row = min(max(top // step - 1 + i, 0), rows - 1)
            for j in range(side + 2):
                column = min(max(left // step - 1 + j, 0), columns - 1)
                near[i, j, 4] = trust * np.sqrt(confidence[row, column])
        wide = np.empty((side + 2, 5, TILE), np.float32)
        _spread_out(near, before, after, share, wide)
        line = np.zeros((4, TILE), np.float32)
        start, count = np.uint64(left), min(TILE, width - left)
        for y in range(top, min(top + TILE, height)):
            _read(first, second, third, shift_y, shift_x, alpha, y, start, count, line)
            _move(wide, before[y - top], after[y - top], share[y - top], haze, clear, line)
            for x in range(count):
                alpha[y, start + np.uint64(x)] = line[3, x]
