"""Light of the background that falls on the subject's edge."""

import math

import cv2
import numba
import numpy as np

from kernels.band import BAND, OUTSIDE, TILE
from kernels.cover import covered
from kernels.layout import Layout
from kernels.reach import Runs, check_lattice, runs_of, within_reach
from kernels.types import Alpha, Floats, Kinds, Plane, Planes

CELL = 8
"""Side in luma pixels of the cells on which the light is blurred."""
Glow = tuple[Floats, ...]
"""A background's light, spread: planes of the cells' size, float32."""


def glow_of(background: Planes, sigma: float) -> Glow:
    """The light of `background` (planes), spread with standard deviation `sigma` luma pixels."""
    height, width = background[0].shape
    size = -(-width // CELL), -(-height // CELL)
    small = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in background)
    return tuple(_blurred(np.asarray(plane, np.float32), sigma) for plane in small)


def wrap_light(
    foreground: Planes,
    glow: Glow,
    alpha: Alpha,
    kinds: Kinds,
    layout: Layout,
    strength: float,
    sigma: float,
) -> Planes:
    """`foreground`, drawn towards the light about it by strength * (1 - blurred alpha).

    foreground: planes as `layout` says; alpha: (H, W) float32 in [0, 1]; kinds: its lattice;
    strength in [0, 1]; sigma: of alpha's blur, luma pixels. Samples further than some 3 sigma from
    the edge stay as they are. Over its background the subject so takes on the weight
    strength * alpha * (1 - blurred alpha) of the light. Raises ValueError when shapes disagree.
    """
    check_lattice(alpha, kinds)
    rows, columns = -(-alpha.shape[0] // CELL), -(-alpha.shape[1] // CELL)
    cells = np.empty((rows, columns), np.float32)
    _pool(alpha, kinds, cells)
    dark = 1 - _blurred(cells, sigma)
    reach = within_reach(kinds, CELL * (_radius(sigma) + 2))
    runs = runs_of(np.equal(reach, BAND) & np.not_equal(kinds, OUTSIDE))
    planes = []
    for number, plane in enumerate(foreground):
        shifts = layout.shifts(number)
        out = plane.copy()
        _wrap(dark, glow[number], alpha, np.float32(strength), runs, *shifts, out)
        planes.append(out)
    return tuple(planes)


def _radius(sigma: float) -> int:
    """Cells over which a blur reaches."""
    return math.ceil(2.5 * sigma / CELL)


def _blurred(cells: Floats, sigma: float) -> Floats:
    side = 2 * _radius(sigma) + 1
    deviation = max(sigma / CELL, 0.3)
    soft = cv2.GaussianBlur(cells, (side, side), deviation, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(soft, np.float32).reshape(cells.shape)


@numba.njit(parallel=True, nogil=True, cache=True)
def _pool(alpha: Alpha, kinds: Kinds, cells: Floats) -> None:
    """Mean alphas of cells; those of tiles that are not BAND need not be looked at."""
    side = TILE // CELL
    for row in numba.prange(cells.shape[0]):
        top, bottom = row * CELL, min((row + 1) * CELL, alpha.shape[0])
        for column in range(cells.shape[1]):
            kind = kinds[row // side, column // side]
            total, right = np.float32(0), min((column + 1) * CELL, alpha.shape[1])
            if kind != BAND:
                cells[row, column] = np.float32(kind)
                continue
            for y in range(top, bottom):
                for x in range(column * CELL, right):
                    total += alpha[y, x]
            cells[row, column] = total / ((bottom - top) * (right - column * CELL))


@numba.njit(parallel=True, nogil=True, cache=True)
def _wrap(
    dark: Floats, glow: Floats, alpha: Alpha, strength: np.float32, runs: Runs,
    shift_y: int, shift_x: int, out: Plane,
) -> None:  # fmt: skip
    tall, wide = TILE >> shift_y, TILE >> shift_x
    step_y, step_x = np.float32((1 << shift_y) / CELL), np.float32((1 << shift_x) / CELL)
    rows, columns = dark.shape
    for run in numba.prange(runs.shape[0]):
        top, bottom = runs[run, 0] * tall, min((runs[run, 0] + 1) * tall, out.shape[0])
        left, right = runs[run, 1] * wide, min(runs[run, 2] * wide, out.shape[1])
        # Cells from one before the run to one after it, mixed between two rows.
        origin = left * (1 << shift_x) // CELL - 1
        shades = np.empty((right - left) * (1 << shift_x) // CELL + 4, np.float32)
        lights = np.empty_like(shades)
        for y in range(top, bottom):
            v = min(max((y + np.float32(0.5)) * step_y - np.float32(0.5), np.float32(0)), rows - 1)
            upper = int(v)
            lower, share = min(upper + 1, rows - 1), np.float32(v - upper)
            for cell in range(shades.size):
                column = min(max(origin + cell, 0), columns - 1)
                before, after = dark[upper, column], dark[lower, column]
                shades[cell] = (before + share * (after - before)) * strength
                before, after = glow[upper, column], glow[lower, column]
                lights[cell] = before + share * (after - before)
            for x in range(left, right):
                if covered(alpha, y, x, shift_y, shift_x) == 0:
                    continue
                u = (x + np.float32(0.5)) * step_x - np.float32(0.5) - origin
                cell, part = int(u), np.float32(u - int(u))
                shade = shades[cell] + part * (shades[cell + 1] - shades[cell])
                light = lights[cell] + part * (lights[cell + 1] - lights[cell])
                value = np.float32(out[y, x])
                out[y, x] = np.uint16(value + shade * (light - value) + np.float32(0.5))
