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
    _gather(
        *layout.three(planes), *layout.colour_shifts, *layout.to_rgb(), alpha, near.cells,
        near.step, near.top, near.left, spare, patch_at, tiles, logits_of(terms), out,
        out.dtype == np.uint16, levels,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _across(
    cells: Floats, top: int, first: int, shift: float, pace: float, blended: Floats, out: Floats
) -> None:
    """Blend columns of cells into pixels, for as many rows of cells as `out` has.

    out: (rows, channels * _WIDE), a channel after the other; its first row is row `top` of
    `cells`, its pixels lie `pace` apart from `shift` on, in columns counted from `first`; the edge
    of `cells` repeats. blended: (_WIDE, channels), for scratch.
    """
    rows, columns = cells.shape[:2]
    for i in range(out.shape[0]):
        row = cells[min(max(top + i, 0), rows - 1)]
        for j in range(_WIDE):
            position = shift + j * pace
            before = int(position)
            share = np.float32(position - before)
            near = row[min(max(first + before, 0), columns - 1)]
            far = row[min(max(first + before + 1, 0), columns - 1)]
            for n in range(blended.shape[1]):
                blended[j, n] = near[n] + (far[n] - near[n]) * share
        for n in range(blended.shape[1]):
            for j in range(_WIDE):
                out[i, n * _WIDE + j] = blended[j, n]


@numba.njit(nogil=True, cache=True, inline="always")
def _down(rows: Floats, position: float, out: Floats) -> None:
    """Blend the two `rows` around `position`."""
    upper = int(position)
    share = np.float32(position - upper)
    above, below = rows[upper], rows[min(upper + 1, rows.shape[0] - 1)]
    for n in range(out.shape[0]):
        out[n] = above[n] + (below[n] - above[n]) * share


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _read(
    samples: Floats, matrix: Floats, offset: Floats, sides: Floats, lines: Floats, table: Floats,
    row: Floats,
) -> None:  # fmt: skip
    """What a row of pixels tells, a channel after the other.

    In flat arrays, so that compilers see that nothing overlaps, and compute many pixels at once.
    samples: the three planes' and alpha; sides, lines: SIDES and SPARE channels; row: FINE_INPUTS
    channels, written.
    """
    half, one = np.float32(0.5), np.float32(1)
    a, b, c, d = matrix[0, 0], matrix[0, 1], matrix[0, 2], offset[0] - half
    e, f, g, h = matrix[1, 0], matrix[1, 1], matrix[1, 2], offset[1] - half
    k, m, n, o = matrix[2, 0], matrix[2, 1], matrix[2, 2], offset[2] - half
    for j in range(_WIDE):
        x, y, z = samples[j], samples[_WIDE + j], samples[2 * _WIDE + j]
        red, green, blue = (
            a * x + b * y + c * z + d,
            e * x + f * y + g * z + h,
            k * x + m * y + n * z + o,
        )
        row[j], row[_WIDE + j], row[2 * _WIDE + j] = red, green, blue
        x, y, z = sides[3 * _WIDE + j], sides[4 * _WIDE + j], sides[5 * _WIDE + j]
        red, green, blue = red - x, green - y, blue - z
        x, y, z = sides[j] - x, sides[_WIDE + j] - y, sides[2 * _WIDE + j] - z
        along = (red * x + green * y + blue * z) / (APART + x * x + y * y + z * z)
        row[4 * _WIDE + j] = min(max(along, -half), one + half)
    for j in range(_WIDE):
        level = looked_up(table, samples[3 * _WIDE + j]) + sides[7 * _WIDE + j]
        told = looked_up(table, row[4 * _WIDE + j])
        row[3 * _WIDE + j], row[5 * _WIDE + j] = level, sides[6 * _WIDE + j] * (told - level)
    for j in range(_WIDE):
        row[4 * _WIDE + j] -= half
    for guess in range(GUESSES):
        into, of = (6 + guess) * _WIDE, 4 * guess * _WIDE
        for j in range(_WIDE):
            value = lines[of + j] * row[j] + lines[of + _WIDE + j] * row[_WIDE + j]
            value += lines[of + 2 * _WIDE + j] * row[2 * _WIDE + j]
            row[into + j] = value + lines[of + 3 * _WIDE + j]
    for j in range((SPARE - 4 * GUESSES) * _WIDE):
        row[(6 + GUESSES) * _WIDE + j] = lines[4 * GUESSES * _WIDE + j]


@numba.njit(nogil=True, cache=True)
def _halve(row: npt.NDArray[np.uint32], halves: npt.NDArray[np.uint16]) -> None:
    """The bits of float32 rounded to those of bfloat16, the nearest, ties to even."""
    for n in range(row.shape[0]):
        odd = (row[n] >> np.uint32(16)) & np.uint32(1)
        halves[n] = np.uint16((row[n] + np.uint32(0x7FFF) + odd) >> np.uint32(16))


@numba.njit(nogil=True, cache=True, inline="always")
def _store(row: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
    for j in range(SIDE):
        for n in range(FINE_INPUTS):
            out[j, n] = row[n * _WIDE + j]


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
        shift = (begin_x - left + 0.5) / step - 0.5 - cell_x
        scratch = np.empty((_WIDE, SIDES), np.float32)
        _across(near, cell_y, cell_x, shift, 1 / step, scratch, sides)
        within = spare[patch_at[patch_y, patch_x]]
        shift = (begin_x - patch_x * core + 0.5) / part - 0.5 - half_x
        scratch = np.empty((_WIDE, SPARE), np.float32)
        _across(within, half_y + 1, half_x + 1, shift, 1 / part, scratch, lines)
        here, wide = np.empty(SIDES * _WIDE, np.float32), np.empty(SPARE * _WIDE, np.float32)
        samples = np.empty(4 * _WIDE, np.float32)
        row = np.empty(FINE_INPUTS * _WIDE, np.float32)
        halves = np.empty(FINE_INPUTS * _WIDE, np.uint16)
        for i in range(SIDE):
            y = min(max(begin_y + i, 0), height - 1)
            _down(sides, (begin_y + i - top + 0.5) / step - 0.5 - cell_y, here)
            _down(lines, (begin_y + i - patch_y * core + 0.5) / part - 0.5 - half_y, wide)
            for j in range(_WIDE):
                x = min(max(begin_x + j, 0), width - 1)
                samples[j], samples[3 * _WIDE + j] = first[y, x], alpha[y, x]
                samples[_WIDE + j] = second[y >> shift_y, x >> shift_x]
                samples[2 * _WIDE + j] = third[y >> shift_y, x >> shift_x]
            _read(samples, matrix, offset, here, wide, table, row)
            if 0 < i < SIDE - 1:
                levels[tile, i - 1] = row[3 * _WIDE + 1 : 3 * _WIDE + SIDE - 1]
            if halve:
                _halve(row.view(np.uint32), halves)
                _store(halves, out[tile, i])
            else:
                _store(row, out[tile, i])
