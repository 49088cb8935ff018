"""Pixels of the boundary band, each weighed for itself by a net of two layers."""

from dataclasses import dataclass

import numba
import numpy as np

from kernels.band import TILE
from kernels.layout import Layout
from kernels.patches import (
    FINE_INPUTS,
    NEAR,
    POINT_INPUTS,
    SIDES,
    Floats,
    Near,
    Places,
    Terms,
    logits_of,
)
from kernels.pixels import blend_across, blend_down, read_pixels
from kernels.types import Alpha, Plane, Planes


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Two layers, float32: hidden (n, POINT_INPUTS) and (n,), then last (2, n) and (2,).

    n: a multiple of four.
    """

    hidden: Floats
    hidden_bias: Floats
    last: Floats
    last_bias: Floats


def weigh_points(
    planes: Planes, layout: Layout, alpha: Alpha, near: Near, tiles: Places, terms: Terms,
    layers: Layers, found: Floats, levels: Floats,
) -> None:  # fmt: skip
    """Fill `found` with what `layers` make of each pixel of `tiles`.

    alpha: (H, W) float32, the enlarged coarse one; tiles: (n, 2) int32 lattice rows and columns.
    A pixel is told its RGB less 0.5, the logit moved by its change, where RGB lies along the line
    between both colours, the confidence times the way from that logit to the line's, what the
    functions of colour of `near` say, and its features. found: (n, TILE, TILE, 2) float32; levels:
    (n, TILE, TILE) float32, filled with the logits.
    """
    second, third = (planes[0], planes[0]) if layout.count == 1 else planes[1:]
    shift_y, shift_x = layout.shifts(layout.count - 1)
    _weigh(
        planes[0], second, third, shift_y, shift_x, *layout.to_rgb(), alpha, near.cells,
        near.step, near.top, near.left, tiles, logits_of(terms), layers.hidden,
        layers.hidden_bias, layers.last, layers.last_bias, found, levels,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _layers(
    row: Floats, hidden: Floats, hidden_bias: Floats, last: Floats, last_bias: Floats, out: Floats
) -> None:
    """What two layers make of a row of pixels, a channel after the other.

    Four of the hidden values at once: they stay in registers, and each input is read once for all.
    """
    zero = np.float32(0)
    out[:TILE], out[TILE:] = last_bias[0], last_bias[1]
    for k in range(0, hidden.shape[0], 4):
        for j in range(TILE):
            a, b = hidden_bias[k], hidden_bias[k + 1]
            c, d = hidden_bias[k + 2], hidden_bias[k + 3]
            for n in range(POINT_INPUTS):
                told = row[n * TILE + j]
                a += hidden[k, n] * told
                b += hidden[k + 1, n] * told
                c += hidden[k + 2, n] * told
                d += hidden[k + 3, n] * told
            a, b, c, d = max(a, zero), max(b, zero), max(c, zero), max(d, zero)
            for m in range(2):
                out[m * TILE + j] += (
                    last[m, k] * a + last[m, k + 1] * b + last[m, k + 2] * c + last[m, k + 3] * d
                )


@numba.njit(parallel=True, nogil=True, cache=True)
def _weigh(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int, matrix: Floats,
    offset: Floats, alpha: Alpha, near: Floats, step: int, top: int, left: int, tiles: Places,
    table: Floats, hidden: Floats, hidden_bias: Floats, last: Floats, last_bias: Floats,
    found: Floats, levels: Floats,
) -> None:  # fmt: skip
    height, width = alpha.shape
    for tile in numba.prange(tiles.shape[0]):
        begin_y, begin_x = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        cell_y, cell_x = (begin_y - top) // step - 1, (begin_x - left) // step - 1
        cells = np.empty((TILE // step + 3, NEAR * TILE), np.float32)
        shift = (begin_x - left + 0.5) / step - 0.5 - cell_x
        scratch = np.empty((TILE, NEAR), np.float32)
        blend_across(near, cell_y, cell_x, shift, 1 / step, scratch, cells)
        here = np.empty(NEAR * TILE, np.float32)
        samples, row = np.empty(4 * TILE, np.float32), np.empty(FINE_INPUTS * TILE, np.float32)
        out = np.empty(2 * TILE, np.float32)
        for i in range(TILE):
            y = min(begin_y + i, height - 1)
            blend_down(cells, (begin_y + i - top + 0.5) / step - 0.5 - cell_y, here)
            for j in range(TILE):
                x = min(begin_x + j, width - 1)
                samples[j], samples[3 * TILE + j] = first[y, x], alpha[y, x]
                samples[TILE + j] = second[y >> shift_y, x >> shift_x]
                samples[2 * TILE + j] = third[y >> shift_y, x >> shift_x]
            sides, lines = here[: SIDES * TILE], here[SIDES * TILE :]
            read_pixels(samples, matrix, offset, sides, lines, table, row)
            _layers(row, hidden, hidden_bias, last, last_bias, out)
            for j in range(TILE):
                levels[tile, i, j] = row[3 * TILE + j]
                found[tile, i, j, 0], found[tile, i, j, 1] = out[j], out[TILE + j]
