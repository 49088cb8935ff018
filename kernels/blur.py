"""Blur the room without the person in it, so that no halo of the person surrounds them."""

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.spread import SpreadColours
from kernels.types import Plane, Planes


def blur_background(planes: Planes, layout: Layout, colours: SpreadColours, sigma: float) -> Planes:
    """Planes of the background blurred with standard deviation `sigma` in luma pixels.

    planes: as `layout` says, for their shapes alone. colours.background already holds the room's
    own colours where the subject hides it, so a plain Gaussian of it has no subject in it.
    """
    deviation = max(sigma / colours.step, 0.3)
    soft = np.asarray(
        cv2.GaussianBlur(colours.background, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    )
    out = []
    for number, plane in enumerate(planes):
        shift_y, shift_x = layout.shifts(number)
        target = np.empty(plane.shape, plane.dtype)
        tall, wide = colours.step / (1 << shift_y), colours.step / (1 << shift_x)
        _enlarge(np.ascontiguousarray(soft[..., number]), tall, wide, target)
        out.append(target)
    return tuple(out)


@numba.njit(parallel=True, nogil=True, cache=True)
def _enlarge(small: npt.NDArray[np.float32], tall: float, wide: float, out: Plane) -> None:
    """Bilinear, each cell `tall` x `wide` samples."""
    rows, columns = small.shape
    for y in numba.prange(out.shape[0]):
        v = min(max((y + 0.5) / tall - 0.5, 0.0), rows - 1.0)
        upper = int(v)
        lower = min(upper + 1, rows - 1)
        weight = np.float32(v - upper)
        line = small[upper] * (1 - weight) + small[lower] * weight
        for x in range(out.shape[1]):
            u = min(max((x + 0.5) / wide - 0.5, 0.0), columns - 1.0)
            left = int(u)
            right = min(left + 1, columns - 1)
            value = line[left] + np.float32(u - left) * (line[right] - line[left])
            out[y, x] = np.uint16(value + np.float32(0.5))
