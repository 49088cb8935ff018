"""Colours that a net found, in the place of those that were spread."""

import numba
import numpy as np

from kernels.band import BAND, TILE
from kernels.layout import Layout
from kernels.near import Near
from kernels.spread import SpreadColours
from kernels.types import Floats, Kinds


def recolour(colours: SpreadColours, near: Near, kinds: Kinds, layout: Layout) -> None:
    """Write both sides' colours of `near` into the cells of `colours` that lie in BAND tiles.

    colours, near: on cells of one size; what `near` does not cover, and the fourth channel of
    Cells, is left. kinds: the picture's lattice.
    """
    _recolour(
        colours.foreground, colours.background, near.cells, near.step, near.top // near.step,
        near.left // near.step, kinds, *layout.from_rgb(),
    )  # fmt: skip


@numba.njit(parallel=True, nogil=True, cache=True)
def _recolour(
    foreground: Floats, background: Floats, near: Floats, step: int, top: int, left: int,
    kinds: Kinds, matrix: Floats, offset: Floats,
) -> None:  # fmt: skip
    half, zero, one = np.float32(0.5), np.float32(0), np.float32(1)
    for row in numba.prange(near.shape[0]):
        y = top + row
        for column in range(near.shape[1]):
            x = left + column
            if kinds[y * step // TILE, x * step // TILE] != BAND:
                continue
            found = near[row, column]
            for n in range(3):
                front, back = offset[n], offset[n]
                for k in range(3):
                    front += matrix[n, k] * min(max(found[k] + half, zero), one)
                    back += matrix[n, k] * min(max(found[3 + k] + half, zero), one)
                foreground[y, x, n], background[y, x, n] = front, back
