"""Both sides' colours on cells around the band, by what alpha says each cell is mixed of.

After Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground Estimation" (2020): colours
that explain the picture and change as little as can be, less so where alpha does not change. What
was spread, or found by a net, takes the place of their coarser levels, and what is finer than a
cell is left to kernels.foreground.
"""

import numba
import numpy as np

from kernels.band import TILE, band_spans
from kernels.spread import Cells, SpreadColours
from kernels.types import Alpha, Floats, Kinds

_STEPS = 8
"""As many cells as colours are led; more of them follow alpha's faults as well: under eroded masks
the photographs' error begins to grow."""
_LEAST = np.float32(1e-5)
"""How firmly cells of one alpha hold together, beside the difference of others."""
_RIGHT, _BELOW, _OWN, _ACROSS, _OTHER, _SEEN = 0, 1, 2, 3, 4, 5
_FIXED = _SEEN + 6
"""Of each cell: its hold on the next one and on the one below; what of each side's pull becomes
that side's colour (own, other) and the other's (across); both sides' share of what is seen."""


def unmix_cells(
    colours: SpreadColours, means: Cells, alpha: Alpha, kinds: Kinds, peak: int
) -> None:
    """Make `colours` such that, mixed by `alpha`, they come closer to `means`, around BAND tiles.

    means: as kernels.spread.cell_means gives them; alpha: (rows, columns) float32 in [0, 1], the
    mean of each cell; kinds: the picture's lattice; peak: the largest code value. Cells further
    than 8 from BAND tiles, and the fourth channel of Cells, are left; all where one side's colours
    are unknown. Raises ValueError when shapes disagree.
    """
    if not colours.foreground.shape == colours.background.shape == means.shape:
        raise ValueError(f"colours {colours.foreground.shape} do not fit {means.shape} cells")
    if alpha.shape != means.shape[:2]:
        raise ValueError(f"alpha {alpha.shape} does not fit {means.shape[:2]} cells")
    around = _around(kinds, colours.step, alpha.shape)
    if around is None or not colours.both_known:
        return
    top, left, rows, columns = around
    # A row or column more on each side, whose weights are 0, spares the question for the edge.
    fixed = np.zeros((_FIXED, rows + 2, columns + 2), np.float32)
    now, then = np.zeros((2, 6, rows + 2, columns + 2), np.float32)
    _prepare(colours.foreground, colours.background, means, alpha, top, left, fixed, now)
    for _ in range(_STEPS):
        _step(fixed, now, then, np.float32(peak))
        now, then = then, now
    found = now[:, 1:-1, 1:-1].transpose(1, 2, 0)
    cells = slice(top, top + rows), slice(left, left + columns), slice(3)
    colours.foreground[cells], colours.background[cells] = found[..., :3], found[..., 3:]


def _around(kinds: Kinds, step: int, shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """First row and column, rows and columns, of cells up to _STEPS beside BAND tiles; None: no."""
    side, firsts, sizes = TILE // step, [], []
    for (first, end), size in zip(band_spans(kinds), shape, strict=False):
        firsts.append(max(first * side - _STEPS, 0))
        sizes.append(min(end * side + _STEPS, size) - firsts[-1])
    return (firsts[0], firsts[1], sizes[0], sizes[1]) if firsts else None


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _prepare(
    front: Cells, back: Cells, means: Cells, alpha: Alpha, top: int, left: int, fixed: Floats,
    now: Floats,
) -> None:  # fmt: skip
    """Fill `fixed` with what stays the same in all steps, and `now` with the colours."""
    rows, columns = now.shape[1] - 2, now.shape[2] - 2
    one, zero = np.float32(1), np.float32(0)
    for row in numba.prange(rows):
        i, y, above, below = top + row, row + 1, row > 0, row + 1 < rows
        for column in range(columns):
            j, x, before, after = left + column, column + 1, column > 0, column + 1 < columns
            a, cell = alpha[i, j], means[i, j]
            rest = one - a
            right = _LEAST + abs(a - alpha[i, j + 1]) if after else zero
            low = _LEAST + abs(a - alpha[i + 1, j]) if below else zero
            held = right + low
            held += _LEAST + abs(a - alpha[i, j - 1]) if before else zero
            held += _LEAST + abs(a - alpha[i - 1, j]) if above else zero
            fronts, backs, both = a * a + held, rest * rest + held, a * rest
            share = one / (fronts * backs - both * both)
            fixed[_RIGHT, y, x], fixed[_BELOW, y, x] = right, low
            fixed[_OWN, y, x], fixed[_OTHER, y, x] = backs * share, fronts * share
            fixed[_ACROSS, y, x] = -both * share
            for n in range(3):
                fixed[_SEEN + n, y, x], fixed[_SEEN + 3 + n, y, x] = a * cell[n], rest * cell[n]
                now[n, y, x], now[3 + n, y, x] = front[i, j, n], back[i, j, n]


@numba.njit(nogil=True, cache=True)
def _pull(
    right: Floats, above: Floats, below: Floats, seen: Floats, here: Floats, over: Floats,
    under: Floats, out: Floats,
) -> None:  # fmt: skip
    """What is seen of a side in one row of cells, and what its neighbours are."""
    for x in range(1, out.size - 1):
        out[x] = right[x - 1] * here[x - 1] + right[x] * here[x + 1] + seen[x]
    for x in range(1, out.size - 1):
        out[x] += above[x] * over[x] + below[x] * under[x]


@numba.njit(nogil=True, cache=True)
def _mix(
    own: Floats, across: Floats, first: Floats, second: Floats, peak: np.float32, out: Floats
) -> None:
    zero = np.float32(0)
    for x in range(1, out.size - 1):
        out[x] = min(max(own[x] * first[x] + across[x] * second[x], zero), peak)


@numba.njit(parallel=True, nogil=True, cache=True)
def _step(fixed: Floats, now: Floats, then: Floats, peak: np.float32) -> None:
    """Each cell's colours that fit best beside what its neighbours are now (Jacobi)."""
    rows, columns = now.shape[1:]
    for row in numba.prange(rows - 2):
        y = row + 1
        pulled = np.empty((2, columns), np.float32)
        right, above, below = fixed[_RIGHT, y], fixed[_BELOW, y - 1], fixed[_BELOW, y]
        for n in range(3):
            for side in range(2):
                m = 3 * side + n
                _pull(
                    right, above, below, fixed[_SEEN + m, y], now[m, y], now[m, y - 1],
                    now[m, y + 1], pulled[side],
                )  # fmt: skip
            _mix(fixed[_OWN, y], fixed[_ACROSS, y], pulled[0], pulled[1], peak, then[n, y])
            _mix(fixed[_OTHER, y], fixed[_ACROSS, y], pulled[1], pulled[0], peak, then[3 + n, y])
