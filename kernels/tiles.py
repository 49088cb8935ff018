"""The last net on tiles of the boundary band, pixel by pixel."""

from dataclasses import dataclass

import numba
import numpy as np

from kernels.band import TILE
from kernels.convolve import Weights
from kernels.layout import Layout
from kernels.near import (
    APART,
    FINE_INPUTS,
    GUESSES,
    SIDES,
    SPARE,
    Near,
    Terms,
    logits_of,
    looked_up,
)
from kernels.registers import CHUNK, LANES, linear_chunk, put, relu_chunk
from kernels.squares import VALUES, multiply
from kernels.transforms import OUT, square_found, square_seen
from kernels.types import Alpha, Floats, Numbers, Places, Plane, Planes
from kernels.wanted import Transformed

_SIDE = TILE + 2
"""A tile and a pixel more on every side."""
_WIDE = 24
"""As many pixels of a row are read: a multiple of what vector registers hold."""
_READ = -(-TILE // CHUNK) * CHUNK + 2
"""And as many are kept: those that whole chunks look at."""
_SQUARES = (TILE // OUT) ** 2
"""Squares of a tile (kernels.squares)."""


@dataclass(frozen=True, slots=True, eq=False)
class Spare:
    """What the trunk found: (rows, columns, channels) float32 of half cells.

    The first SPARE channels count; the first half cell is `reach` before that of `near`.
    """

    halves: Floats
    reach: int


def find_in_tiles(
    planes: Planes, layout: Layout, alpha: Alpha, near: Near, spare: Spare, tiles: Places,
    terms: Terms, stem: Weights | Transformed, last: Weights, found: Floats, levels: Floats,
) -> None:  # fmt: skip
    """Run the last net on each pixel of `tiles`.

    alpha: (H, W) float32, the enlarged coarse one; tiles: (n, 2) int32 lattice rows and columns;
    stem: 3 x 3 taps of FINE_INPUTS channels, clipped below 0; last: linear, of these. What is read
    of a pixel: RGB less 0.5, the logit moved by its change, where RGB lies along the line between
    both colours, the confidence times the way from that logit to the line's, the trunk's functions
    of colour, its features; beyond its edge the picture is repeated. found: (n, TILE, TILE, 2)
    float32, filled with the net's first two outputs; levels: (n, TILE, TILE), with the logits.
    Raises ValueError when the layers do not fit one another.
    """
    inputs = stem.inputs if isinstance(stem, Weights) else stem.numbers.shape[2]
    if inputs != FINE_INPUTS or last.inputs != stem.bias.size or last.sides != 1:
        raise ValueError(f"layers of {inputs} and {last.inputs} channels do not fit")
    _find(
        *layout.three(planes), *layout.colour_shifts, *layout.to_rgb(), alpha, near.cells,
        near.step, near.top, near.left, spare.halves, spare.reach, tiles, logits_of(terms),
        None if isinstance(stem, Transformed) else True, stem.numbers.reshape(len(stem.bias), -1),
        stem.bias, last.numbers, last.bias, found, levels,
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
def _store(row: Floats, out: Numbers) -> None:
    for j in range(_READ):
        for n in range(FINE_INPUTS):
            put(out, j * FINE_INPUTS + n, row[n * _WIDE + j])


@numba.njit(nogil=True, cache=True)
def _run_chunks(
    seen: Numbers, stem: Numbers, bias: Floats, last: Numbers, offset: Floats, told: Floats
) -> None:
    """The last net on a tile, in bfloat16. told: LANES outputs of each pixel, written."""
    width = bias.shape[0] * LANES
    hidden = np.empty(CHUNK * width, stem.dtype)
    given = seen.reshape(-1)
    for row in range(TILE):
        for x in range(0, TILE, CHUNK):
            at = (row * _READ + x) * FINE_INPUTS
            for group in range(bias.shape[0]):
                relu_chunk(
                    given, stem[group], bias[group], hidden, at, _READ * FINE_INPUTS, FINE_INPUTS,
                    3, FINE_INPUTS, 0, group * LANES, width,
                )  # fmt: skip
            # What is beyond the row is written over by the next.
            linear_chunk(
                hidden, last[0], offset[0], told, 0, 0, 0, 1, width, 0, (row * TILE + x) * LANES,
                LANES,
            )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _run_squares(
    seen: Numbers, stem: Numbers, bias: Floats, last: Numbers, offset: Floats, told: Floats
) -> None:
    """The same in single precision."""
    groups, many = bias.shape[0], _SQUARES + CHUNK
    width, row = groups * LANES, _READ * FINE_INPUTS
    given, weights, told_stem = seen.reshape(-1), stem.reshape(-1), bias.reshape(-1)
    values = np.empty(VALUES * many * FINE_INPUTS, np.float32)
    found = np.empty(VALUES * many * LANES, np.float32)
    hidden = np.empty((TILE * TILE + CHUNK) * width, np.float32)
    for n in range(_SQUARES):
        y, x = divmod(n, TILE // OUT)
        at = y * OUT * row + x * OUT * FINE_INPUTS
        for c in range(0, FINE_INPUTS, LANES):
            square_seen(
                given, values, at + c, row, FINE_INPUTS, n * FINE_INPUTS + c, many * FINE_INPUTS
            )
    for group in range(groups):
        here = group * VALUES * FINE_INPUTS * LANES
        multiply(values, 0, weights, here, FINE_INPUTS, found, 0, many, _SQUARES)
        for n in range(_SQUARES):
            y, x = divmod(n, TILE // OUT)
            into = (y * OUT * TILE + x * OUT) * width + group * LANES
            square_found(
                found, told_stem, hidden, hidden, n * LANES, many * LANES, group * LANES, into,
                into, TILE * width, width, 0, np.float32(np.inf),
            )  # fmt: skip
    for pixel in range(0, TILE * TILE, CHUNK):
        linear_chunk(
            hidden, last[0], offset[0], told, pixel * width, 0, 0, 1, width, 0, pixel * LANES, LANES
        )


@numba.njit(parallel=True, nogil=True, cache=True)
def _find(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int, matrix: Floats,
    offset: Floats, alpha: Alpha, near: Floats, step: int, top: int, left: int, spare: Floats,
    reach: int, tiles: Places, table: Floats, in_chunks: bool | None, stem: Numbers,
    stem_bias: Floats, last: Numbers, last_bias: Floats, found: Floats, levels: Floats,
) -> None:  # fmt: skip
    height, width = alpha.shape
    part = step // 2
    # Pixels before the first half cell of `spare`.
    up, before = top - reach * part, left - reach * part
    for tile in numba.prange(len(tiles)):
        begin_y, begin_x = tiles[tile, 0] * TILE - 1, tiles[tile, 1] * TILE - 1
        # Rows and columns of cells, and of half cells, around the tile.
        cell_y, cell_x = (begin_y - top) // step - 1, (begin_x - left) // step - 1
        half_y, half_x = (begin_y - up) // part - 1, (begin_x - before) // part - 1
        sides = np.empty((_SIDE // step + 4, SIDES * _WIDE), np.float32)
        lines = np.empty((_SIDE // part + 3, SPARE * _WIDE), np.float32)
        shift = (begin_x - left + 0.5) / step - 0.5 - cell_x
        scratch = np.empty((_WIDE, SIDES), np.float32)
        _across(near, cell_y, cell_x, shift, 1 / step, scratch, sides)
        shift = (begin_x - before + 0.5) / part - 0.5 - half_x
        scratch = np.empty((_WIDE, SPARE), np.float32)
        _across(spare, half_y, half_x, shift, 1 / part, scratch, lines)
        here, wide = np.empty(SIDES * _WIDE, np.float32), np.empty(SPARE * _WIDE, np.float32)
        samples = np.empty(4 * _WIDE, np.float32)
        row = np.empty(FINE_INPUTS * _WIDE, np.float32)
        seen = np.empty((_SIDE, _READ * FINE_INPUTS), stem.dtype)
        for i in range(_SIDE):
            y = min(max(begin_y + i, 0), height - 1)
            _down(sides, (begin_y + i - top + 0.5) / step - 0.5 - cell_y, here)
            _down(lines, (begin_y + i - up + 0.5) / part - 0.5 - half_y, wide)
            for j in range(_WIDE):
                x = min(max(begin_x + j, 0), width - 1)
                samples[j], samples[3 * _WIDE + j] = first[y, x], alpha[y, x]
                samples[_WIDE + j] = second[y >> shift_y, x >> shift_x]
                samples[2 * _WIDE + j] = third[y >> shift_y, x >> shift_x]
            _read(samples, matrix, offset, here, wide, table, row)
            if 0 < i < _SIDE - 1:
                for j in range(TILE):
                    levels[tile, i - 1, j] = row[3 * _WIDE + 1 + j]
            _store(row, seen[i])
        told = np.empty((TILE * TILE + CHUNK) * LANES, np.float32)
        if in_chunks is None:  # so that only one of both is compiled
            _run_squares(seen, stem, stem_bias, last, last_bias, told)
        else:
            _run_chunks(seen, stem, stem_bias, last, last_bias, told)
        for i in range(TILE):
            for j in range(TILE):
                found[tile, i, j, 0] = told[(i * TILE + j) * LANES]
                found[tile, i, j, 1] = told[(i * TILE + j) * LANES + 1]
