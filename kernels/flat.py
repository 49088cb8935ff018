"""A lattice tile as one row of TILE * TILE values, over which loops vectorise.

A loop over a tile's own 16 columns is too short for that, and arrays that come from elsewhere might
overlap, which the compiler must rule out before it may use wide registers.
"""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE
from kernels.types import Plane

FLAT = TILE * TILE


@numba.njit(nogil=True, cache=True)
def flatten(plane: Plane, top: int, left: int, out: npt.NDArray[np.float32]) -> None:
    """Read the tile at (top, left) into `out`, (FLAT,) float32; the picture's edge repeats."""
    height, width = plane.shape
    if top + TILE <= height and left + TILE <= width:
        start = np.uint64(left)
        for y in range(TILE):
            for x in range(TILE):
                out[y * TILE + x] = plane[top + y, start + np.uint64(x)]
        return
    for y in range(TILE):
        for x in range(TILE):
            out[y * TILE + x] = plane[min(top + y, height - 1), min(left + x, width - 1)]


@numba.njit(nogil=True, cache=True)
def unflatten(values: npt.NDArray[np.generic], top: int, left: int, out: Plane) -> None:
    """Write what lies in the picture of a flat tile to its place in `out`."""
    start, count = np.uint64(left), min(TILE, out.shape[1] - left)
    for y in range(min(TILE, out.shape[0] - top)):
        for x in range(count):
            out[top + y, start + np.uint64(x)] = values[y * TILE + x]
