"""Square patches of a picture around the boundary band, as a net on pixels reads them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, TILE
from kernels.layout import Layout
from kernels.refine import bilinear_tap
from kernels.types import Alpha, Kinds, Plane, Planes

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.uint32]

CORE = 4 * TILE
"""Side of the part of a patch that is kept; patches lie on a lattice of this."""
GUESSES = 2
"""Linear functions of colour that a pixel is given; a constant, so that loops over it unroll."""
_WIDE = 7 + 4 * GUESSES
_STEPS = 2048


@dataclass(frozen=True, slots=True)
class Terms:
    """How pixels are told to a net: logits of alpha squeezed to [edge, 1 - edge] times `scale`;
    `apart`, the squared distance of two colours below which a projection fades."""

    edge: float
    scale: float
    apart: float


def patches_of(kinds: Kinds) -> npt.NDArray[np.int32]:
    """(n, 2) int32 rows and columns of the CORE lattice's squares that hold a BAND tile."""
    side = CORE // TILE
    rows, columns = -(-kinds.shape[0] // side), -(-kinds.shape[1] // side)
    padded = np.zeros((rows * side, columns * side), np.bool_)
    padded[: kinds.shape[0], : kinds.shape[1]] = kinds == BAND
    found = padded.reshape(rows, side, columns, side).any(axis=(1, 3))
    return np.argwhere(found).astype(np.int32)


def gather_fine(
    planes: Planes, layout: Layout, coarse: Alpha, cells: Floats, step: int,
    patches: npt.NDArray[np.int32], reach: int, terms: Terms, out: Floats,
) -> None:  # fmt: skip
    """Fill `out` with what a net reads at each pixel of `patches` and `reach` pixels around.

    cells: (rows, columns, 7 + 4 GUESSES) float32 on cells of `step` pixels, blended bilinearly:
    the subject's and the scene's RGB, what confidence they deserve, then GUESSES times the slopes
    and offset of a linear function of RGB, all RGB less 0.5. out: (len(patches), S, S, 7 +
    GUESSES) float32, S = CORE + 2 reach: RGB less 0.5, logit of the enlarged coarse alpha, where
    RGB lies along the line between both colours and how far off it, the confidence times the way
    from that logit to the line's, then the functions. Beyond its edge the picture is repeated.
    """
    second, third = (planes[0], planes[0]) if layout.count == 1 else planes[1:]
    shift_y, shift_x = layout.shifts(layout.count - 1)
    _gather(
        planes[0], second, third, shift_y, shift_x, *layout.to_rgb(), coarse, cells, step,
        patches, reach, _logits(terms), np.float32(terms.apart), out,
    )  # fmt: skip


def gather_soft(
    cells: Floats, step: int, patches: npt.NDArray[np.int32], reach: int, out: Floats
) -> None:
    """Fill `out` with `cells` at half the resolution of the pixels of `patches`.

    cells: (rows, columns, n) float32 on cells of `step` pixels; out: (len(patches), S / 2, S / 2,
    n) float32, S = CORE + 2 reach.
    """
    _soften(cells, step, patches, reach, out)


@lru_cache
def _logits(terms: Terms) -> Floats:
    """The net's logits of evenly spaced alphas, and the way to the next; blended they are exact
    to 3e-6 in alpha, and ten times as fast as logarithms."""
    alphas = np.linspace(0, 1, _STEPS + 1) * (1 - 2 * terms.edge) + terms.edge
    logits = np.log(alphas / (1 - alphas)) * terms.scale
    return np.stack([logits, np.append(np.diff(logits), 0)], axis=1).astype(np.float32)


@numba.njit(nogil=True, cache=True)
def _row_of_cells(cells: Floats, position: np.float32, first: int, row: Floats) -> None:
    """Blend the rows of cells around `position`, columns from `first` on; the edge repeats."""
    rows, columns = cells.shape[:2]
    inside = min(max(position, np.float32(0)), np.float32(rows - 1))
    upper = int(inside)
    lower, share = min(upper + 1, rows - 1), np.float32(inside - np.float32(upper))
    for j in range(row.shape[0]):
        column = min(max(first + j, 0), columns - 1)
        for n in range(row.shape[1]):
            above = cells[upper, column, n]
            row[j, n] = above + (cells[lower, column, n] - above) * share


@numba.njit(nogil=True, cache=True)
def _columns(
    left: int, side: int, width: int, step: int, begin: int, columns: int
) -> tuple[Whole, Floats]:
    """For each pixel of a row from `left` on, where it lies.

    Returns (4, side) uint32: its column in the picture, the cell before it counted from `begin`,
    the coarse alphas before and after it; (2, side) float32: the shares of the next cell and of
    the coarse alpha after it. Unsigned, so that numba need not look for negative indices.
    """
    places, shares = np.empty((4, side), np.uint32), np.empty((2, side), np.float32)
    half = np.float32(0.5)
    for j in range(side):
        x = min(max(left + j, 0), width - 1)
        at = (np.float32(x) + half) / np.float32(step) - half - np.float32(begin)
        places[0, j], places[1, j] = x, np.uint32(at)
        near, far, share = bilinear_tap((x + 0.5) * columns / width, columns)
        places[2, j], places[3, j] = near, far
        shares[0, j], shares[1, j] = at - np.float32(places[1, j]), share
    return places, shares


@numba.njit(nogil=True, cache=True, inline="always")
def _looked_up(table: Floats, alpha: np.float32) -> Any:
    at = alpha * np.float32(_STEPS)
    whole = np.uint32(at)
    return table[whole, 0] + table[whole, 1] * (at - np.float32(whole))


@numba.njit(parallel=True, nogil=True, cache=True)
def _gather(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int,
    matrix: Floats, offset: Floats, coarse: Alpha, cells: Floats, step: int,
    patches: npt.NDArray[np.int32], reach: int, logits: Floats, apart: np.float32, out: Floats,
) -> None:  # fmt: skip
    height, width = first.shape
    rows, columns = coarse.shape
    side = out.shape[1]
    half, one, zero, two = np.float32(0.5), np.float32(1), np.float32(0), np.float32(2)
    for patch in numba.prange(out.shape[0]):
        left = patches[patch, 1] * CORE - reach
        begin = left // step - 1
        places, shares = _columns(left, side, width, step, begin, columns)
        row = np.empty((side // step + 4, _WIDE), np.float32)
        here = np.empty(_WIDE, np.float32)
        for i in range(side):
            y = min(max(patches[patch, 0] * CORE - reach + i, 0), height - 1)
            _row_of_cells(cells, (np.float32(y) + half) / np.float32(step) - half, begin, row)
            upper, lower, v = bilinear_tap((y + 0.5) * rows / height, rows)
            luma, above, below = first[y], coarse[upper], coarse[lower]
            red, blue = second[y >> shift_y], third[y >> shift_y]
            for j in range(side):
                near, share = places[1, j], shares[0, j]
                for n in range(_WIDE):
                    here[n] = row[near, n] + (row[near + np.uint32(1), n] - row[near, n]) * share
                x = places[0, j]
                a, b, c = (
                    np.float32(luma[x]),
                    np.float32(red[x >> shift_x]),
                    np.float32(blue[x >> shift_x]),
                )
                pixel = out[patch, i, j]
                length, along = zero, zero
                for n in range(3):
                    value = matrix[n, 0] * a + matrix[n, 1] * b + matrix[n, 2] * c
                    value += offset[n] - half
                    pixel[n] = value
                    between = here[n] - here[3 + n]
                    length += between * between
                    along += (value - here[3 + n]) * between
                along = min(max(along / (length + apart), -half), one + half)
                off = np.float32(1e-6)
                for n in range(3):
                    rest = pixel[n] - here[3 + n] - along * (here[n] - here[3 + n])
                    off += rest * rest
                pixel[4], pixel[5] = along - half, np.sqrt(off) * two
                for n in range(GUESSES):
                    k = 7 + 4 * n
                    guess = here[k] * pixel[0] + here[k + 1] * pixel[1] + here[k + 2] * pixel[2]
                    pixel[7 + n] = guess + here[k + 3]
                near, far, u = places[2, j], places[3, j], shares[1, j]
                top = above[near] + (above[far] - above[near]) * u
                value = top + (below[near] + (below[far] - below[near]) * u - top) * v
                pixel[3] = _looked_up(logits, min(max(value, zero), one))
                told = _looked_up(logits, min(max(along, zero), one))
                pixel[6] = here[6] * (told - pixel[3])


@numba.njit(parallel=True, nogil=True, cache=True)
def _soften(
    cells: Floats, step: int, patches: npt.NDArray[np.int32], reach: int, out: Floats
) -> None:
    side = out.shape[1]
    half = np.float32(0.5)
    scale = np.float32(2 / step)
    columns = cells.shape[1]
    for index in numba.prange(out.shape[0] * side):
        patch, i = index // side, index % side
        top = (patches[patch, 0] * CORE - reach) // 2
        left = (patches[patch, 1] * CORE - reach) // 2
        begin = (2 * left) // step - 1
        row = np.empty((2 * side // step + 4, cells.shape[2]), np.float32)
        _row_of_cells(cells, (np.float32(top + i) + half) * scale - half, begin, row)
        for j in range(side):
            at = (np.float32(left + j) + half) * scale - half
            at = min(max(at, np.float32(0)), np.float32(columns - 1)) - np.float32(begin)
            near = int(at)
            share = at - np.float32(near)
            for n in range(cells.shape[2]):
                out[patch, i, j, n] = row[near, n] + (row[near + 1, n] - row[near, n]) * share
