"""Scale and move a subject, its colours weighted by alpha so that nothing behind it comes along.

Porter and Duff (1984): colours may be averaged only premultiplied.
"""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, OUTSIDE, TILE
from kernels.cover import covered
from kernels.layout import Layout
from kernels.reach import check_lattice, named
from kernels.resample import Move, Origins, origins
from kernels.types import Alpha, Kinds, Plane, Planes

Line = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
_NOTHING = np.float32(1e-6)
_NEARLY = np.float32(1e-5)
"""Rounding of a sum of weights that means 1."""


def move_subject(
    foreground: Planes, alpha: Alpha, kinds: Kinds, layout: Layout, move: Move
) -> tuple[Planes, Alpha, Kinds]:
    """The subject scaled and moved: its planes, its alpha, and that alpha's lattice.

    foreground: planes as `layout` says; alpha: (H, W) float32 in [0, 1]; kinds: its lattice. Each
    sample is the mean of foreground samples weighted by their own alpha (a chroma sample's is the
    mean of those it covers), so samples of alpha 0 have no part in it. Where no subject is, alpha
    is 0 and the foreground black or colourless. What the move uncovers beyond the picture's border
    has alpha 0. Raises ValueError when shapes disagree.
    """
    check_lattice(alpha, kinds)
    height, width = alpha.shape
    moved, planes = np.empty_like(alpha), []
    weights = {(0, 0): alpha}
    for number, plane in enumerate(foreground):
        shifts = layout.shifts(number)
        if plane.shape != layout.plane_shape(number, height, width) or plane.dtype != layout.dtype:
            raise ValueError(f"plane {number} is {plane.shape} {plane.dtype}, no {layout}")
        if shifts not in weights:
            weights[shifts] = np.empty(plane.shape, np.float32)
            _cover(alpha, kinds, *shifts, weights[shifts])
        rows = origins(height, shifts[0], plane.shape[0], move, 0)
        columns = origins(width, shifts[1], plane.shape[1], move, 1)
        empty = 1 << layout.depth - 1 if layout.model == "yuv" and number else 0
        out = np.empty(plane.shape, plane.dtype)
        _move(
            plane, weights[shifts], _extents(kinds, width) >> shifts[1], shifts[0], rows, columns,
            np.float32(empty), out, moved, number == 0,
        )  # fmt: skip
        planes.append(out)
    return tuple(planes), moved, named(moved)


def _extents(kinds: Kinds, width: int) -> Places:
    """(rows, 2) first and end pixel of what is not OUTSIDE in each lattice row, (width, 0) if all.

    Ends are padded to whole tiles, so that they may be shifted to chroma samples.
    """
    present = np.not_equal(kinds, OUTSIDE)
    first = np.where(present.any(axis=1), present.argmax(axis=1) * TILE, width)
    last = (kinds.shape[1] - present[:, ::-1].argmax(axis=1)) * TILE
    return np.stack([first, np.where(present.any(axis=1), last, 0)], axis=1).astype(np.int64)


@numba.njit(parallel=True, nogil=True, cache=True)
def _cover(alpha: Alpha, kinds: Kinds, shift_y: int, shift_x: int, out: Alpha) -> None:
    tall, wide = TILE >> shift_y, TILE >> shift_x
    for row in numba.prange(kinds.shape[0]):
        top, bottom = row * tall, min((row + 1) * tall, out.shape[0])
        for column in range(kinds.shape[1]):
            left, right = column * wide, min((column + 1) * wide, out.shape[1])
            kind = kinds[row, column]
            for y in range(top, bottom):
                for x in range(left, right):
                    if kind == BAND:
                        out[y, x] = covered(alpha, y, x, shift_y, shift_x)
                    else:
                        out[y, x] = np.float32(kind)


@numba.njit(parallel=True, nogil=True, cache=True)
def _move(
    plane: Plane, weight: Alpha, extents: Places, shift_y: int, rows: Origins, columns: Origins,
    empty: np.float32, out: Plane, moved: Alpha, is_luma: bool,
) -> None:  # fmt: skip
    height, width = plane.shape
    for y in numba.prange(height):
        out[y] = np.uint16(empty)
        if is_luma:
            moved[y] = 0
        top, bottom = rows.first[y], min(rows.first[y] + rows.weights.shape[1], height)
        left, right = width, 0
        for tile in range((top << shift_y) // TILE, ((bottom - 1) << shift_y) // TILE + 1):
            left, right = min(left, extents[tile, 0]), max(right, min(extents[tile, 1], width))
        if rows.inside[y] == 0 or left >= right:
            continue
        total, colour = np.zeros(right - left, np.float32), np.zeros(right - left, np.float32)
        for row in range(top, bottom):
            share = rows.weights[y, row - top]
            _add(plane[row, left:right], weight[row, left:right], share, total, colour)
        found = moved[y] if is_luma else np.empty(width, np.float32)
        _across(total, colour, columns, left, rows.inside[y], found, out[y])


@numba.njit(nogil=True, cache=True)
def _add(plane: Plane, weight: Alpha, share: np.float32, total: Line, colour: Line) -> None:
    for x in range(total.size):
        part = share * weight[x]
        total[x] += part
        colour[x] += part * np.float32(plane[x])


@numba.njit(nogil=True, cache=True)
def _across(
    total: Line, colour: Line, columns: Origins, left: int, inside: np.float32, moved: Line,
    out: Plane,
) -> None:  # fmt: skip
    """Weigh a row's part from `left` on into its moved alpha and samples."""
    taps, one = columns.weights.shape[1], np.float32(1)
    begin = np.searchsorted(columns.first, left - taps + 1)
    end = np.searchsorted(columns.first, left + total.size)
    for x in range(begin, end):
        first = columns.first[x] - left
        share, value = np.float32(0), np.float32(0)
        for tap in range(max(0, -first), min(taps, total.size - first)):
            share += columns.weights[x, tap] * total[first + tap]
            value += columns.weights[x, tap] * colour[first + tap]
        if share > _NOTHING and columns.inside[x] > 0:
            out[x] = np.uint16(value / share + np.float32(0.5))
            moved[x] = (one if share > one - _NEARLY else share) * inside * columns.inside[x]
