"""Where the samples of a tile lie between cells, for bilinear interpolation within it."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE


class Taps(NamedTuple):
    """For each sample along a tile: the cells before and after it, and the latter's share.

    before, after: (n,) uint64 (unsigned, so that numba need not look for negative indices), cells
    counted from the tile's preceding neighbour; share: (n,) float32 in [0, 1).
    """

    before: npt.NDArray[np.uint64]
    after: npt.NDArray[np.uint64]
    share: npt.NDArray[np.float32]


def taps_of(shift: int, step: int) -> Taps:
    """Taps of a tile's samples in a plane subsampled by `shift`, between cells of `step` pixels."""
    centres = (np.arange(TILE >> shift) + 0.5) * (1 << shift) / step + 0.5
    before = np.floor(centres)
    share = (centres - before).astype(np.float32)
    return Taps(before.astype(np.uint64), (before + 1).astype(np.uint64), share)


@numba.njit(nogil=True, cache=True)
def enlarge_across(
    cells: npt.NDArray[np.float32], channel: int, top: int, left: int,
    before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64], share: npt.NDArray[np.float32],
    wide: npt.NDArray[np.float32],
) -> None:  # fmt: skip
    """Rows of cells from (top, left) on as rows of samples; outside, the edge repeats.

    cells: (rows, columns, channels); before, after, share: Taps of a tile, whose preceding
    neighbour's cells are those at (top, left); wide: (rows wanted, samples), written.
    """
    rows, columns = cells.shape[:2]
    edge = np.empty(wide.shape[0], np.float32)
    for i in range(wide.shape[0]):
        row = min(max(top + i, 0), rows - 1)
        for j in range(edge.size):
            edge[j] = cells[row, min(max(left + j, 0), columns - 1), channel]
        for n in range(wide.shape[1]):
            wide[i, n] = edge[before[n]] + (edge[after[n]] - edge[before[n]]) * share[n]
