"""A look at part of a picture, and its way back onto the coarse grid."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from models.picture import Box, Picture


class Window(NamedTuple):
    """A rectangle in whole picture pixels that may reach beyond the picture."""

    top: int
    left: int
    height: int
    width: int


def see(picture: Picture, window: Window, height: int, width: int) -> Rgb:
    """What `window` shows, as (height, width, 3) uint8 RGB; black beyond the picture.

    Shape and size of the window must have the same aspect, or the picture is squashed.
    Raises ValueError when the window misses the picture.
    """
    top, left = max(window.top, 0), max(window.left, 0)
    bottom = min(window.top + window.height, picture.height)
    right = min(window.left + window.width, picture.width)
    if bottom <= top or right <= left:
        raise ValueError(f"{window} misses the {picture.height}x{picture.width} picture")
    scale_y, scale_x = height / window.height, width / window.width
    y0, y1 = _span(top - window.top, bottom - window.top, scale_y, height)
    x0, x1 = _span(left - window.left, right - window.left, scale_x, width)
    part = picture.rgb(y1 - y0, x1 - x0, Box(top, left, bottom - top, right - left))
    if part.shape[:2] == (height, width):
        return part
    out = np.zeros((height, width, 3), np.uint8)
    out[y0:y1, x0:x1] = part
    return out


def _span(start: int, end: int, scale: float, size: int) -> tuple[int, int]:
    """Scaled and rounded, at least one pixel wide."""
    first = min(round(start * scale), size - 1)
    return first, min(max(round(end * scale), first + 1), size)


def lay(alpha: Alpha, window: Window, picture: Picture, height: int, width: int) -> Alpha:
    """`alpha` of what `window` shows, on the (height, width) grid of the whole picture.

    Bilinear; `alpha` goes on at its edge, so that what the frame cuts does not fade. 0 in cells
    whose centre is outside the window.
    """
    step_y, step_x = alpha.shape[0] / window.height, alpha.shape[1] / window.width
    scale_y, scale_x = picture.height / height * step_y, picture.width / width * step_x
    # Pixel centres lie at half integers on every grid.
    top, bottom = _covered(window.top, window.height, height, picture.height)
    left, right = _covered(window.left, window.width, width, picture.width)
    out = np.zeros((height, width), np.float32)
    if bottom > top and right > left:
        shift_y = (top + 0.5) * scale_y - window.top * step_y - 0.5
        shift_x = (left + 0.5) * scale_x - window.left * step_x - 0.5
        matrix = np.array([[scale_x, 0, shift_x], [0, scale_y, shift_y]])
        out[top:bottom, left:right] = cv2.warpAffine(
            alpha, matrix, (right - left, bottom - top),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
    return out


def _covered(start: int, length: int, cells: int, size: int) -> tuple[int, int]:
    """The first and the end of the cells whose centres lie in `length` pixels from `start` on."""
    edges = (math.ceil(edge * cells / size - 0.5) for edge in (start, start + length))
    first, end = (min(max(edge, 0), cells) for edge in edges)
    return first, end


def whole(picture: Picture) -> Window:
    """All of it."""
    return Window(0, 0, picture.height, picture.width)


def around(window: Window, height: int, width: int) -> Window:
    """The smallest window of aspect height : width that holds `window`, in its middle."""
    scale = max(window.height / height, window.width / width)
    tall, wide = round(height * scale), round(width * scale)
    top, left = window.top + (window.height - tall) // 2, window.left + (window.width - wide) // 2
    return Window(top, left, tall, wide)


def tile_size(window: Window, area: int) -> tuple[int, int]:
    """(height, width) in multiples of 16, about `area` pixels, of nearly the window's aspect.

    Of the four roundings the one that squashes least, a few per cent at most.
    """
    scale = (area / (window.height * window.width)) ** 0.5
    heights, widths = (_multiples(side * scale) for side in (window.height, window.width))
    aspect = window.height / window.width
    sizes = [(height, width) for height in heights for width in widths]
    return min(sizes, key=lambda size: abs(math.log(size[0] / size[1] / aspect)))


def _multiples(length: float) -> tuple[int, int]:
    below = max(int(length) // 16 * 16, 16)
    return below, below + 16
