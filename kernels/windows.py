"""How colours spread in overlapping windows of a tile, for alphas that are linear in colour there.

A tile is seen with a ring of 4 pixels around it, as BLOCKS rows of BLOCKS blocks of 2 x 2 pixels;
a window is 3 x 3 of them, and there is one about each block but the outermost. What is known of
blocks, windows and the tile's own blocks lies in flat rows of the same BLOCKS columns, from the
first on: loops over them need not know where a row ends, and what they find in the last columns of
windows, which have no block on their right, is never read.
"""

import numba
import numpy as np

from kernels.band import TILE
from kernels.guided import cofactors
from kernels.layout import Layout
from kernels.refine import tap
from kernels.types import Floats, Places, Plane, Planes

CORNERS = 4
"""Pixels of a block, row by row."""
RING = 4
BLOCKS = TILE // 2 + RING
SEEN = BLOCKS * BLOCKS
WINDOWS = SEEN - 2 * BLOCKS
OWN = SEEN - 4 * BLOCKS
"""Flat lengths: of all blocks, of windows, of the tile's own blocks."""
FIRST = 2 * BLOCKS + 2
"""The tile's own first block among those that are seen."""
TOLD = 9
"""Of a window: the mean of each colour, then the inverse of their covariance, row by row."""
ONES = np.ones((CORNERS, SEEN), np.float32)
"""Weights for means of what is not weighed."""
_EPSILON = 1e-6
"""Added to the variance of colours, from 0 to 1: about a twelfth of the square of 1 / 255."""


def measure_windows(
    planes: Planes, layout: Layout, tiles: Places, colours: Floats, told: Floats
) -> None:
    """Fill `colours` and `told` with what the windows of each tile hold.

    planes: as `layout` says; tiles: (n, 2) int32 lattice rows and columns; colours: (n, 3, CORNERS,
    SEEN) float32, RGB of range 1 about the tile's own mean; told: (n, TOLD, WINDOWS) float32.
    Smaller planes are enlarged bilinearly. Beyond its edge the picture is repeated.
    """
    _measure(*layout.three(planes), *layout.colour_shifts, *layout.to_rgb(), tiles, colours, told)


@numba.njit(nogil=True, cache=True)
def block_means(values: Floats, weights: Floats, means: Floats) -> None:
    """Means of `values` times `weights`, both (CORNERS, SEEN), over each block: (SEEN,)."""
    a, b, c, d = values[0], values[1], values[2], values[3]
    e, f, g, h = weights[0], weights[1], weights[2], weights[3]
    for n in range(SEEN):
        total = a[n] * e[n] + b[n] * f[n] + c[n] * g[n] + d[n] * h[n]
        means[n] = total * np.float32(1 / CORNERS)


@numba.njit(nogil=True, cache=True)
def mean_around(cells: Floats, scratch: Floats, means: Floats) -> None:
    """The mean of 3 x 3 flat `cells` from each on, as many as `means` are. scratch: SEEN long."""
    count = means.shape[0]
    for n in range(count):
        scratch[n] = cells[n] + cells[n + BLOCKS] + cells[n + 2 * BLOCKS]
    scratch[count], scratch[count + 1] = 0, 0
    for n in range(count):
        means[n] = (scratch[n] + scratch[n + 1] + scratch[n + 2]) * np.float32(1 / 9)


