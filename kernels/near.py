"""Half cells around the boundary band, as a net that works there reads them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.registers import CHUNK, put
from kernels.types import Alpha, Floats, Numbers, Places, Plane, Planes

GUESSES = 2
"""Linear functions of colour that a pixel is given; a constant, so that loops over it unroll."""
BESIDE = 7
"""Features beside them that the trunk is given of a cell."""
SPARE = 4 * GUESSES + 8
"""Channels that the trunk hands down: functions of colour, then features."""
SIDES = 8
"""Channels that every net after the context is given: see Near."""
NEAR = SIDES + 4 * GUESSES + BESIDE + 1
"""Channels of Near, the last one idle: vector registers take a multiple of eight."""
TRUNK_INPUTS = 7 + GUESSES + BESIDE
FINE_INPUTS = 6 + SPARE - 3 * GUESSES
APART = np.float32(1e-3)
"""Squared distance between both sides' colours below which the projection fades."""
_STEPS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """What is known of cells of `step` pixels, to be read between them.

    cells: (rows, columns, NEAR) float32: both sides' RGB less 0.5, what confidence they deserve,
    the change of the logit, then GUESSES times the slopes and offset of a linear function of RGB
    less 0.5, then BESIDE features. top, left: pixels before the first cell, multiples of `step`;
    beyond its edge the last cell is repeated.
    """

    cells: Floats
    step: int
    top: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How alpha is told to a net: its logit, squeezed to [edge, 1 - edge], times `scale`."""

    edge: float
    scale: float


def gather_trunk(
    small: Planes, layout: Layout, alpha: Alpha, near: Near, chunks: Places, reach: int,
    margin: int, terms: Terms, out: Numbers,
) -> None:  # fmt: skip
    """Fill the `chunks` of map `out` with what the trunk reads at half cells.

    small: planes of one size, one sample a half cell; alpha: (H, W) float32, the enlarged coarse
    one; chunks: as kernels.convolve.chunks_of gives them; out: a map of TRUNK_INPUTS channels, with
    `margin`, of the half cells of `near` and `reach` more on every side: RGB less 0.5, the logit
    moved by its change, where RGB lies along the line between both colours and how far off it, the
    confidence times the way from that logit to the line's, the functions, the features. Beyond its
    edge the picture is repeated.
    """
    _gather(
        *layout.three(small), *layout.to_rgb(), alpha, near.cells, near.step // 2,
        2 * near.top // near.step, 2 * near.left // near.step, chunks, reach, margin,
        logits_of(terms), out,
    )  # fmt: skip


@lru_cache
def logits_of(terms: Terms) -> Floats:
    """The net's logits of evenly spaced alphas, and the way to the next; blended they are exact
    to 3e-6 in alpha, and ten times as fast as logarithms."""
    alphas = np.linspace(0, 1, _STEPS + 1) * (1 - 2 * terms.edge) + terms.edge
    return tabled(np.log(alphas / (1 - alphas)) * terms.scale)


def tabled(values: npt.NDArray[np.float64]) -> Floats:
    """`values`, evenly spaced over [0, 1], for `looked_up`: each, and the way to the next."""
    return np.stack([values, np.append(np.diff(values), 0)], axis=1).astype(np.float32)


@numba.njit(nogil=True, cache=True, inline="always")
def looked_up(table: Floats, share: np.float32) -> Any:
    """`table`, as `tabled` gives it, between its entries; `share` is clipped to [0, 1]."""
    # The order matters: what is not a number must not become a place beyond the table.
    at = min(max(np.float32(0), share), np.float32(1)) * np.float32(table.shape[0] - 1)
    whole = np.uint32(at)
    return table[whole, 0] + table[whole, 1] * (at - np.float32(whole))


@numba.njit(nogil=True, cache=True)
def blend_rows(cells: Floats, position: float, first: int, row: Floats) -> None:
    """Fill `row` with cells around row `position`, columns from `first` on; the edge repeats."""
    rows, columns = cells.shape[:2]
    inside = min(max(position, 0.0), rows - 1.0)
    upper = int(inside)
    lower, share = min(upper + 1, rows - 1), np.float32(inside - upper)
    for j in range(row.shape[0]):
        column = min(max(first + j, 0), columns - 1)
        for n in range(row.shape[1]):
            above = cells[upper, column, n]
            row[j, n] = above + (cells[lower, column, n] - above) * share


@numba.njit(nogil=True, cache=True, inline="always")
def _place(pixel: Floats, here: Floats, level: np.float32, table: Floats) -> Any:
    """Where the RGB of `pixel` lies between the colours of `here`: (along, urged, squared way off).

    urged: the confidence times the way from `level` to the logit of along.
    """
    half, one, zero = np.float32(0.5), np.float32(1), np.float32(0)
    along, length, above = zero, zero, zero
    for n in range(3):
        between, value = here[n] - here[3 + n], pixel[n] - here[3 + n]
        length += between * between
        along += value * between
        above += value * value
    along /= length + APART
    clipped = min(max(along, -half), one + half)
    off = above - clipped * ((along + along) * (length + APART) - clipped * length)
    told = looked_up(table, clipped)
    return clipped, here[6] * (told - level), max(off, zero)


@numba.njit(nogil=True, cache=True, inline="always")
def _mean(alpha: Alpha, y: int, x: int, part: int) -> Any:
    """Of the `part` x `part` pixels of half cell (y, x) that the picture has."""
    total, count = np.float32(0), np.float32(0)
    for down in range(y * part, min(y * part + part, alpha.shape[0])):
        for across in range(x * part, min(x * part + part, alpha.shape[1])):
            total += alpha[down, across]
            count += np.float32(1)
    return total / count


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _read(pixel: Floats, here: Floats, mean: np.float32, table: Floats) -> None:
    """Complete `pixel`, whose RGB is there."""
    level = looked_up(table, mean) + here[7]
    along, urged, off = _place(pixel, here, level, table)
    pixel[3], pixel[4], pixel[6] = level, along - np.float32(0.5), urged
    pixel[5] = np.sqrt(off + np.float32(1e-6)) * np.float32(2)
    for n in range(GUESSES):
        k = SIDES + 4 * n
        guess = here[k] * pixel[0] + here[k + 1] * pixel[1] + here[k + 2] * pixel[2]
        pixel[7 + n] = guess + here[k + 3]
    for n in range(BESIDE):
        pixel[7 + GUESSES + n] = here[SIDES + 4 * GUESSES + n]


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _gather(
    first: Plane, second: Plane, third: Plane, matrix: Floats, offset: Floats, alpha: Alpha,
    near: Floats, part: int, top: int, left: int, chunks: Places, reach: int, margin: int,
    table: Floats, out: Numbers,
) -> None:  # fmt: skip
    rows, columns = first.shape
    half, flat = np.float32(0.5), out.reshape(-1)
    for number in numba.prange(len(chunks)):
        down, across = chunks[number, 0] - reach, chunks[number, 1] - reach
        begin = across // 2 - 1
        row = np.empty((CHUNK // 2 + 3, NEAR), np.float32)
        here, pixel = np.empty(NEAR, np.float32), np.empty(TRUNK_INPUTS, np.float32)
        blend_rows(near, down / 2 - 0.25, begin, row)
        y = min(max(top + down, 0), rows - 1)
        for j in range(CHUNK):
            position = (across + j) / 2 - 0.25 - begin
            before = np.uint32(position)
            share = np.float32(position - before)
            for n in range(NEAR):
                here[n] = row[before, n] + (row[before + 1, n] - row[before, n]) * share
            x = min(max(left + across + j, 0), columns - 1)
            a, b, c = np.float32(first[y, x]), np.float32(second[y, x]), np.float32(third[y, x])
            for n in range(3):
                value = matrix[n, 0] * a + matrix[n, 1] * b + matrix[n, 2] * c
                pixel[n] = value + offset[n] - half
            _read(pixel, here, _mean(alpha, y, x, part), table)
            at = chunks[number, 0] + margin, chunks[number, 1] + margin + j
            into = (at[0] * out.shape[1] + at[1]) * out.shape[2]
            for n in range(TRUNK_INPUTS):
                put(flat, into + n, pixel[n])
