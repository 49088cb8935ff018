"""Pass 1 that looks at some pictures beside their other work, and follows motion to the others.

Motion is found in thumbnails by dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016).
"""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.threads import may_be_shared
from kernels.types import Alpha, Plane
from models.beside import Beside
from models.picture import Picture
from models.segmenter import Segmenter

Places = npt.NDArray[np.float32]
"""(h, w, 2) float32: where in another thumbnail, right and down, lies what each pixel shows."""
_LONG, _SHORTEST = 320, 32
"""Sides of thumbnails: about the first, at least the second."""
_FINEST = 1
"""How many times thumbnails are halved for the last search. Once less takes 2 ms more, once more
takes 1 ms less; then the alphas of six films were 3 % farther from the best, of one 20 %."""
_LONGEST = 0.25
"""Seconds from a picture to the one where the look at it is waited for."""
_BLOCK, _UNLIKE, _TORN = 8, 20, 0.1
"""Pixels a side of a block, levels by which a pixel is another than where it is said to come from,
and the share of such pixels near the subject's edge with which motion counts as not found. That
were 12 of 808 pairs of pictures of eleven films, and what was carried was far off in all of them;
at half the share it would be 49, and half of those hardly wrong."""
_FEW = 2
"""Pictures since the last look began over which motion should be found: if not, the next look is
here and now; over more it begins earlier."""
_HALF = 0.02
"""A block whose coarse alpha is this far from 0 and from 1 lies at the edge."""


class _Seen(NamedTuple):
    """A look's answer, and the thumbnail of what was looked at."""

    thumbnail: Plane
    coarse: Alpha


class FollowingSegmenter:
    """A segmenter whose looks may take longer than there is time for a picture.

    every: pictures from the beginning of one look to that of the next, at least, or 0 to look at
    each picture here and now; it may be set from one picture to the next. Where motion is not
    found looks are closer together, and where kernels may not run beside others none is put off.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self.every = 0
        self._segmenter = segmenter
        self._motion = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._motion.setFinestScale(_FINEST)
        self._seen: _Seen | None = None
        self._looking: tuple[Plane, Beside[Alpha]] | None = None
        # Since the picture that was looked at last.
        self._seconds, self._pictures = 0.0, 0

    def settle(self) -> None:
        """Wait for the look beside, if there is one. Raises RuntimeError when it failed."""
        if self._looking is not None:
            (thumbnail, beside), self._looking = self._looking, None
            self._seen = _Seen(thumbnail, beside.result())

    def reset(self) -> None:
        """Forget all pictures seen."""
        if self._looking is not None:
            self._looking[1].join()
        self._looking = self._seen = None
        self._segmenter.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter. Raises RuntimeError when a look beside failed."""
        if dt is None:
            self.reset()
        self._seconds += dt or 0.0
        self._pictures += 1
        if not self.every or not may_be_shared():
            self.settle()
            self._seen = None
            return self._look(picture, dt)
        thumbnail = thumbnail_of(picture)
        if self._looking and (self._looking[1].is_over or self._seconds > _LONGEST):
            self.settle()
        seen = self._seen
        if seen is None or seen.thumbnail.shape != thumbnail.shape:
            return self._look_now(thumbnail, picture, dt)
        places = self._places(thumbnail, seen.thumbnail)
        coarse = carried(seen.coarse, places)
        if self._looking is None:
            torn = is_torn(seen.thumbnail, thumbnail, places, coarse)
            if torn and self._pictures <= _FEW:
                return self._look_now(thumbnail, picture, dt)
            if torn or self._pictures >= self.every:
                look = partial(self._segmenter, picture, self._since(dt))
                self._looking = thumbnail, Beside("look", look, gives_way=True)
        return coarse

    def _places(self, now: Plane, then: Plane) -> Places:
        begin_with: Any = None
        motion = self._motion.calc(now, then, begin_with)
        return np.asarray(motion + _grid(*now.shape), np.float32)

    def _look_now(self, thumbnail: Plane, picture: Picture, dt: float | None) -> Alpha:
        self.settle()
        self._seen = _Seen(thumbnail, self._look(picture, dt))
        return self._seen.coarse

    def _look(self, picture: Picture, dt: float | None) -> Alpha:
        return self._segmenter(picture, self._since(dt))

    def _since(self, dt: float | None) -> float | None:
        """Seconds since the picture that was looked at last, None for a shot's first; from here
        on they count from this one."""
        seconds, self._seconds, self._pictures = self._seconds, 0.0, 0
        return None if dt is None else seconds


def thumbnail_of(picture: Picture) -> Plane:
    """Its first plane made small, (h, w) of 8 bits."""
    luma = picture.planes[0]
    if luma.dtype != np.uint8:
        luma = np.asarray(luma >> (picture.layout.depth - 8), np.uint8)
    # Halving is OpenCV's fast path.
    while max(luma.shape) >= 2 * _LONG and min(luma.shape) >= 2 * _SHORTEST:
        luma = _resized(luma, luma.shape[0] // 2, luma.shape[1] // 2)
    scale = min(1.0, _LONG / max(luma.shape))
    return _resized(luma, *(max(_SHORTEST, round(side * scale)) for side in luma.shape))


def _resized(luma: Plane, height: int, width: int) -> Plane:
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA))


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Places:
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2).astype(np.float32)


def carried(coarse: Alpha, places: Places) -> Alpha:
    """`coarse` (H, W) float32 of the other picture, each of it where it now lies.

    Thumbnails show the same as `coarse`, whatever their size. Bilinear; beyond the edge `coarse`
    goes on.
    """
    (height, width), (tall, wide) = coarse.shape, places.shape[:2]
    scale = np.array((width / wide, height / tall), np.float32)
    # Pixel centres lie at half integers on every grid.
    places = np.asarray(cv2.resize(places * scale + (scale - 1) / 2, (width, height)))
    return np.asarray(_at(coarse, places), np.float32)


def _at(values: Plane | Alpha, places: Places) -> Any:
    one: Any = None  # places hold both coordinates, of which its stubs do not know
    return cv2.remap(values, places, one, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def is_torn(then: Plane, now: Plane, places: Places, coarse: Alpha) -> bool:
    """Whether, near the edge of `coarse`, too little of `now` is what lay at its place `then`."""
    rows, columns = (-(-side // _BLOCK) for side in now.shape)
    alpha = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_AREA)
    edge = ((alpha > _HALF) & (alpha < 1 - _HALF)).astype(np.uint8)
    near = cv2.dilate(edge, np.ones((3, 3), np.uint8)) > 0
    if not near.any():
        return False
    unlike = (cv2.absdiff(_at(then, places), now) > _UNLIKE).astype(np.float32)
    shares = cv2.resize(unlike, (columns, rows), interpolation=cv2.INTER_AREA)
    return float(shares[near].mean()) > _TORN
