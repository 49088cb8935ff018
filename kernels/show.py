"""A picture left for right, and an alpha as a picture: what needs no subject to be found."""

import cv2
import numba
import numpy as np

from kernels.layout import Layout
from kernels.types import Alpha, Plane, Planes


def mirrored(planes: Planes) -> Planes:
    """`planes` left for right, as new arrays.

    Where chroma samples do not divide the width, chroma moves by less than one of them.
    """
    return tuple(np.asarray(cv2.flip(plane, 1)).reshape(plane.shape) for plane in planes)


def gray_planes(alpha: Alpha, layout: Layout) -> Planes:
    """`alpha`, (H, W) float32 in [0, 1], as a gray picture: 0 is black, 1 white. Rounds half up."""
    matrix, offset = layout.from_rgb()
    planes = []
    for number in range(layout.count):
        shape = layout.plane_shape(number, *alpha.shape)
        if layout.model == "yuv" and number:  # gray has no colour
            planes.append(np.full(shape, 1 << layout.depth - 1, layout.dtype))
            continue
        plane = np.empty(shape, layout.dtype)
        _fill(alpha, np.float32(matrix[number].sum()), np.float32(offset[number]), plane)
        planes.append(plane)
    return tuple(planes)


@numba.njit(parallel=True, nogil=True, cache=True)
def _fill(alpha: Alpha, span: np.float32, black: np.float32, out: Plane) -> None:
    for y in numba.prange(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = np.uint16(alpha[y, x] * span + black + np.float32(0.5))
