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
