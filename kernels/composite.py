"""Lay a foreground over a background in the source's own planes (Porter and Duff 1984, over)."""

from collections.abc import Sequence

import numba
import numpy as np

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.cover import cover, covered
from kernels.layout import Layout
from kernels.types import Alpha, Kinds, Plane, Planes


def composite(
    foreground: Planes,
    background: Planes,
    alpha: Alpha,
    kinds: Kinds,
    layout: Layout,
    out: Sequence[Plane] | None = None,
) -> Planes:
    """Blend `foreground` over `background`, plane by plane, each at its own resolution.

    foreground, background: planes as `layout` says; alpha: (H, W) float32 in [0, 1]; kinds: its
    lattice; out: written and returned. A sample whose alpha is 1 equals the foreground's bit for
    bit, one whose alpha is 0 the background's; between, it rounds half up. A chroma sample's
    alpha is the mean of the alphas it covers.
    Raises ValueError when shapes disagree.
    """
    out = _prepared(foreground, background, alpha, kinds, layout, out)
    for number, target in enumerate(out):
        shift_y, shift_x = layout.shifts(number)
        _blend(foreground[number], background[number], alpha, kinds, shift_y, shift_x, target)
    return tuple(out)


def cut(
    foreground: Planes,
    blank: Planes,
    alpha: Alpha,
    kinds: Kinds,
    layout: Layout,
    out: Sequence[Plane] | None = None,
    foreground_known: bool = True,
) -> Planes:
    """Straight (not premultiplied) colour: `foreground` wherever the band reaches, else `blank`.

    Arguments as for `composite`. Band tiles keep the foreground even where alpha is 0, so that
    an editor's interpolation and chroma subsampling meet the subject's colour, never the room's:
    the foreground there is an estimate that holds no background. Where it could not be estimated
    (foreground_known False) it is the picture, so samples whose own alpha is 0 are blank.
    """
    out = _prepared(foreground, blank, alpha, kinds, layout, out)
    for number, target in enumerate(out):
        shift_y, shift_x = layout.shifts(number)
        _select(
            foreground[number], blank[number], alpha, kinds, shift_y, shift_x, foreground_known,
            target,
        )  # fmt: skip
    return tuple(out)


def _prepared(
    foreground: Planes,
    background: Planes,
    alpha: Alpha,
    kinds: Kinds,
    layout: Layout,
    out: Sequence[Plane] | None,
) -> Sequence[Plane]:
    height, width = alpha.shape
    if kinds.shape != lattice(height, width):
        raise ValueError(f"kinds must be {lattice(height, width)}, got {kinds.shape}")
    if out is None:
        out = [np.empty_like(plane, order="C") for plane in foreground]
    for number in range(layout.count):
        expected = layout.plane_shape(number, height, width)
        for plane in (foreground[number], background[number], out[number]):
            if plane.shape != expected or plane.dtype != layout.dtype:
                raise ValueError(
                    f"plane {number} must be {expected} {np.dtype(layout.dtype)}, "
                    f"got {plane.shape} {plane.dtype}"
                )
    return out


@numba.njit(parallel=True, nogil=True, cache=True)
def _blend(
    foreground: Plane,
    background: Plane,
    alpha: Alpha,
    kinds: Kinds,
    shift_y: int,
    shift_x: int,
    out: Plane,
) -> None:
    tall, wide = TILE >> shift_y, TILE >> shift_x
    height, width = out.shape
    for row in numba.prange(kinds.shape[0]):
        top, bottom = row * tall, min((row + 1) * tall, height)
        column = 0
        while column < kinds.shape[1]:
            kind, start = kinds[row, column], column
            # Tiles of one kind side by side are copied as one, which is what makes them cheap.
            while column < kinds.shape[1] and kinds[row, column] == kind:
                column += 1
            left, right = start * wide, min(column * wide, width)
            if kind == BAND:
                _blend_tile(
                    foreground, background, alpha, shift_y, shift_x, top, bottom, left, right, out
                )
            elif kind == INSIDE:
                out[top:bottom, left:right] = foreground[top:bottom, left:right]
            else:
                out[top:bottom, left:right] = background[top:bottom, left:right]


@numba.njit(nogil=True, cache=True)
def _blend_tile(
    foreground: Plane,
    background: Plane,
    alpha: Alpha,
    shift_y: int,
    shift_x: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    out: Plane,
) -> None:
    start, count = np.uint64(left), right - left
    row = np.empty(count, np.float32)
    for y in range(top, bottom):
        cover(alpha, y, left, count, shift_y, shift_x, row)
        for n in range(count):
            x = start + np.uint64(n)
            back = np.float32(background[y, x])
            value = back + row[n] * (np.float32(foreground[y, x]) - back)
            out[y, x] = np.uint16(value + np.float32(0.5))


@numba.njit(parallel=True, nogil=True, cache=True)
def _select(
    foreground: Plane, blank: Plane, alpha: Alpha, kinds: Kinds, shift_y: int, shift_x: int,
    foreground_known: bool, out: Plane,
) -> None:  # fmt: skip
    tall, wide = TILE >> shift_y, TILE >> shift_x
    height, width = out.shape
    for row in numba.prange(kinds.shape[0]):
        top, bottom = row * tall, min((row + 1) * tall, height)
        out[top:bottom] = blank[top:bottom]
        for column in range(kinds.shape[1]):
            kind = kinds[row, column]
            left, right = column * wide, min((column + 1) * wide, width)
            if kind == BAND and not foreground_known:
                for y in range(top, bottom):
                    for x in range(left, right):
                        if covered(alpha, y, x, shift_y, shift_x) > 0:
                            out[y, x] = foreground[y, x]
            elif kind != OUTSIDE:
                out[top:bottom, left:right] = foreground[top:bottom, left:right]
