"""Where the samples of a tile lie between cells, for bilinear interpolation within it."""

from typing import NamedTuple

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
