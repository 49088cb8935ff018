"""Bring a picture's planes into another layout and size, without a detour through RGB pixels.

On one thread, so that a background may be prepared beside the frame that it is for.
"""

import numba
import numpy as np

from kernels.layout import Layout
from kernels.picture import Region, resized
from kernels.types import Floats, Plane, Planes


def convert_planes(
    planes: Planes, layout: Layout, target: Layout, height: int, width: int, box: Region
) -> Planes:
    """`box` = (top, left, height, width) of `planes`, as a (height, width) picture of `target`.

    planes: as `layout` says. Each target plane is mixed from the source planes at its own size,
    so that subsampled chroma is resized once. Samples round half up and are clipped.
    """
    mix, offset = _between(layout, target)
    out = []
    for number in range(target.count):
        shape = target.plane_shape(number, height, width)
        value = np.full(shape, offset[number] + np.float32(0.5), np.float32)
        for source in range(layout.count):
            if mix[number, source] != 0:
                part = _crop(planes[source], box, layout.shifts(source))
                _add(resized(part, *shape), mix[number, source], value)
        plane = np.empty(shape, target.dtype)
        _round(value, np.float32(target.peak), plane)
        out.append(plane)
    return tuple(out)


def _between(layout: Layout, target: Layout) -> tuple[Floats, Floats]:
    """(3, 3) matrix and (3,) offset from source to target code values."""
    to_rgb, rgb_offset = layout.to_rgb()
    from_rgb, offset = target.from_rgb()
    mix = (from_rgb.astype(np.float64) @ to_rgb).astype(np.float32)
    # What is zero but for rounding need not be computed: same matrices leave a diagonal.
    mix[np.abs(mix) < 1e-6 * np.abs(mix).max()] = 0
    return mix, (from_rgb @ rgb_offset + offset).astype(np.float32)


def _crop(plane: Plane, box: Region, shifts: tuple[int, int]) -> Plane:
    top, left, tall, wide = box
    y, x = shifts
    return plane[top >> y : -(-(top + tall) >> y), left >> x : -(-(left + wide) >> x)]


@numba.njit(nogil=True, cache=True)
def _add(source: Floats, weight: np.float32, value: Floats) -> None:
    for y in range(value.shape[0]):
        for x in range(value.shape[1]):
            value[y, x] += weight * source[y, x]


@numba.njit(nogil=True, cache=True)
def _round(value: Floats, peak: np.float32, out: Plane) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = np.uint16(min(max(value[y, x], np.float32(0)), peak))
