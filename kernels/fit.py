"""Fit a picture into a frame of another size and layout, on one thread.

kernels.convert does the same with parallel kernels; here there are none, so that a thread may
prepare a background while another computes the frame that it is for.
"""

from typing import Literal

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.picture import Region, resized
from kernels.types import Plane, Planes

Fit = Literal["cover", "contain"]
Floats = npt.NDArray[np.float32]

_COARSE = 16
"""How much smaller the picture is that fills what a contained one leaves free."""
_DIM = 0.6
"""Its lightness: the eye stays with the picture."""


def fit_planes(
    planes: Planes, layout: Layout, target: Layout, height: int, width: int, fit: Fit
) -> Planes:
    """`planes` as a (height, width) picture of `target`.

    planes: as `layout` says. fit: "cover" fills the frame and cuts off on both sides alike what
    sticks out; "contain" shows the whole picture in the middle, and around it itself, enlarged,
    blurred and dimmed. Samples round half up and are clipped.
    """
    rows, columns = planes[0].shape
    cover, whole = covering_box(rows, columns, height, width), (0, 0, rows, columns)
    if fit == "cover":
        return _converted(planes, layout, target, height, width, cover)
    top, left, tall, wide = contained_box(rows, columns, height, width, target)
    inner = _converted(planes, layout, target, tall, wide, whole)
    if (tall, wide) == (height, width):
        return inner
    out = _surround(planes, layout, target, height, width, cover)
    for number, plane in enumerate(inner):
        y, x = target.shifts(number)
        rows, columns = plane.shape
        out[number][top >> y : (top >> y) + rows, left >> x : (left >> x) + columns] = plane
    return out


def covering_box(tall: int, wide: int, height: int, width: int) -> Region:
    """The part, about its middle, of a (tall, wide) picture that has the frame's shape."""
    scale = min(tall / height, wide / width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    return (tall - rows) // 2, (wide - columns) // 2, rows, columns


def contained_box(tall: int, wide: int, height: int, width: int, target: Layout) -> Region:
    """The part of the frame that a whole (tall, wide) picture fills, from a whole chroma sample."""
    scale = min(height / tall, width / wide)
    rows, columns = max(1, round(tall * scale)), max(1, round(wide * scale))
    y, x = target.shifts(target.count - 1)
    top, left = (height - rows) // 2 >> y << y, (width - columns) // 2 >> x << x
    return top, left, rows, columns


def _surround(
    planes: Planes, layout: Layout, target: Layout, height: int, width: int, cover: Region
) -> Planes:
    rows, columns = -(-height // _COARSE), -(-width // _COARSE)
    small = _converted(planes, layout, target, rows, columns, cover)
    black = target.from_rgb()[1]
    out = []
    for number, plane in enumerate(small):
        shape = target.plane_shape(number, height, width)
        soft = cv2.GaussianBlur(
            plane.astype(np.float32), (0, 0), 2, borderType=cv2.BORDER_REPLICATE
        )
        dim = black[number] + _DIM * (soft.reshape(plane.shape) - black[number])
        large = cv2.resize(dim, shape[::-1], interpolation=cv2.INTER_LINEAR).reshape(shape)
        out.append(np.floor(large + 0.5).astype(target.dtype))
    return tuple(out)


def _converted(
    planes: Planes, layout: Layout, target: Layout, height: int, width: int, box: Region
) -> Planes:
    """`box` of `planes` as a (height, width) picture of `target`."""
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
    """(3, 3) matrix and (3,) offset from source to target code values, as in kernels.convert."""
    to_rgb, rgb_offset = layout.to_rgb()
    from_rgb, offset = target.from_rgb()
    mix = (from_rgb.astype(np.float64) @ to_rgb).astype(np.float32)
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
