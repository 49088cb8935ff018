"""Bring a picture's planes into another layout and size, without a detour through RGB pixels."""

import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.picture import Region, resized
from kernels.types import Plane, Planes

Floats = npt.NDArray[np.float32]


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
        sources = [
            _crop(planes[source], box, layout.shifts(source), shape)
            for source in range(layout.count)
            if mix[number, source] != 0
        ]
        weights = [float(mix[number, s]) for s in range(layout.count) if mix[number, s] != 0]
        plane = np.empty(shape, target.dtype)
        _mix(
            _stacked(sources, shape),
            np.array(weights, np.float32),
            offset[number],
            target.peak,
            plane,
        )
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


def _crop(plane: Plane, box: Region, shifts: tuple[int, int], shape: tuple[int, int]) -> Floats:
    top, left, tall, wide = box
    y, x = shifts
    part = plane[top >> y : -(-(top + tall) >> y), left >> x : -(-(left + wide) >> x)]
    return resized(part, *shape)


def _stacked(sources: list[Floats], shape: tuple[int, int]) -> Floats:
    return np.stack(sources) if sources else np.zeros((0, *shape), np.float32)


@numba.njit(parallel=True, nogil=True, cache=True)
def _mix(sources: Floats, weights: Floats, offset: float, peak: int, out: Plane) -> None:
    for y in numba.prange(out.shape[0]):
        for x in range(out.shape[1]):
            value = np.float32(offset + 0.5)
            for source in range(sources.shape[0]):
                value += weights[source] * sources[source, y, x]
            out[y, x] = np.uint16(min(max(value, np.float32(0)), np.float32(peak)))
