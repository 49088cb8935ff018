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
        for column in range(rough.shape[1]):
            left, right = column * step, min(column * step + step, width)
            # Whole numbers: a cell of 16 x 16 samples of 16 bits stays far below 2^63.
            total, squares = np.int64(0), np.int64(0)
            for y in range(top, end):
                for x in range(left, right):
                    value = np.int64(plane[y, x])
                    total += value
                    squares += value * value
            count = (end - top) * (right - left)
            spread = squares * count - total * total
            rough[row, column] = np.sqrt(np.float32(spread)) / np.float32(count) * scale
