"""Fit a picture into a frame of another size and layout, on one thread."""

from typing import Literal

import cv2
import numpy as np

from kernels.convert import convert_planes
from kernels.layout import Layout
from kernels.picture import Region
from kernels.types import Planes

Fit = Literal["cover", "contain"]

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
        return convert_planes(planes, layout, target, height, width, cover)
    top, left, tall, wide = contained_box(rows, columns, height, width, target)
    inner = convert_planes(planes, layout, target, tall, wide, whole)
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
    y, x = target.colour_shifts
    top, left = (height - rows) // 2 >> y << y, (width - columns) // 2 >> x << x
    return top, left, rows, columns


def _surround(
    planes: Planes, layout: Layout, target: Layout, height: int, width: int, cover: Region
) -> Planes:
    rows, columns = -(-height // _COARSE), -(-width // _COARSE)
    small = convert_planes(planes, layout, target, rows, columns, cover)
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
