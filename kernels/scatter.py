"""What a net found in patches, laid into the picture without seams."""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, TILE
from kernels.patches import CORE, Terms
from kernels.types import Alpha, Kinds

Floats = npt.NDArray[np.float32]

_RAMP = 8
_HAZE = np.float32(0.01)
"""Closer than this to 0 or 1 alpha is made so: a net is never quite sure, a picture is."""


def scatter_alpha(
    found: Floats, fine: Floats, patches: npt.NDArray[np.int32], reach: int, kinds: Kinds,
    terms: Terms, trust: float, alpha: Alpha, error: Alpha | None = None,
) -> None:  # fmt: skip
    """Write what a net found into BAND tiles of `alpha`, and of `error` when it is given.

    found: (n, CORE, CORE, c) float32, channel 0 the change of alpha's logit, channel c - 1 the log
    of the expected absolute error; fine: as gather_fine filled it; trust: 0 to 1, the share of the
    change that is made. What is left within 0.01 of 0 or 1 becomes 0 or 1. The change fades out
    over 8 pixels towards tiles that are not BAND. Where `found` is not a number the coarse alpha
    stays.
    """
    wanted = error is not None
    _scatter(
        found, fine, patches, reach, kinds, np.float32(terms.edge), np.float32(terms.scale),
        np.float32(trust), alpha, error if error is not None else alpha, wanted,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _fade(kinds: Kinds, row: int, column: int, fades: Floats) -> None:
    """For each pixel of a tile, the share of a change that its distance from other kinds allows."""
    rows, columns = kinds.shape
    fades[:] = 1
    for down in range(-1, 2):
        for across in range(-1, 2):
            y, x = row + down, column + across
            if not (0 <= y < rows and 0 <= x < columns) or kinds[y, x] == BAND:
                continue
            for i in range(TILE):
                off_y = 0 if down == 0 else i if down < 0 else TILE - 1 - i
                for j in range(TILE):
                    off_x = 0 if across == 0 else j if across < 0 else TILE - 1 - j
                    share = np.float32((max(off_y, off_x) + 0.5) / _RAMP)
                    fades[i, j] = min(fades[i, j], share)


@numba.njit(parallel=True, nogil=True, cache=True)
def _scatter(
    found: Floats, fine: Floats, patches: npt.NDArray[np.int32], reach: int, kinds: Kinds,
    edge: np.float32, scale: np.float32, trust: np.float32, alpha: Alpha, error: Alpha,
    wanted: bool,
) -> None:  # fmt: skip
    height, width = alpha.shape
    side = CORE // TILE
    one = np.float32(1)
    for patch in numba.prange(found.shape[0]):
        fades = np.empty((TILE, TILE), np.float32)
        for index in range(side * side):
            row = patches[patch, 0] * side + index // side
            column = patches[patch, 1] * side + index % side
            if row >= kinds.shape[0] or column >= kinds.shape[1] or kinds[row, column] != BAND:
                continue
            _fade(kinds, row, column, fades)
            inner_y, inner_x = reach + index // side * TILE, reach + index % side * TILE
            for i in range(min(TILE, height - row * TILE)):
                for j in range(min(TILE, width - column * TILE)):
                    values = found[patch, inner_y - reach + i, inner_x - reach + j]
                    change = values[0] * fades[i, j] * trust
                    if not np.isfinite(change):
                        change = np.float32(0)
                    logit = fine[patch, inner_y + i, inner_x + j, 3] / scale + change
                    value = (one / (one + np.exp(-logit)) - edge) / (one - 2 * edge)
                    y, x = row * TILE + i, column * TILE + j
                    value = np.float32(0) if value < _HAZE else value
                    alpha[y, x] = one if value > one - _HAZE else value
                    if wanted:
                        error[y, x] = min(np.exp(values[values.size - 1]), one)
