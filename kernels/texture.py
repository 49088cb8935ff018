"""How rough a picture is within each cell."""

import numba
import numpy as np
import numpy.typing as npt

from kernels.types import Plane


def cell_roughness(plane: Plane, span: float, step: int) -> npt.NDArray[np.float32]:
    """Standard deviation of `plane` / `span` in each step x step cell.

    plane: (H, W) uint8 or uint16; span: from black to white, in code values. Returns
    (ceil(H / step), ceil(W / step)) float32.
    """
    rough = np.empty((-(-plane.shape[0] // step), -(-plane.shape[1] // step)), np.float32)
    _deviate(plane, np.float32(1 / span), step, rough)
    return rough


@numba.njit(parallel=True, nogil=True, cache=True)
def _deviate(plane: Plane, scale: np.float32, step: int, rough: npt.NDArray[np.float32]) -> None:
    height, width = plane.shape
    for row in numba.prange(rough.shape[0]):
        top, end = row * step, min(row * step + step, height)
        # In float64, which holds the squares of 16 bits exactly; a row at a time, eight at once.
        totals, squares = np.zeros(width), np.zeros(width)
        for y in range(top, end):
            for x in range(width):
                value = np.float64(plane[y, x])
                totals[x] += value
                squares[x] += value * value
        for column in range(rough.shape[1]):
            left, right = column * step, min(column * step + step, width)
            total, square = 0.0, 0.0
            for x in range(left, right):
                total += totals[x]
                square += squares[x]
            count = (end - top) * (right - left)
            spread = max(square * count - total * total, 0.0)
            rough[row, column] = np.float32(np.sqrt(spread) / count) * scale
