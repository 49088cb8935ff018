"""Alpha held near where a coarse one is open: what is found far from there is something else."""

import cv2
import numba
import numpy as np

from kernels.band import TILE
from kernels.patches import Places
from kernels.refine import tap
from kernels.types import Alpha

REACH = 3
"""Coarse pixels around one within which what it says may be found; measured: strands end there."""
_SLOPE = np.float32(4)


def bound_alpha(alpha: Alpha, coarse: Alpha, tiles: Places) -> None:
    """Hold `alpha` in `tiles` between what `coarse` makes likely within REACH of its pixels.

    alpha: (H, W) float32 in [0, 1], read and written; coarse: cleaned, (h, w), laid over all of it;
    tiles: (n, 2) int32 lattice rows and columns. Where most of `coarse` around is m, alpha is at
    most 4 m, and where its least is l, at least 1 - 4 (1 - l). The enlarged `coarse` itself is
    never changed.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    # The blur smooths the bound, and never takes it below what is near enough to be enlarged.
    most, least = (
        np.asarray(cv2.blur(way(coarse, disc), (3, 3), borderType=cv2.BORDER_REPLICATE), np.float32)
        for way in (cv2.dilate, cv2.erode)
    )
    _bound(most, least, tiles, alpha)


@numba.njit(parallel=True, nogil=True, cache=True)
def _bound(most: Alpha, least: Alpha, tiles: Places, alpha: Alpha) -> None:
    height, width = alpha.shape
    rows, columns = most.shape
    one = np.float32(1)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        count = min(TILE, width - left)
        near, far = np.empty(TILE, np.uint64), np.empty(TILE, np.uint64)
        share = np.empty(TILE, np.float32)
        for x in range(count):
            near[x], far[x], share[x] = tap((left + x + 0.5) * columns / width, columns)
        for y in range(top, min(top + TILE, height)):
            upper, lower, v = tap((y + 0.5) * rows / height, rows)
            for x in range(count):
                high = _between(most, upper, lower, near[x], far[x], v, share[x])
                low = _between(least, upper, lower, near[x], far[x], v, share[x])
                value = min(alpha[y, left + x], _SLOPE * high)
                alpha[y, left + x] = max(value, one - _SLOPE * (one - low))


@numba.njit(nogil=True, cache=True)
def _between(
    plane: Alpha, upper: np.uint64, lower: np.uint64, near: np.uint64, far: np.uint64,
    v: np.float32, u: np.float32,
) -> np.float32:  # fmt: skip
    one = np.float32(1)
    above = plane[upper, near] * (one - u) + plane[upper, far] * u
    below = plane[lower, near] * (one - u) + plane[lower, far] * u
    return np.float32(above * (one - v) + below * v)
