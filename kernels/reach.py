"""Which tiles an operation on the edge can change, and what kinds they are afterwards."""

import math

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.types import Alpha, Kinds

Runs = npt.NDArray[np.int32]
"""(n, 3) int32: a lattice row, its first tile and the one after its last."""

_LONGEST = 8
# Short enough for a run to stay in a core's own cache, and for threads to share evenly.


def check_lattice(alpha: Alpha, kinds: Kinds) -> None:
    """Raise ValueError when `kinds` is no lattice of `alpha`, or `alpha` is not (H, W) float32."""
    if alpha.ndim != 2 or alpha.size == 0 or alpha.dtype != np.float32:
        raise ValueError(f"alpha must be (H, W) float32, got {alpha.shape} {alpha.dtype}")
    if kinds.shape != lattice(*alpha.shape):
        raise ValueError(f"kinds must be {lattice(*alpha.shape)}, got {kinds.shape}")


def within_reach(kinds: Kinds, pixels: float) -> Kinds:
    """`kinds`, but BAND wherever a tile less than `pixels` away is not of the same kind.

    What is left OUTSIDE or INSIDE keeps an alpha of 0 or 1 under anything that looks no further.
    """
    tiles = math.ceil(pixels / TILE)
    around = np.ones((2 * tiles + 1, 2 * tiles + 1), np.uint8)
    most, least = cv2.dilate(kinds, around), cv2.erode(kinds, around)
    reached = np.full_like(kinds, BAND)
    reached[np.equal(most, OUTSIDE)] = OUTSIDE
    reached[np.equal(most, INSIDE) & np.equal(least, INSIDE)] = INSIDE
    return reached


def named(alpha: Alpha) -> Kinds:
    """The lattice of `alpha`, (H, W) float32, by alpha alone: BAND where a tile is not all one."""
    kinds = np.empty(lattice(*alpha.shape), np.uint8)
    _name(alpha, kinds)
    return kinds


def runs_of(chosen: npt.NDArray[np.bool_]) -> Runs:
    """The tiles that are `chosen`, (rows, columns) bool, as short runs along the rows."""
    return _runs(chosen)


@numba.njit(nogil=True, cache=True)
def _runs(chosen: npt.NDArray[np.bool_]) -> Runs:
    runs = np.empty((chosen.size, 3), np.int32)
    count = 0
    for row in range(chosen.shape[0]):
        column = 0
        while column < chosen.shape[1]:
            if not chosen[row, column]:
                column += 1
                continue
            start = column
            while column < chosen.shape[1] and chosen[row, column] and column - start < _LONGEST:
                column += 1
            runs[count, 0], runs[count, 1], runs[count, 2] = row, start, column
            count += 1
    return runs[:count]


@numba.njit(nogil=True, cache=True)
def name_tiles(alpha: Alpha, row: int, start: int, end: int, kinds: Kinds) -> None:
    """Write the kinds of the tiles from `start` to `end` of lattice row `row`, by alpha alone."""
    top, bottom = row * TILE, min((row + 1) * TILE, alpha.shape[0])
    for column in range(start, end):
        least, most = np.float32(1), np.float32(0)
        for y in range(top, bottom):
            line = alpha[y, column * TILE : min((column + 1) * TILE, alpha.shape[1])]
            for x in range(line.size):
                least = line[x] if line[x] < least else least
                most = line[x] if line[x] > most else most
        kinds[row, column] = OUTSIDE if most == 0 else INSIDE if least == 1 else BAND


@numba.njit(parallel=True, nogil=True, cache=True)
def _name(alpha: Alpha, kinds: Kinds) -> None:
    for row in numba.prange(kinds.shape[0]):
        name_tiles(alpha, row, 0, kinds.shape[1], kinds)