@numba.njit(nogil=True, cache=True)
def look(plane: Plane, top: int, left: int, corner: int, out: Floats) -> None:
    """One pixel of each block from (top, left) on; beyond its edge the plane is repeated.

    corner: which; out: (SEEN,), written.
    """
    height, width = plane.shape
    y, x = top + corner // 2, left + corner % 2
    inside = x >= 0 and x + 2 * (BLOCKS - 1) < width
    start, two = np.uint64(max(x, 0)), np.uint64(2)
    for i in range(BLOCKS):
        row = plane[min(max(y + 2 * i, 0), height - 1)]
        if inside:
            for j in range(BLOCKS):
                out[i * BLOCKS + j] = row[start + two * np.uint64(j)]
        else:
            for j in range(BLOCKS):
                out[i * BLOCKS + j] = row[min(max(x + 2 * j, 0), width - 1)]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _enlarge(
    plane: Plane, height: int, width: int, top: int, left: int, corner: int, shift_y: int,
    shift_x: int, out: Floats,
) -> None:  # fmt: skip
    """`look` at a plane that is smaller by these shifts, bilinearly, so that no step shows.

    height, width: of the picture.
    """
    rows, columns = plane.shape
    before, after = np.empty((2, BLOCKS), np.uint64)
    right = np.empty(BLOCKS, np.float32)
    for j in range(BLOCKS):
        x = min(max(left + 2 * j + corner % 2, 0), width - 1)
        before[j], after[j], right[j] = tap((x + 0.5) / (1 << shift_x), columns)
    for i in range(BLOCKS):
        y = min(max(top + 2 * i + corner // 2, 0), height - 1)
        upper, lower, down = tap((y + 0.5) / (1 << shift_y), rows)
        for j in range(BLOCKS):
            near, far, share = before[j], after[j], right[j]
            first, second = np.float32(plane[upper, near]), np.float32(plane[lower, near])
            first += (plane[upper, far] - first) * share
            second += (plane[lower, far] - second) * share
            out[i * BLOCKS + j] = first + (second - first) * down


@numba.njit(nogil=True, cache=True)
def _to_rgb(matrix: Floats, offset: Floats, colours: Floats) -> None:
    """Planes' samples, (3, n), as RGB in [0, 1], less its mean, so that squares lose no digits."""
    first, second, third = colours[0], colours[1], colours[2]
    for n in range(first.shape[0]):
        a, b, c = first[n], second[n], third[n]
        first[n] = matrix[0, 0] * a + matrix[0, 1] * b + matrix[0, 2] * c + offset[0]
        second[n] = matrix[1, 0] * a + matrix[1, 1] * b + matrix[1, 2] * c + offset[1]
        third[n] = matrix[2, 0] * a + matrix[2, 1] * b + matrix[2, 2] * c + offset[2]
    zero, one = np.float32(0), np.float32(1)
    for k in range(3):
        for n in range(first.shape[0]):
            colours[k, n] = min(max(colours[k, n], zero), one)
        mean = colours[k].mean()
        for n in range(first.shape[0]):
            colours[k, n] -= mean


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _invert(told: Floats) -> None:
    """Turn means of products of colours into the inverse of their covariance."""
    for n in range(WINDOWS):
        r, g, b = told[0, n], told[1, n], told[2, n]
        rr = np.float64(told[3, n] - r * r) + _EPSILON
        rg, rb = np.float64(told[4, n] - r * g), np.float64(told[5, n] - r * b)
        gg = np.float64(told[6, n] - g * g) + _EPSILON
        gb = np.float64(told[7, n] - g * b)
        bb = np.float64(told[8, n] - b * b) + _EPSILON
        x, y, z, u, v, w, scale = cofactors(rr, rg, rb, gg, gb, bb)
        told[3, n], told[4, n], told[5, n] = x * scale, y * scale, z * scale
        told[6, n], told[7, n], told[8, n] = u * scale, v * scale, w * scale


@numba.njit(parallel=True, nogil=True, cache=True)
def _measure(
    first: Plane, second: Plane, third: Plane, shift_y: int, shift_x: int, matrix: Floats,
    offset: Floats, tiles: Places, colours: Floats, told: Floats,
) -> None:  # fmt: skip
    height, width = first.shape
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE - RING, tiles[tile, 1] * TILE - RING
        here, there = colours[tile], told[tile]
        scratch, means = np.empty((2, SEEN), np.float32)
        for corner in range(CORNERS):
            look(first, top, left, corner, here[0, corner])
            if shift_y + shift_x:
                for n, plane in ((1, second), (2, third)):
                    _enlarge(
                        plane, height, width, top, left, corner, shift_y, shift_x, here[n, corner]
                    )
            else:
                look(second, top, left, corner, here[1, corner])
                look(third, top, left, corner, here[2, corner])
        _to_rgb(matrix, offset, here.reshape(3, CORNERS * SEEN))
        number = 3
        for n in range(3):
            block_means(here[n], ONES, means)
            mean_around(means, scratch, there[n])
        for n in range(3):
            for m in range(n, 3):
                block_means(here[n], here[m], means)
                mean_around(means, scratch, there[number])
                number += 1
        _invert(there)
