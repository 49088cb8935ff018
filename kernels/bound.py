"""Alpha held near where a coarse one is open: what is found far from there is something else."""

import cv2
import numba
import numpy as np

from kernels.band import TILE
from kernels.refine import tap
from kernels.types import Alpha, Places

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
    if not len(tiles):
        return
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    top, bottom = _around(tiles[:, 0], alpha.shape[0], coarse.shape[0])
    left, right = _around(tiles[:, 1], alpha.shape[1], coarse.shape[1])
    part = coarse[top:bottom, left:right]
    # The blur smooths the bound, and never takes it below what is near enough to be enlarged.
    most, least = (
        np.asarray(cv2.blur(way(part, disc), (3, 3), borderType=cv2.BORDER_REPLICATE), np.float32)
        for way in (cv2.dilate, cv2.erode)
    )
    _bound(most, least, top, left, coarse.shape[0], coarse.shape[1], tiles, alpha)


def _around(places: Places, pixels: int, cells: int) -> tuple[int, int]:
    """First and end of those of `cells`, over `pixels`, that count for tiles at `places`."""
    # Two more than REACH are blurred or blended.
    first = int(places.min()) * TILE * cells // pixels - REACH - 3
    end = (int(places.max()) + 1) * TILE * cells // pixels + REACH + 4
    return max(first, 0), min(end, cells)


@numba.njit(parallel=True, nogil=True, cache=True)
def _bound(
    most: Alpha, least: Alpha, above: int, before: int, rows: int, columns: int, tiles: Places,
    alpha: Alpha,
) -> None:  # fmt: skip
    """most, least: what lies below `above` and right of `before` of (rows, columns)."""
    height, width = alpha.shape
    one = np.float32(1)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        count = min(TILE, width - left)
        near, far = np.empty(TILE, np.uint64), np.empty(TILE, np.uint64)
        share = np.empty(TILE, np.float32)
        for x in range(count):
            near[x], far[x], share[x] = tap((left + x + 0.5) * columns / width, columns)
            near[x], far[x] = near[x] - np.uint64(before), far[x] - np.uint64(before)
        for y in range(top, min(top + TILE, height)):
            upper, lower, v = tap((y + 0.5) * rows / height, rows)
            upper, lower = upper - np.uint64(above), lower - np.uint64(above)
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
