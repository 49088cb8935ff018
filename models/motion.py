"""Motion between two pictures, found in thumbnails, and what one shows carried to the other.

By dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016).
"""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Floats, Plane
from models.picture import Picture

Places = npt.NDArray[np.float32]
"""(h, w, 2) float32: where in another thumbnail, right and down, lies what each pixel shows."""
Colours = npt.NDArray[np.uint8]
"""(h, w, 3) of 8 bits: a picture's first three planes made small."""
_LONG, _SHORTEST = 320, 32
"""Sides of thumbnails: about the first, at least the second."""
_FINEST = 1
"""How many times thumbnails are halved for the last search. Once less takes 2 ms more, once more
takes 1 ms less; then the alphas of six films were 3 % farther from the best, of one 20 %."""
_BLOCK, _UNLIKE, _TORN = 8, 30, 0.06
"""Pixels a side of a block, levels in all planes together by which a pixel is another than where it
is said to come from, and the share of such pixels near the subject's edge with which motion counts
as not found. Of 858 pairs of pictures of twelve films, one or two apart, those were 23, and 16 of
the 20 where what was carried took more than 6 pixels in a thousand for the other side; of as many
pairs three or four apart they were 74, and 37 of 53."""
_HALF = 0.02
"""A block whose coarse alpha is this far from 0 and from 1 lies at the edge."""


class Follower:
    """Finds where things have gone."""

    def __init__(self) -> None:
        self._motion = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._motion.setFinestScale(_FINEST)

    def __call__(self, then: Colours, now: Colours, coarse: Alpha) -> tuple[Alpha, bool]:
        """`coarse`, of thumbnail `then`, carried to where things are `now`; whether in doubt.

        coarse: (H, W) float32, of any size.
        """
        begin_with: Any = None
        luma, before = (np.ascontiguousarray(each[..., 0]) for each in (now, then))
        motion = np.asarray(self._motion.calc(luma, before, begin_with), np.float32)
        places, unlike = followed(then, now, motion)
        coarse = carried(coarse, places)
        return coarse, is_torn(unlike, coarse)


def thumbnail_of(picture: Picture) -> Colours:
    """Its first three planes made small; one of 128 stands in for each that it lacks."""
    planes, depth = picture.planes[:3], picture.layout.depth
    scale = min(1.0, _LONG / max(planes[0].shape))
    size = tuple(max(_SHORTEST, round(side * scale)) for side in planes[0].shape)
    small = [_shrunk(plane, depth, size) for plane in planes]
    return np.asarray(cv2.merge([*small, *[np.full(size, 128, np.uint8)] * (3 - len(small))]))


def _shrunk(plane: Plane, depth: int, size: tuple[int, ...]) -> Plane:
    if plane.dtype != np.uint8:
        plane = np.asarray(plane >> (depth - 8), np.uint8)
    # Halving is OpenCV's fast path; what is then left is less than half.
    while plane.shape[0] >= 2 * size[0] and plane.shape[1] >= 2 * size[1]:
        half = plane.shape[1] // 2, plane.shape[0] // 2
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR))


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Places:
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2).astype(np.float32)


def carried(coarse: Alpha, places: Places) -> Alpha:
    """`coarse` (H, W) float32 of the other picture, each of it where it now lies.

    Thumbnails show the same as `coarse`, whatever their size. Bilinear; beyond the edge `coarse`
    goes on.
    """
    (height, width), (tall, wide) = coarse.shape, places.shape[:2]
    across, down = width / wide, height / tall
    # Pixel centres lie at half integers on every grid.
    grown = np.array([(across, 0, (across - 1) / 2), (0, down, (down - 1) / 2)], np.float32)
    places = np.asarray(cv2.transform(cv2.resize(places, (width, height)), grown))
    return np.asarray(_at(coarse, places), np.float32)


def _at(values: Colours | Alpha, places: Places) -> Any:
    one: Any = None  # places hold both coordinates, of which its stubs do not know
    return cv2.remap(values, places, one, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def followed(then: Colours, now: Colours, motion: Floats) -> tuple[Places, Plane]:
    """The places where `then` shows what `now` does, and (h, w) of 8 bits by how many levels not.

    motion: (h, w, 2) float32, how far off those places are, as found. Where the same place is at
    least as alike, as in a room that somebody moves before, nothing has moved.
    """
    still = _grid(*now.shape[:2])
    places = np.asarray(motion + still, np.float32)
    moved, stayed = (_unlike(each, now) for each in (_at(then, places), then))
    places = np.asarray(cv2.copyTo(still, cv2.compare(stayed, moved, cv2.CMP_LE), places))
    return places, np.asarray(cv2.min(moved, stayed))


def _unlike(then: Colours, now: Colours) -> Plane:
    levels = cv2.transform(cv2.absdiff(then, now), np.ones((1, 3), np.float32))
    return np.asarray(cv2.blur(levels, (3, 3)))


def is_torn(unlike: Plane, coarse: Alpha) -> bool:
    """Whether too much near the edge of `coarse` is unlike, by so many levels, what it came from.

    unlike: (h, w) of 8 bits; coarse: (H, W) float32 in [0, 1] of the same picture.
    """
    rows, columns = (-(-side // _BLOCK) for side in unlike.shape)
    some = cv2.resize(coarse, (4 * columns, 4 * rows), interpolation=cv2.INTER_NEAREST)
    alpha = cv2.resize(some, (columns, rows), interpolation=cv2.INTER_AREA)
    edge = ((alpha > _HALF) & (alpha < 1 - _HALF)).astype(np.uint8)
    near = cv2.dilate(edge, np.ones((3, 3), np.uint8))
    near = cv2.resize(near, unlike.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return cv2.mean((unlike > _UNLIKE).astype(np.uint8), near)[0] > _TORN
