"""Alpha held back where a net doubts what it found more than what was there before."""

from functools import lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE
from kernels.flat import FLAT, flatten, unflatten
from kernels.near import looked_up, tabled
from kernels.scatter import SPAN, cleared, sigmoids
from kernels.taps import enlarge_across, taps_of
from kernels.types import Alpha, Floats, Places

_RESTLESS = 0.4
"""Share of the expected error that alpha moves by where the coarse one was too poor to go back to.
In 28 clips of people frames move by 0.16 (median) and at most by 0.33, photographs under hard,
blurred, eroded or tiny masks hardly ever by less than 0.4."""
_CAUTION = 1.5
"""k of the formula where nothing moved; measured: of 336 frames of people 98.8 % are not worse than
the enlarged mask with 1, 99.4 with 1.5 and all with 2, for a band MAD of 53.2, 53.3 and 53.4; 91.4
and 53.8 without."""
_STEEP = 4
"""Power of the ratio of both expected errors; measured: with 2 more of what is right is lost, with
6 and 8 edges are a little blunter for as much."""
_NONE = 1e-12
"""A k that no pixel notices."""
_LEAST = -8.0
"""Log of the least expected error that is told from smaller ones."""


def hedge_alpha(
    alpha: Alpha, before: Floats, found: Floats, tiles: Places, doubt: Alpha, step: int,
    top: int, left: int, error: Alpha | None = None,
) -> float:  # fmt: skip
    """Go back, in `tiles` of `alpha`, towards what it was `before`, where that is likely nearer.

    alpha: (H, W) float32, read and written; before: (n, TILE, TILE) float32, what scatter_alpha
    leaves in its `levels`; found: (n, TILE, TILE, 2) float32, the second the log of alpha's
    expected error; tiles: (n, 2) int32 lattice rows and columns; doubt: (rows, columns) float32,
    the log of the coarse alpha's expected error, on cells of `step` pixels of which the first
    begins at pixel (top, left); error: (H, W) float32, written where alpha may go back, not a
    number where either log is none.

    A net says of a good mask mostly that it doubts both, moves it a little here and there, and is
    right but for places where it took the scene for hair. So where all `tiles` together moved by
    little beside what is expected to be wrong, each pixel keeps 1 / (1 + k r^4) of its way, r its
    expected error over the coarse one's and k up to _CAUTION. Where either is not a number, it
    keeps none, however much the others moved.

    Returns what `tiles` moved by beside what is expected to be wrong; 0 where that is not known.
    """
    errors = _errors()
    moved, expected, broken = _sums(alpha, before, found, tiles, errors).sum(axis=0)
    restless = float(moved / max(expected, 1e-9))
    share = min(max(1 - restless / _RESTLESS, 0), 1)
    broken = broken or not np.isfinite(doubt).all()
    # Of no tiles at all it is still run: what is compiled late holds up a live picture.
    tiles, taps = tiles if share or broken else tiles[:0], taps_of(0, step)
    caution = np.log(max(_CAUTION * share, _NONE))
    _hedge(
        alpha, before, found, tiles, doubt[..., None], step, top // step, left // step, *taps,
        np.float32(caution), errors, sigmoids(), alpha if error is None else error,
        error is not None,
    )  # fmt: skip
    return 0.0 if broken else restless


@lru_cache
def _errors() -> Floats:
    """Errors by their logs from _LEAST to 0; blended they are exact to 2 of ten thousand parts."""
    return tabled(np.exp(np.linspace(_LEAST, 0, 257)))


@numba.njit(nogil=True, cache=True, inline="always")
def _error(errors: Floats, log: np.float32) -> Any:
    return looked_up(errors, (log - np.float32(_LEAST)) * np.float32(-1 / _LEAST))


@numba.njit(parallel=True, nogil=True, cache=True)
def _sums(alpha: Alpha, before: Floats, found: Floats, tiles: Places, errors: Floats) -> Floats:
    """By how much each tile moved, what is expected to be wrong, and pixels not known: (n, 3)."""
    height, width = alpha.shape
    sums = np.zeros((tiles.shape[0], 3), np.float32)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        moved, expected, broken = np.float32(0), np.float32(0), np.float32(0)
        for y in range(min(TILE, height - top)):
            for x in range(min(TILE, width - left)):
                log = found[tile, y, x, 1]
                moved += abs(alpha[top + y, left + x] - before[tile, y, x])
                if np.isfinite(log):
                    expected += _error(errors, log)
                else:
                    broken += np.float32(1)
        sums[tile, 0], sums[tile, 1], sums[tile, 2] = moved, expected, broken
    return sums


@numba.njit(nogil=True, cache=True)
def _enlarge(
    cells: Floats, top: int, left: int, side: int, before: npt.NDArray[np.uint64],
    after: npt.NDArray[np.uint64], share: Floats, out: Floats,
) -> None:  # fmt: skip
    """Fill `out`, (FLAT,), with the only channel of `cells` in a tile of `side` cells a side.

    (top, left): the last cell before it, above and to the left.
    """
    wide = np.empty((side + 2, TILE), np.float32)
    enlarge_across(cells, 0, top, left, before, after, share, wide)
    for y in range(TILE):
        for x in range(TILE):
            above = wide[before[y], x]
            out[y * TILE + x] = above + (wide[after[y], x] - above) * share[y]


@numba.njit(nogil=True, cache=True)
def _mixed(logs: Floats, doubts: Floats, keeps: Floats, errors: Floats, out: Floats) -> None:
    """The error that is expected of a flat tile after it went back."""
    for n in range(FLAT):
        own, coarse = _error(errors, logs[2 * n + 1]), _error(errors, doubts[n])
        known = np.isfinite(logs[2 * n + 1] + doubts[n])
        out[n] = coarse + keeps[n] * (own - coarse) if known else np.float32(np.nan)


@numba.njit(parallel=True, nogil=True, cache=True)
def _hedge(
    alpha: Alpha, there: Floats, found: Floats, tiles: Places, doubt: Floats, step: int,
    first_row: int, first_column: int, before: npt.NDArray[np.uint64],
    after: npt.NDArray[np.uint64], share: Floats, caution: np.float32, errors: Floats,
    alphas: Floats, error: Alpha, wanted: bool,
) -> None:  # fmt: skip
    side = TILE // step
    one, span, steep = np.float32(1), np.float32(SPAN), np.float32(_STEEP)
    for tile in numba.prange(tiles.shape[0]):
        row, column = tiles[tile, 0], tiles[tile, 1]
        flat, doubts, keeps = np.empty((3, FLAT), np.float32)
        at_y, at_x = row * side - first_row - 1, column * side - first_column - 1
        _enlarge(doubt, at_y, at_x, side, before, after, share, doubts)
        flatten(alpha, row * TILE, column * TILE, flat)
        coarse, logs = there[tile].reshape(FLAT), found[tile].reshape(2 * FLAT)
        for n in range(FLAT):
            # Beyond its ends, and where it is not a number, the table has its last or first entry.
            logit = (doubts[n] - logs[2 * n + 1]) * steep - caution
            keeps[n] = looked_up(alphas, (logit + span) * (one / (span + span)))
        for n in range(FLAT):
            flat[n] = cleared(coarse[n] + keeps[n] * (flat[n] - coarse[n]))
        unflatten(flat, row * TILE, column * TILE, alpha)
        if wanted:
            _mixed(logs, doubts, keeps, errors, flat)
            unflatten(flat, row * TILE, column * TILE, error)
