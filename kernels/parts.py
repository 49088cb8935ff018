"""Which parts of a map are near what is wanted of it."""

import numba
import numpy as np

from kernels.types import Places, Wanted


def parts_of(wanted: Wanted, reach: int, tall: int, wide: int) -> Places:
    """(n, 2) int32 first rows and columns of parts, row by row.

    Of those of (tall, wide) pixels that a map is cut into, the ones that hold what is wanted, or
    lie within `reach` of it, rows and columns likewise.
    """
    rows, columns = -(-wanted.shape[0] // tall), -(-wanted.shape[1] // wide)
    places = np.empty((rows * columns, 2), np.int32)
    return places[: _list(wanted, reach, tall, wide, places)]


@numba.njit(nogil=True, cache=True)
def _list(wanted: Wanted, reach: int, tall: int, wide: int, places: Places) -> int:
    """Fill `places`; how many there are."""
    rows, columns = wanted.shape
    before = np.zeros((rows + 1, columns + 1), np.int32)  # how many are wanted above and before
    for y in range(rows):
        across = 0
        for x in range(columns):
            across += wanted[y, x]
            before[y + 1, x + 1] = before[y, x + 1] + across
    count = 0
    for y in range(0, rows, tall):
        above, below = max(y - reach, 0), min(y + tall + reach, rows)
        for x in range(0, columns, wide):
            left, right = max(x - reach, 0), min(x + wide + reach, columns)
            held = before[below, right] - before[above, right]
            if held > before[below, left] - before[above, left]:
                places[count, 0], places[count, 1] = y, x
                count += 1
    return count
