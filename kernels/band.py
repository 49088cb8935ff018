"""The lattice of tiles that tells the boundary band from what is surely in or out.

Everything after pass 1 works on BAND tiles only; in OUTSIDE tiles alpha is exactly 0 and in
INSIDE tiles exactly 1, so compositing can copy them.
"""

import math

import numba
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Kinds, Places

TILE = 16
"""Side of a lattice tile in luma pixels; even, so that 4:2:0 chroma tiles align."""
OUTSIDE, INSIDE, BAND = 0, 1, 2
RAMP = 8
"""Pixels over which what is found in a BAND tile fades into its neighbours of other kinds."""

_LOW, _HIGH = 0.02, 0.98
_SURE = 0.01
# How far around a tile the coarse alpha is looked at: hair reaches beyond a coarse mask's edge.
_REACH_CELLS, _REACH_PIXELS = 2.0, 4.0


def lattice(height: int, width: int) -> tuple[int, int]:
    """(rows, columns) of tiles that cover a (height, width) picture; the last may be cut short."""
    return -(-height // TILE), -(-width // TILE)


def classify(coarse: Alpha, height: int, width: int) -> Kinds:
    """The kind of every tile of a (height, width) picture, judged from `coarse` alone.

    coarse: (h, w) float32 in [0, 1] of any size, without NaN. A tile is OUTSIDE where all of
    `coarse` within reach (2 coarse cells and 4 pixels) is below 0.02, INSIDE where all is above
    0.98, else BAND. Raises ValueError when an array is not 2-D, empty, or a size is not positive.
    """
    if coarse.ndim != 2 or coarse.size == 0 or height < 1 or width < 1:
        raise ValueError(f"cannot lay coarse {coarse.shape} over a {height}x{width} picture")
    rows, columns = lattice(height, width)
    spans_y = _spans(rows, height, coarse.shape[0])
    spans_x = _spans(columns, width, coarse.shape[1])
    kinds = np.empty((rows, columns), np.uint8)
    _classify(coarse, spans_y, spans_x, kinds)
    return kinds


def settled(kinds: Kinds, found: Alpha, step: int, top: int = 0, left: int = 0) -> Kinds:
    """`kinds` without BAND where `found` is sure of one side.

    found: (rows, columns) float32 in [0, 1] on cells of `step` pixels, the first at pixel (top,
    left), multiples of `step`. A BAND tile joins a side when all cells from which alpha within
    RAMP pixels of it is blended are that side but for 0.01.
    """
    narrowed = kinds.copy()
    _settle(found, step, -(-RAMP // step) + 1, top, left, narrowed)
    return narrowed


def tiles_of(kinds: Kinds, kind: int = BAND) -> Places:
    """(n, 2) int32 rows and columns of the tiles of `kind`, in reading order."""
    return places_of(kinds == kind)


def band_spans(kinds: Kinds) -> list[tuple[int, int]]:
    """First and end row, then first and end column, of BAND tiles; empty where there is none."""
    places = (np.flatnonzero((kinds == BAND).any(axis=1 - axis)) for axis in range(2))
    return [(int(each[0]), int(each[-1]) + 1) for each in places if len(each)]


def places_of(chosen: npt.NDArray[np.bool_]) -> Places:
    """(n, 2) int32 rows and columns of what is `chosen`, in reading order."""
    # Row by row in memory too, which argwhere's is not: a kernel that meets both is compiled twice.
    return np.argwhere(chosen).astype(np.int32, order="C")


def _spans(tiles: int, size: int, cells: int) -> npt.NDArray[np.int64]:
    """First and end coarse index that each of `tiles` tiles along one axis must look at."""
    scale = cells / size
    reach = _REACH_CELLS + _REACH_PIXELS * scale
    spans = np.empty((tiles, 2), np.int64)
    for tile in range(tiles):
        end = min((tile + 1) * TILE, size)
        spans[tile, 0] = max(math.floor(tile * TILE * scale - reach), 0)
        spans[tile, 1] = min(math.ceil(end * scale + reach), cells)
    return spans


@numba.njit(parallel=True, nogil=True, cache=True)
def _classify(
    coarse: Alpha,
    spans_y: npt.NDArray[np.int64],
    spans_x: npt.NDArray[np.int64],
    kinds: Kinds,
) -> None:
    cells = coarse.shape[1]
    for row in numba.prange(kinds.shape[0]):
        low = np.ones(cells, np.float32)
        high = np.zeros(cells, np.float32)
        for y in range(spans_y[row, 0], spans_y[row, 1]):
            for x in range(cells):
                low[x], high[x] = min(low[x], coarse[y, x]), max(high[x], coarse[y, x])
        for column in range(kinds.shape[1]):
            least, most = np.float32(1), np.float32(0)
            for x in range(spans_x[column, 0], spans_x[column, 1]):
                least, most = min(least, low[x]), max(most, high[x])
            kinds[row, column] = OUTSIDE if most < _LOW else INSIDE if least > _HIGH else BAND


@numba.njit(parallel=True, nogil=True, cache=True)
def _settle(found: Alpha, step: int, around: int, top: int, left: int, kinds: Kinds) -> None:
    rows, columns = found.shape
    for row in numba.prange(kinds.shape[0]):
        first = max((row * TILE - top) // step - around, 0)
        last = min(((row + 1) * TILE - 1 - top) // step + around, rows - 1)
        for column in range(kinds.shape[1]):
            if kinds[row, column] != BAND or row * TILE < top or column * TILE < left:
                continue
            begin = max((column * TILE - left) // step - around, 0)
            end = min(((column + 1) * TILE - 1 - left) // step + around, columns - 1)
            least, most = np.float32(1), np.float32(0)
            for y in range(first, last + 1):
                for x in range(begin, end + 1):
                    least, most = min(least, found[y, x]), max(most, found[y, x])
            if first <= last and begin <= end:
                if most < _SURE:
                    kinds[row, column] = OUTSIDE
                elif least > 1 - _SURE:
                    kinds[row, column] = INSIDE
