"""A coarse alpha made safe, and laid over another grid."""

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE, tiles_of
from kernels.types import Alpha, Kinds

_HARD_CELL = 5


def cleaned(coarse: npt.NDArray[np.generic]) -> Alpha:
    """`coarse` as contiguous float32, clipped to [0, 1], NaN made 0.

    Raises ValueError when it is not 2-D or is empty.
    """
    if coarse.ndim != 2 or coarse.size == 0:
        raise ValueError(f"a coarse alpha has rows and columns, got shape {coarse.shape}")
    clean = np.empty(coarse.shape, np.float32)
    _clean(np.ascontiguousarray(coarse, np.float32), clean)
    return clean


def softened(coarse: Alpha, height: int, width: int) -> Alpha:
    """`coarse` as it is, or shrunk to cells of 5 pixels when it is hard and finer than that.

    coarse: cleaned. A hard edge claims a precision that it lacks, and hair lies beyond it; the
    mean over a cell says honestly how sure it is. Hard is what has fewer fractional values than
    steps across 0.5 between neighbours.
    """
    rows, columns = round(height / _HARD_CELL), round(width / _HARD_CELL)
    if rows >= coarse.shape[0] or columns >= coarse.shape[1] or rows < 1 or columns < 1:
        return coarse
    counts = np.zeros((coarse.shape[0], 2), np.int64)
    _count_edges(coarse, counts)
    fractional, steps = counts.sum(axis=0)
    if fractional >= steps:
        return coarse
    shrunk = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_AREA)
    # Its weights may sum to a little more than 1, and no root may be taken of what lies beyond.
    return np.asarray(np.clip(shrunk, 0, 1), np.float32)


def on_cells(coarse: Alpha, height: int, width: int, step: int) -> Alpha:
    """The mean of `coarse`, stretched over a (height, width) picture, in each step x step cell.

    coarse: cleaned, of any size. Returns (ceil(height / step), ceil(width / step)) float32.
    Where cells are finer than `coarse` it is read bilinearly at their centre.
    """
    weights_y = _footprints(height, step, coarse.shape[0])
    weights_x = _footprints(width, step, coarse.shape[1])
    prior = np.empty((weights_y.shape[0], weights_x.shape[0]), np.float32)
    _average(coarse, weights_y, weights_x, prior)
    return prior


def renewed(prior: Alpha, alpha: Alpha, kinds: Kinds, step: int) -> Alpha:
    """`prior` with the cells of BAND tiles replaced by the mean of `alpha` there.

    prior: (rows, columns) float32 on cells of `step` pixels; alpha: (H, W) float32.
    """
    renewed = prior.copy()
    _renew(alpha, tiles_of(kinds), step, renewed)
    return renewed


def _footprints(size: int, step: int, cells: int) -> npt.NDArray[np.float64]:
    """First index, last index, and share of the last (bilinear) or -1 (mean) of each cell."""
    edges = np.minimum(np.arange(-(-size // step) + 1) * step, size) * (cells / size)
    if step * cells <= size:
        centres = np.clip((edges[:-1] + edges[1:]) / 2 - 0.5, 0, cells - 1)
        first = np.floor(centres)
        return np.stack([first, np.minimum(first + 1, cells - 1), centres - first], axis=1)
    first = np.clip(np.round(edges[:-1]), 0, cells - 1)
    last = np.clip(np.maximum(np.round(edges[1:]) - 1, first), 0, cells - 1)
    return np.stack([first, last, np.full_like(first, -1)], axis=1)


@numba.njit(parallel=True, nogil=True, cache=True)
def _clean(coarse: Alpha, clean: Alpha) -> None:
    for y in numba.prange(coarse.shape[0]):
        for x in range(coarse.shape[1]):
            # The comparison is false for NaN, which so becomes 0.
            value = coarse[y, x] if coarse[y, x] > 0 else np.float32(0)
            clean[y, x] = min(value, np.float32(1))


@numba.njit(parallel=True, nogil=True, cache=True)
def _count_edges(coarse: Alpha, counts: npt.NDArray[np.int64]) -> None:
    for y in numba.prange(coarse.shape[0]):
        above = max(y - 1, 0)
        for x in range(coarse.shape[1]):
            value, inside = coarse[y, x], coarse[y, x] > 0.5
            counts[y, 0] += 0.05 < value < 0.95
            counts[y, 1] += inside != (coarse[above, x] > 0.5)
            counts[y, 1] += inside != (coarse[y, max(x - 1, 0)] > 0.5)


@numba.njit(parallel=True, nogil=True, cache=True)
def _average(
    coarse: Alpha,
    spans_y: npt.NDArray[np.float64],
    spans_x: npt.NDArray[np.float64],
    prior: Alpha,
) -> None:
    for row in numba.prange(prior.shape[0]):
        top, low, share_y = int(spans_y[row, 0]), int(spans_y[row, 1]), spans_y[row, 2]
        for column in range(prior.shape[1]):
            left, right, share_x = (
                int(spans_x[column, 0]),
                int(spans_x[column, 1]),
                spans_x[column, 2],
            )
            total, weight = 0.0, 0.0
            for y in range(top, low + 1):
                down = 1.0 if share_y < 0 else share_y if y > top else 1 - share_y
                for x in range(left, right + 1):
                    across = 1.0 if share_x < 0 else share_x if x > left else 1 - share_x
                    total += down * across * coarse[y, x]
                    weight += down * across
            prior[row, column] = total / weight


@numba.njit(parallel=True, nogil=True, cache=True)
def _renew(alpha: Alpha, tiles: npt.NDArray[np.int32], step: int, prior: Alpha) -> None:
    height, width = alpha.shape
    side = TILE // step
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * side, tiles[tile, 1] * side
        for row in range(top, min(top + side, prior.shape[0])):
            for column in range(left, min(left + side, prior.shape[1])):
                total, count = np.float32(0), 0
                for y in range(row * step, min(row * step + step, height)):
                    for x in range(column * step, min(column * step + step, width)):
                        total += alpha[y, x]
                        count += 1
                prior[row, column] = total / np.float32(count)
