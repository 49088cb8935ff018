"""Tiles of the boundary band, pixel by pixel, as the last net reads them."""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE
from kernels.layout import Layout
from kernels.patches import (
    APART,
    CORE,
    FINE_INPUTS,
    GUESSES,
    SIDES,
    SPARE,
    Floats,
    Near,
    Places,
    Terms,
    logits_of,
    looked_up,
)
from kernels.types import Alpha, Plane, Planes

SIDE = TILE + 2
"""A tile and a pixel more on every side."""
_WIDE = 24
"""As many pixels of a row are computed: a multiple of what vector registers hold."""


def gather_fine(
    planes: Planes, layout: Layout, alpha: Alpha, near: Near, spare: Floats, patch_at: Places,
    tiles: Places, terms: Terms, out: npt.NDArray[Any], levels: Floats,
) -> None:  # fmt: skip
    """Fill `out` with what the last net reads at each pixel of `tiles` and one pixel around.

    alpha: (H, W) float32, the enlarged coarse one; spare: (patches, CORE + 2, CORE + 2, SPARE)
    float32, what the trunk found in each patch and one half cell around; patch_at: int32 on the
    CORE lattice, the number of the patch there; tiles: (n, 2) int32 lattice rows and columns.
    out: (n, SIDE, SIDE, FINE_INPUTS) float32, or the bits of bfloat16 as uint16: RGB less 0.5, the
    logit moved by its change, where RGB lies along the line between both colours, the confidence
    times the way from that logit to the line's, the trunk's functions of colour, its features.
    levels: (n, TILE, TILE) float32, filled with the logits. Beyond its edge the picture is
    repeated. Raises ValueError on another type of `out`.
    """
    if out.dtype not in (np.float32, np.uint16):
        raise ValueError(f"out must be float32 or the bits of bfloat16, got {out.dtype}")
    second, third = (planes[0], planes[0]) if layout.count == 1 else planes[1:]
    shift_y, shift_x = layout.shifts(layout.count - 1)
    _gather(
        planes[0], second, third, shift_y, shift_x, *layout.to_rgb(), alpha, near.cells,
        near.step, near.top, near.left, spare, patch_at, tiles, logits_of(terms), out,
        out.dtype == np.uint16, levels,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _shares(shift: float, pace: float, shares: Floats) -> None:
    """How much each of a few columns counts in each of SIDE pixels, `pace` apart from `shift` on.

    shares: (columns, SIDE), written.
    """
    shares[:] = 0
    for j in range(_WIDE):
        position = shift + j * pace
        before = int(position)
        far = np.float32(position - before)
        shares[before, j] += np.float32(1) - far
        shares[min(before + 1, shares.shape[0] - 1), j] += far


@numba.njit(nogil=True, cache=True)
def _across(cells: Floats, top: int, first: int, shares: Floats, out: Floats) -> None:
    """Blend columns of cells from `first` on into pixels, for as many rows as `out` has.

    out: (rows, channels, SIDE); its first row is row `top` of `cells`; the edge of these repeats.
    """
    rows, columns = cells.shape[:2]
    for i in range(out.shape[0]):
        row = min(max(top + i, 0), rows - 1)
        for n in range(out.shape[1]):
            into = out[i, n]
            into[:] = 0
            for column in range(shares.shape[0]):
                value = cells[row, min(max(first + column, 0), columns - 1), n]
                for j in range(_WIDE):
                    into[j] += value * shares[column, j]


@numba.njit(nogil=True, cache=True, inline="always")
def _down(rows: Floats, position: float, out: Floats) -> None:
    """Blend the two flat `rows` around `position`."""
    upper = int(position)
    share = np.float32(position - upper)
    above, below = rows[upper], rows[min(upper + 1, rows.shape[0] - 1)]
    for n in range(out.shape[0]):
        out[n] = above[n] + (below[n] - above[n]) * share


@numba.njit(nogil=True, cache=True, inline="always")
def _read(
    samples: Floats, matrix: Floats, offset: Floats, sides: Floats, lines: Floats, table: Floats,
    row: Floats,
) -> None:  # fmt: skip
    """What SIDE pixels tell, a channel at a time so that all of them are computed at once.

    samples: (4, SIDE), the planes' and alpha; sides, lines: (SIDES, SIDE), (SPARE, SIDE); row:
    (FINE_INPUTS, SIDE), written.
    """
    half, one, zero = np.float32(0.5), np.float32(1), np.float32(0)
    for n in range(3):
        a, b, c, d = matrix[n, 0], matrix[n, 1], matrix[n, 2], offset[n] - half
        for j in range(_WIDE):
            row[n, j] = a * samples[0, j] + b * samples[1, j] + c * samples[2, j] + d
    for j in range(_WIDE):
        along, length = zero, APART
        for n in range(3):
            between = sides[n, j] - sides[3 + n, j]
            length += between * between
            along += (row[n, j] - sides[3 + n, j]) * between
        row[4, j] = min(max(along / length, -half), one + half)
    for j in range(_WIDE):
        row[3, j] = looked_up(table, samples[3, j]) + sides[7, j]
        told = looked_up(table, min(max(row[4, j], zero), one))
        row[5, j] = sides[6, j] * (told - row[3, j])
    for j in range(_WIDE):
        row[4, j] -= half
    for n in range(GUESSES):
        k = 4 * n
        for j in range(_WIDE):
            guess = lines[k, j] * row[0, j] + lines[k + 1, j] * row[1, j]
            row[6 + n, j] = guess + lines[k + 2, j] * row[2, j] + lines[k + 3, j]
    for n in range(SPARE - 4 * GUESSES):
        row[6 + GUESSES + n] = lines[4 * GUESSES + n]


@numba.njit(nogil=True, cache=True, inline="always")
def _store(row: Floats, out: Floats) -> None:
    for j in range(SIDE):
        for n in range(FINE_INPUTS):
            out[j, n] = row[n, j]


@numba.njit(nogil=True, cache=True, inline="always")
def _store_half(row: npt.NDArray[np.uint32], out: npt.NDArray[np.uint16]) -> None:
    """The bits of float32 rounded to those of bfloat16, the nearest, ties to even."""
    for j in range(SIDE):
        for n in range(FINE_INPUTS):
            bits = row[n, j]
            odd = (bits >> np.uint32(16)) & np.uint32(1)
            out[j, n] = np.uint16((bits + np.uint32(0x7FFF) + odd) >> np.uint32(16))


@numba.njit(parallel=True, nogil=True, cache=True)
def _gather(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int, matrix: Floats,
    offset: Floats, alpha: Alpha, near: Floats, step: int, top: int, left: int, spare: Floats,
    patch_at: Places, tiles: Places, table: Floats, out: npt.NDArray[Any], halve: bool,
    levels: Floats,
) -> None:  # fmt: skip
    height, width = alpha.shape
    part = step // 2
    core = CORE * part
    for tile in numba.prange(out.shape[0]):
        begin_y, begin_x = tiles[tile, 0] * TILE - 1, tiles[tile, 1] * TILE - 1
        patch_y, patch_x = (begin_y + 1) // core, (begin_x + 1) // core
        # Rows and columns of cells, and of half cells within the patch, around the tile.
        cell_y, cell_x = (begin_y - top) // step - 1, (begin_x - left) // step - 1
        half_y = (begin_y - patch_y * core) // part - 1
        half_x = (begin_x - patch_x * core) // part - 1
        sides = np.empty((SIDE // step + 4, SIDES * _WIDE), np.float32)
        lines = np.empty((SIDE // part + 3, SPARE * _WIDE), np.float32)
        shares = np.empty((_WIDE // step + 4, _WIDE), np.float32)
        _shares((begin_x - left + 0.5) / step - 0.5 - cell_x, 1 / step, shares)
        _across(near, cell_y, cell_x, shares, sides.reshape(-1, SIDES, _WIDE))
        shares = np.empty((_WIDE // part + 3, _WIDE), np.float32)
        _shares((begin_x - patch_x * core + 0.5) / part - 0.5 - half_x, 1 / part, shares)
        within = spare[patch_at[patch_y, patch_x]]
        _across(within, half_y + 1, half_x + 1, shares, lines.reshape(-1, SPARE, _WIDE))
        here, wide = np.empty(SIDES * _WIDE, np.float32), np.empty(SPARE * _WIDE, np.float32)
        samples = np.empty((4, _WIDE), np.float32)
        row = np.empty((FINE_INPUTS, _WIDE), np.float32)
        for i in range(SIDE):
            y = min(max(begin_y + i, 0), height - 1)
            _down(sides, (begin_y + i - top + 0.5) / step - 0.5 - cell_y, here)
            _down(lines, (begin_y + i - patch_y * core + 0.5) / part - 0.5 - half_y, wide)
            for j in range(_WIDE):
                x = min(max(begin_x + j, 0), width - 1)
                samples[0, j], samples[3, j] = first[y, x], alpha[y, x]
                samples[1, j] = second[y >> shift_y, x >> shift_x]
                samples[2, j] = third[y >> shift_y, x >> shift_x]
            sided, lined = here.reshape(SIDES, _WIDE), wide.reshape(SPARE, _WIDE)
            _read(samples, matrix, offset, sided, lined, table, row)
            if 0 < i < SIDE - 1:
                levels[tile, i - 1] = row[3, 1 : SIDE - 1]
            if halve:
                _store_half(row.view(np.uint32), out[tile, i])
            else:
                _store(row, out[tile, i])
