"""What a net found in tiles, laid into the picture without seams."""

from functools import lru_cache
from typing import Any

import numba
import numpy as np

from kernels.band import BAND, INSIDE, OUTSIDE, RAMP, TILE
from kernels.flat import FLAT, flatten, unflatten
from kernels.near import Terms, logits_of, looked_up, tabled
from kernels.types import Alpha, Floats, Kinds, Places

_STEPS = 128
SPAN = 16
"""Logits beyond this, above or below 0, are clipped to it."""
_HAZE = np.float32(0.035)
"""Closer than this to 0 or 1 alpha is made so: a net is never quite sure, a picture is."""


def scatter_alpha(
    found: Floats, levels: Floats, tiles: Places, looked: Kinds, kinds: Kinds, terms: Terms,
    trust: float, alpha: Alpha, error: Alpha | None = None,
) -> None:  # fmt: skip
    """Write what a net found into `tiles` of `alpha`, and of `error` when it is given.

    found: (n, TILE, TILE, 2) float32, the further change of alpha's logit and the log of the
    expected absolute error; levels: (n, TILE, TILE) float32, the logits that find_in_tiles read;
    tiles: (n, 2) int32 lattice rows and columns of BAND tiles; alpha: (H, W), the enlarged coarse
    one; trust: 0 to 1, the share of the change that is made. What is left within 0.035 of 0 or 1
    becomes 0 or 1. The change fades out over 8 pixels towards tiles that are not BAND. Where it is
    not a number the coarse alpha stays.

    Afterwards `levels` hold what alpha would be had nothing been found, for kernels.hedge: the
    enlarged coarse one, faded to 0 or 1 towards tiles that are settled.
    """
    wanted = error is not None
    _scatter(
        found, levels, tiles, looked, kinds, np.float32(terms.edge), np.float32(terms.scale),
        np.float32(trust), alpha, error if error is not None else alpha, wanted, logits_of(terms),
        sigmoids(), _ramps(),
    )  # fmt: skip


@lru_cache
def sigmoids() -> Floats:
    """Sigmoids of logits from -SPAN to SPAN; blended they are exact to 1e-6, and far faster."""
    logits = np.linspace(-SPAN, SPAN, 2 * SPAN * _STEPS + 1)
    return tabled(1 / (1 + np.exp(-logits)))


@lru_cache
def _ramps() -> Floats:
    """(3, 3, FLAT): the shares that the distance from a tile around, at its place, allows."""
    before = np.arange(TILE) + 0.5
    along = np.stack([before, np.full(TILE, 0.5), before[::-1]])
    far = np.maximum(along[:, None, :, None], along[None, :, None, :])
    ramps = np.minimum(far / RAMP, 1).reshape(3, 3, FLAT)
    return np.asarray(ramps, np.float32)


@numba.njit(nogil=True, cache=True, inline="always")
def cleared(alpha: np.float32) -> Any:
    """`alpha`, 0 or 1 where it is within _HAZE of that."""
    alpha = alpha if alpha >= _HAZE else np.float32(0)
    return alpha if alpha <= np.float32(1) - _HAZE else np.float32(1)


@numba.njit(nogil=True, cache=True)
def _fade(
    looked: Kinds, kinds: Kinds, row: int, column: int, settled: bool, side: int, ramps: Floats,
    fades: Floats,
) -> None:  # fmt: skip
    """For each pixel of a tile, the share that its distance from some tiles around allows.

    settled: look at tiles that are BAND in `looked` and `side` in `kinds`; otherwise at those that
    are not BAND in `looked`.
    """
    rows, columns = kinds.shape
    fades[:] = 1
    for down in range(3):
        for across in range(3):
            y, x = row + down - 1, column + across - 1
            if not (0 <= y < rows and 0 <= x < columns) or settled != (looked[y, x] == BAND):
                continue
            if settled and kinds[y, x] != side:
                continue
            for n in range(FLAT):
                fades[n] = min(fades[n], ramps[down, across, n])


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _changed(
    found: Floats, level: Floats, fades: Floats, low: Floats, high: Floats, edge: np.float32,
    scale: np.float32, trust: np.float32, table: Floats, alphas: Floats, alpha: Floats,
) -> None:  # fmt: skip
    """Rewrite the alpha of a flat tile. One loop for each step: so they vectorise."""
    one, zero, span = np.float32(1), np.float32(0), np.float32(SPAN)
    per, wide, clear = one / scale, one / (span + span), one / (one - edge - edge)
    coarse, logit = np.empty(FLAT, np.float32), np.empty(FLAT, np.float32)
    for n in range(FLAT):
        coarse[n] = looked_up(table, alpha[n])
    for n in range(FLAT):
        change = ((level[n] - coarse[n]) * per + found[n]) * fades[n] * trust
        change = change if abs(change) < np.float32(np.inf) else zero
        value = min(max(coarse[n] * per + change, -span), span)
        logit[n] = (value + span) * wide
    for n in range(FLAT):
        coarse[n] = looked_up(alphas, logit[n])
    for n in range(FLAT):
        value = (coarse[n] - edge) * clear
        alpha[n] = cleared((one - (one - value) * high[n]) * low[n])


@numba.njit(parallel=True, nogil=True, cache=True)
def _scatter(
    found: Floats, levels: Floats, tiles: Places, looked: Kinds, kinds: Kinds, edge: np.float32,
    scale: np.float32, trust: np.float32, alpha: Alpha, error: Alpha, wanted: bool, table: Floats,
    alphas: Floats, ramps: Floats,
) -> None:  # fmt: skip
    one = np.float32(1)
    for tile in numba.prange(found.shape[0]):
        row, column = tiles[tile, 0], tiles[tile, 1]
        top, left = row * TILE, column * TILE
        fades, low, high, change, flat, before = np.empty((6, FLAT), np.float32)
        _fade(looked, kinds, row, column, False, BAND, ramps, fades)
        _fade(looked, kinds, row, column, True, OUTSIDE, ramps, low)
        _fade(looked, kinds, row, column, True, INSIDE, ramps, high)
        flatten(alpha, top, left, flat)
        for n in range(FLAT):
            change[n] = found[tile, n // TILE, n % TILE, 0]
        for n in range(FLAT):
            before[n] = (one - (one - flat[n]) * high[n]) * low[n]
        level = levels[tile].reshape(FLAT)
        _changed(change, level, fades, low, high, edge, scale, trust, table, alphas, flat)
        level[:] = before
        unflatten(flat, top, left, alpha)
        if wanted:
            for n in range(FLAT):
                flat[n] = min(np.exp(found[tile, n // TILE, n % TILE, 1]), np.float32(1))
            unflatten(flat, top, left, error)
