"""Fade what is known into what is not, by a pull-push pyramid.

After Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph" (1996), section 3.4.
"""

import numba
import numpy as np
import numpy.typing as npt

from kernels.types import Floats


def pull_push(means: Floats, weights: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Keep `means` where `weights` is 1 and fade it smoothly into where it is 0.

    means: (rows, columns, 4) float32. weights: (rows, columns) float32 in [0, 1], or several
    such, (sides, rows, columns), which costs less than one call each. Returns (rows, columns, 4),
    or that for each side, and whether each is known: for a side without a positive weight it is
    `means` itself, copied, which says nothing of that side.
    Raises ValueError when the shapes disagree.
    """
    if weights.shape[-2:] != means.shape[:2]:
        raise ValueError(f"weights {weights.shape} do not fit {means.shape[:2]} cells")
    sides = weights.reshape(-1, *means.shape[:2])
    count, rows, columns = sides.shape
    pulled = np.empty((count, -(-rows // 2), -(-columns // 2), 5), np.float32)
    _pull_means(means, sides, pulled)
    colours = np.empty((*pulled.shape[:3], 4), np.float32)
    known = np.empty(count, np.bool_)
    _solve(pulled, colours, known)
    out = np.empty((count, *means.shape), np.float32)
    _push_means(means, sides, colours, out)
    out[~known] = means
    return out.reshape(*weights.shape, 4), known.reshape(weights.shape[:-2])


@numba.njit(parallel=True, nogil=True, cache=True)
def _pull_means(means: Floats, weights: Floats, pulled: Floats) -> None:
    count, rows = pulled.shape[:2]
    height, width = means.shape[:2]
    for index in numba.prange(count * rows):
        side, row = index // rows, index % rows
        for column in range(pulled.shape[2]):
            into = pulled[side, row, column]
            into[:] = 0
            for y in range(2 * row, min(2 * row + 2, height)):
                for x in range(2 * column, min(2 * column + 2, width)):
                    weight = weights[side, y, x]
                    if weight > 0:
                        for channel in range(4):
                            into[channel] += weight * means[y, x, channel]
                        into[4] += weight
            _settle(into)


@numba.njit(nogil=True, cache=True)
def _settle(cell: Floats) -> None:
    """A weight counts once it is full: more evidence does not make it surer."""
    total = cell[4]
    if total > 1:
        for channel in range(5):
            cell[channel] /= total


@numba.njit(parallel=True, nogil=True, cache=True)
def _solve(pulled: Floats, colours: Floats, known: npt.NDArray[np.bool_]) -> None:
    """The pyramid above the first level; small, so each side is one thread's work."""
    for side in numba.prange(pulled.shape[0]):
        known[side] = _solve_side(pulled[side], colours[side])


@numba.njit(nogil=True, cache=True)
def _solve_side(pulled: Floats, colours: Floats) -> bool:
    levels = [pulled]
    while max(levels[-1].shape[0], levels[-1].shape[1]) > 1:
        rows, columns = (levels[-1].shape[0] + 1) // 2, (levels[-1].shape[1] + 1) // 2
        above = np.empty((rows, columns, 5), np.float32)
        _pull(levels[-1], above)
        levels.append(above)
    top = levels[-1]
    if not top[0, 0, 4] > 0:
        return False
    found = np.empty((1, 1, 4), np.float32)
    for channel in range(4):
        found[0, 0, channel] = top[0, 0, channel] / top[0, 0, 4]
    for index in range(len(levels) - 2, -1, -1):
        level = levels[index]
        pushed = np.empty((level.shape[0], level.shape[1], 4), np.float32)
        _push(level, found, pushed)
        found = pushed
    # Not at once: that would have the compiler spend seconds on what says that shapes differ.
    for row in range(found.shape[0]):
        for column in range(found.shape[1]):
            for channel in range(4):
                colours[row, column, channel] = found[row, column, channel]
    return True


@numba.njit(nogil=True, cache=True)
def _pull(level: Floats, pulled: Floats) -> None:
    height, width = level.shape[:2]
    for row in range(pulled.shape[0]):
        for column in range(pulled.shape[1]):
            into = pulled[row, column]
            into[:] = 0
            for y in range(2 * row, min(2 * row + 2, height)):
                for x in range(2 * column, min(2 * column + 2, width)):
                    for channel in range(5):
                        into[channel] += level[y, x, channel]
            _settle(into)


@numba.njit(nogil=True, cache=True)
def _push(level: Floats, coarser: Floats, pushed: Floats) -> None:
    for row in range(pushed.shape[0]):
        for column in range(pushed.shape[1]):
            into = pushed[row, column]
            missing = np.float32(1) - level[row, column, 4]
            if missing > 0:
                _between(coarser, row, column, missing, into)
                for channel in range(4):
                    into[channel] += level[row, column, channel]
            else:
                for channel in range(4):
                    into[channel] = level[row, column, channel]


@numba.njit(parallel=True, nogil=True, cache=True)
def _push_means(means: Floats, weights: Floats, coarser: Floats, pushed: Floats) -> None:
    count, rows = pushed.shape[:2]
    for index in numba.prange(count * rows):
        side, row = index // rows, index % rows
        for column in range(pushed.shape[2]):
            into = pushed[side, row, column]
            weight = weights[side, row, column]
            if weight >= 1:
                for channel in range(4):
                    into[channel] = means[row, column, channel]
                continue
            _between(coarser[side], row, column, np.float32(1) - weight, into)
            for channel in range(4):
                into[channel] += weight * means[row, column, channel]


@numba.njit(nogil=True, cache=True, inline="always")
def _between(coarser: Floats, row: int, column: int, missing: np.float32, into: Floats) -> None:
    """`missing` times the bilinear value of the coarser level under a cell."""
    height, width = coarser.shape[:2]
    near_y, near_x = row // 2, column // 2
    far_y = min(max(near_y + 2 * (row % 2) - 1, 0), height - 1)
    far_x = min(max(near_x + 2 * (column % 2) - 1, 0), width - 1)
    most, least = np.float32(0.75), np.float32(0.25)
    for channel in range(4):
        near = most * coarser[near_y, near_x, channel] + least * coarser[near_y, far_x, channel]
        far = most * coarser[far_y, near_x, channel] + least * coarser[far_y, far_x, channel]
        into[channel] = missing * (most * near + least * far)
