"""What a net found in tiles, laid into the picture without seams."""

from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, INSIDE, OUTSIDE, RAMP, TILE
from kernels.patches import Places, Terms, logits_of, looked_up, tabled
from kernels.types import Alpha, Kinds

Floats = npt.NDArray[np.float32]

_STEPS, _SPAN = 128, 16
_HAZE = np.float32(0.035)
"""Closer than this to 0 or 1 alpha is made so: a net is never quite sure, a picture is."""


def scatter_alpha(
    found: Floats, levels: Floats, tiles: Places, looked: Kinds, kinds: Kinds, terms: Terms,
    trust: float, alpha: Alpha, error: Alpha | None = None,
) -> None:  # fmt: skip
    """Write what a net found into `tiles` of `alpha`, and of `error` when it is given.

    found: (n, TILE, TILE, 2) float32, the further change of alpha's logit and the log of the
    expected absolute error; levels: (n, TILE, TILE) float32, the logits that gather_fine told it;
    tiles: (n, 2) int32 lattice rows and columns of BAND tiles; alpha: (H, W), the enlarged coarse
    one; trust: 0 to 1, the share of the change that is made. What is left within 0.035 of 0 or 1
    becomes 0 or 1. The change fades out over 8 pixels towards tiles that are not BAND. Where it is
    not a number the coarse alpha stays.
    """
    wanted = error is not None
    _scatter(
        found, levels, tiles, looked, kinds, np.float32(terms.edge), np.float32(terms.scale),
        np.float32(trust), alpha, error if error is not None else alpha, wanted, logits_of(terms),
        _alphas(),
    )  # fmt: skip


@lru_cache
def _alphas() -> Floats:
    """Sigmoids of logits from -_SPAN to _SPAN; blended they are exact to 1e-6, and far faster."""
    logits = np.linspace(-_SPAN, _SPAN, 2 * _SPAN * _STEPS + 1)
    return tabled(1 / (1 + np.exp(-logits)))


@numba.njit(nogil=True, cache=True)
def _fade(
    looked: Kinds, kinds: Kinds, row: int, column: int, settled: bool, side: int, fades: Floats
) -> None:
    """For each pixel of a tile, the share that its distance from some tiles around allows.

    settled: look at tiles that are BAND in `looked` and `side` in `kinds`; otherwise at those that
    are not BAND in `looked`.
    """
    rows, columns = kinds.shape
    fades[:] = 1
    for down in range(-1, 2):
        for across in range(-1, 2):
            y, x = row + down, column + across
            if not (0 <= y < rows and 0 <= x < columns) or settled != (looked[y, x] == BAND):
                continue
            if settled and kinds[y, x] != side:
                continue
            for i in range(TILE):
                off_y = 0 if down == 0 else i if down < 0 else TILE - 1 - i
                for j in range(TILE):
                    off_x = 0 if across == 0 else j if across < 0 else TILE - 1 - j
                    share = np.float32((max(off_y, off_x) + 0.5) / RAMP)
                    fades[i, j] = min(fades[i, j], share)


@numba.njit(parallel=True, nogil=True, cache=True)
def _scatter(
    found: Floats, levels: Floats, tiles: Places, looked: Kinds, kinds: Kinds, edge: np.float32,
    scale: np.float32, trust: np.float32, alpha: Alpha, error: Alpha, wanted: bool, table: Floats,
    alphas: Floats,
) -> None:  # fmt: skip
    height, width = alpha.shape
    one, span = np.float32(1), np.float32(_SPAN)
    for tile in numba.prange(found.shape[0]):
        row, column = tiles[tile, 0], tiles[tile, 1]
        fades, low = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
        high = np.empty((TILE, TILE), np.float32)
        _fade(looked, kinds, row, column, False, BAND, fades)
        _fade(looked, kinds, row, column, True, OUTSIDE, low)
        _fade(looked, kinds, row, column, True, INSIDE, high)
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        for i in range(min(TILE, height - top)):
            for j in range(min(TILE, width - left)):
                coarse = looked_up(table, alpha[top + i, left + j])
                change = (levels[tile, i, j] - coarse) / scale + found[tile, i, j, 0]
                change *= fades[i, j] * trust
                if not np.isfinite(change):
                    change = np.float32(0)
                logit = min(max(coarse / scale + change, -span), span)
                value = looked_up(alphas, (logit + span) / (2 * span))
                value = (value - edge) / (one - 2 * edge)
                value = (one - (one - value) * high[i, j]) * low[i, j]
                value = np.float32(0) if value < _HAZE else value
                alpha[top + i, left + j] = one if value > one - _HAZE else value
                if wanted:
                    error[top + i, left + j] = min(np.exp(found[tile, i, j, 1]), one)
