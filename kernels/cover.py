"""The alpha of a sample that covers several luma pixels."""

from typing import Any

import numba
import numpy as np

from kernels.types import Alpha


@numba.njit(nogil=True, cache=True)
def covered(alpha: Alpha, y: int, x: int, shift_y: int, shift_x: int) -> Any:
    """Mean alpha under chroma sample (y, x); at an odd border only what lies in the picture."""
    if shift_y == 0 and shift_x == 0:
        return np.float32(alpha[y, x])
    total, count = np.float32(0), np.float32(0)
    for row in range(y << shift_y, min((y + 1) << shift_y, alpha.shape[0])):
        for column in range(x << shift_x, min((x + 1) << shift_x, alpha.shape[1])):
            total += alpha[row, column]
            count += np.float32(1)
    return total / count


@numba.njit(nogil=True, cache=True)
def cover(
    alpha: Alpha, y: int, left: int, count: int, shift_y: int, shift_x: int, row: Alpha
) -> None:
    """Fill the first `count` of `row` with what is covered by the samples from (y, left) on."""
    top, bottom = y << shift_y, (y + 1) << shift_y
    is_whole = bottom <= alpha.shape[0] and (left + count) << shift_x <= alpha.shape[1]
    if shift_x > 1 or not is_whole:
        for n in range(count):
            row[n] = covered(alpha, y, left + n, shift_y, shift_x)
        return
    start = np.uint64(left << shift_x)
    for n in range(count):
        row[n] = 0
    for line in range(top, bottom):
        if shift_x == 0:
            for n in range(count):
                row[n] += alpha[line, start + np.uint64(n)]
        else:
            for n in range(count):
                place = start + np.uint64(2 * n)
                row[n] = row[n] + alpha[line, place] + alpha[line, place + np.uint64(1)]
    share = np.float32(1 / (1 << shift_y + shift_x))
    for n in range(count):
        row[n] *= share
