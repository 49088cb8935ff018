"""A row of pixels of the boundary band, as nets that look at pixels read it."""

import numba
import numpy as np

from kernels.patches import APART, GUESSES, SPARE, Floats, looked_up


@numba.njit(nogil=True, cache=True)
def blend_across(
    cells: Floats, top: int, first: int, shift: float, pace: float, blended: Floats, out: Floats
) -> None:
    """Blend columns of cells into pixels, for as many rows of cells as `out` has.

    out: (rows, channels * wide), a channel after the other; its first row is row `top` of
    `cells`, its pixels lie `pace` apart from `shift` on, in columns counted from `first`; the edge
    of `cells` repeats. blended: (wide, channels), for scratch; as wide are
    rows of pixels, a multiple of what vector registers hold.
    """
    rows, columns = cells.shape[:2]
    wide = blended.shape[0]
    for i in range(out.shape[0]):
        row = cells[min(max(top + i, 0), rows - 1)]
        for j in range(wide):
            position = shift + j * pace
            before = int(position)
            share = np.float32(position - before)
            near = row[min(max(first + before, 0), columns - 1)]
            far = row[min(max(first + before + 1, 0), columns - 1)]
            for n in range(blended.shape[1]):
                blended[j, n] = near[n] + (far[n] - near[n]) * share
        for n in range(blended.shape[1]):
            for j in range(wide):
                out[i, n * wide + j] = blended[j, n]


@numba.njit(nogil=True, cache=True, inline="always")
def blend_down(rows: Floats, position: float, out: Floats) -> None:
    """Blend the two `rows` around `position`."""
    upper = int(position)
    share = np.float32(position - upper)
    above, below = rows[upper], rows[min(upper + 1, rows.shape[0] - 1)]
    for n in range(out.shape[0]):
        out[n] = above[n] + (below[n] - above[n]) * share


@numba.njit(nogil=True, cache=True, error_model="numpy")
def read_pixels(
    samples: Floats, matrix: Floats, offset: Floats, sides: Floats, lines: Floats, table: Floats,
    row: Floats,
) -> None:  # fmt: skip
    """What a row of pixels tells, a channel after the other.

    In flat arrays, so that compilers see that nothing overlaps, and compute many pixels at once.
    samples: the three planes' and alpha; sides, lines: SIDES and SPARE channels; row: FINE_INPUTS
    channels, written.
    """
    half, one, wide = np.float32(0.5), np.float32(1), samples.shape[0] // 4
    a, b, c, d = matrix[0, 0], matrix[0, 1], matrix[0, 2], offset[0] - half
    e, f, g, h = matrix[1, 0], matrix[1, 1], matrix[1, 2], offset[1] - half
    k, m, n, o = matrix[2, 0], matrix[2, 1], matrix[2, 2], offset[2] - half
    for j in range(wide):
        x, y, z = samples[j], samples[wide + j], samples[2 * wide + j]
        red, green, blue = (
            a * x + b * y + c * z + d,
            e * x + f * y + g * z + h,
            k * x + m * y + n * z + o,
        )
        row[j], row[wide + j], row[2 * wide + j] = red, green, blue
        x, y, z = sides[3 * wide + j], sides[4 * wide + j], sides[5 * wide + j]
        red, green, blue = red - x, green - y, blue - z
        x, y, z = sides[j] - x, sides[wide + j] - y, sides[2 * wide + j] - z
        along = (red * x + green * y + blue * z) / (APART + x * x + y * y + z * z)
        row[4 * wide + j] = min(max(along, -half), one + half)
    for j in range(wide):
        level = looked_up(table, samples[3 * wide + j]) + sides[7 * wide + j]
        told = looked_up(table, row[4 * wide + j])
        row[3 * wide + j], row[5 * wide + j] = level, sides[6 * wide + j] * (told - level)
    for j in range(wide):
        row[4 * wide + j] -= half
    for guess in range(GUESSES):
        into, of = (6 + guess) * wide, 4 * guess * wide
        for j in range(wide):
            value = lines[of + j] * row[j] + lines[of + wide + j] * row[wide + j]
            value += lines[of + 2 * wide + j] * row[2 * wide + j]
            row[into + j] = value + lines[of + 3 * wide + j]
    for j in range((SPARE - 4 * GUESSES) * wide):
        row[(6 + GUESSES) * wide + j] = lines[4 * GUESSES * wide + j]
