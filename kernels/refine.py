"""Alpha at full resolution, computed in the boundary band only."""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import INSIDE, TILE, tiles_of
from kernels.types import Alpha, Kinds


def upsample_band(coarse: Alpha, kinds: Kinds, height: int, width: int) -> Alpha:
    """`coarse` enlarged bilinearly in BAND tiles, 1 in INSIDE tiles and 0 elsewhere.

    coarse: (h, w) float32, NaN counts as 0; kinds: the lattice of a (height, width) picture.
    Returns (height, width) float32 in [0, 1].
    """
    alpha = np.empty((height, width), np.float32)
    _snap(kinds, alpha)
    _upsample(coarse, tiles_of(kinds), alpha)
    return alpha


@numba.njit(parallel=True, nogil=True, cache=True)
def _snap(kinds: Kinds, alpha: Alpha) -> None:
    for y in numba.prange(alpha.shape[0]):
        for column in range(kinds.shape[1]):
            value = np.float32(1 if kinds[y // TILE, column] == INSIDE else 0)
            alpha[y, column * TILE : (column + 1) * TILE] = value


@numba.njit(parallel=True, nogil=True, cache=True)
def _upsample(coarse: Alpha, tiles: npt.NDArray[np.int32], alpha: Alpha) -> None:
    height, width = alpha.shape
    rows, columns = coarse.shape
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        for y in range(top, min(top + TILE, height)):
            v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
            upper = int(v)
            lower = min(upper + 1, rows - 1)
            v -= upper
            for x in range(left, min(left + TILE, width)):
                u = min(max((x + 0.5) * columns / width - 0.5, 0.0), columns - 1.0)
                near = int(u)
                far = min(near + 1, columns - 1)
                u -= near
                above = coarse[upper, near] * (1 - u) + coarse[upper, far] * u
                below = coarse[lower, near] * (1 - u) + coarse[lower, far] * u
                value = above * (1 - v) + below * v
                # The comparison is false for NaN, which so becomes 0.
                alpha[y, x] = min(value, 1.0) if value > 0 else 0.0
