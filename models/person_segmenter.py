"""Pass 1 by the project's own net: far for who is there, near with a memory of what was seen.

The Selfie net is asked too whether anybody is there. Each net alone sees people in some pictures of
rocks, trees or furniture; hardly ever do both.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from models.person_memory import Memories
from models.person_runner import PersonRunner
from models.person_shape import PEOPLE, SMALLEST
from models.picture import Picture
from models.search import Far
from models.selfie_runner import Selfie
from models.subject_box import EVIDENCE
from models.window import Window, see, tile_size
from models.zoom import Zoom

WEIGHTS = "person"
_FAR_AREA = 144 * 256
_SHARE, _GRAIN = 0.6, 32
"""A look has about 64x64 pixels, or at most this share of its window's, for pass 2 sees them all;
the side of a square of its area is a multiple of the other: a new size costs some preparation."""
_DEEP, _AWAY, _RAMP = np.float32(8), np.float32(12), np.float32(6)
"""Pixels of the coarse alpha from a subject's edge, inward and outward, beyond which nothing is
half there, and over which that comes to pass. Outward it is farther, for hair that flies."""
_FAINT, _SURE = 0.1, 0.9
"""Parts of the coarse alpha hang together where it is above the first; a subject has pixels above
the other. In 448 masks of people seven such parts went; the truth had none of them."""
_GLANCE = 0.32
"""Share of its recipe's pixels that a glance takes in. Its alphas are twice as far from the best as
those of a whole look."""
_GLIMPSE = 0.45
"""The same of a glimpse, which remembers less: at best what an earlier look left."""
_ASPECTS, _FINE = 1.12, 1000
"""Aspects of looks are powers of this one, for the same reason; and pixels to tell them by."""


class Recipe(NamedTuple):
    """Pixels of a look near at most, whether on the mirror image too, seconds between looks far,
    and room around a subject, in its longer sides.

    The fewer pixels a look has, the more it helps to see more around: with 0.18 instead of 0.1,
    looks of 256x256 are off by 0.4 instead of 1.1 outside the band, though by 4 % more within;
    "balanced" becomes worse.
    """

    area: int
    mirrored: bool
    find_every: float
    pad: float


RECIPES = {
    "fast": Recipe(320**2, False, 0.5, 0.18),
    "balanced": Recipe(448**2, False, 0.2, 0.1),
    "best": Recipe(448**2, True, 0.0, 0.1),
}


class PersonSegmenter:
    """The net behind models.zoom."""

    def __init__(self, quality: str = "balanced", patient: bool = True) -> None:
        """Raises WeightsError when the weights cannot be loaded.

        patient: see models.zoom.
        """
        self._recipe, self._net = RECIPES[quality], PersonRunner(WEIGHTS)
        self._detail = 1.0
        self._other = Selfie(PEOPLE)
        self._net_apart = self._net.apart()
        self._far_apart = _far(self._net_apart, self._other.apart())
        self._sides = (False, True) if self._recipe.mirrored else (False,)
        self._memories = {mirrored: Memories() for mirrored in self._sides}
        every, pad = self._recipe.find_every, self._recipe.pad
        far = _far(self._net, self._other)
        self._zoom = Zoom(far, _FAR_AREA, self._near, every, pad, patient)

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._zoom.reset()
        for each in self._memories.values():
            each.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        for each in self._memories.values():
            each.turn()
            if dt is None:
                each.reset()
        return decided(self._zoom(picture, dt))

    def set_detail(self, times: float) -> None:
        """From the next look or glance on: times the recipe's pixels that it takes in."""
        self._detail = times

    def glance(self, picture: Picture, dt: float | None) -> Alpha:
        """As calling it, in less than half of the time."""
        detail = self._detail
        self.set_detail(_GLANCE * detail)
        try:
            return self(picture, dt)
        finally:
            self.set_detail(detail)

    def glimpse(self, picture: Picture, last: Alpha | None, remembers: bool) -> Alpha:
        """Who is in `last`, a coarse alpha of nearly the same picture, in about half of the time.

        last: None, or one of nobody, to look for somebody first. remembers: whether what looks left
        is of this shot. Another thread may look meanwhile: nothing is kept, and nobody waited for.
        """

        def near(picture: Picture, window: Window) -> Alpha:
            rgb = self._seen(picture, window, _GLIMPSE)
            memory = self._memories[False].peek(window, *rgb.shape[:2]) if remembers else None
            return self._net_apart(rgb, memory)[0]

        return decided(self._zoom.peek(self._far_apart, near, picture, last))

    def _near(self, picture: Picture, window: Window) -> Alpha:
        rgb = self._seen(picture, window, self._detail)
        alphas = [self._remembered(window, rgb, mirrored) for mirrored in self._sides]
        return np.asarray(np.mean(alphas, axis=0), np.float32) if len(alphas) > 1 else alphas[0]

    def _seen(self, picture: Picture, window: Window, share: float) -> Rgb:
        """What a window shows, in that share of the recipe's pixels."""
        return see(picture, window, *_tile(window, _area(window, int(share * self._recipe.area))))

    def _remembered(self, window: Window, rgb: Rgb, mirrored: bool) -> Alpha:
        memories = self._memories[mirrored]
        seen = np.ascontiguousarray(rgb[:, ::-1]) if mirrored else rgb
        alpha, memory = self._net(seen, memories.recall(window, *rgb.shape[:2]))
        memories.keep(window, memory)
        return np.ascontiguousarray(alpha[:, ::-1]) if mirrored else alpha


def _far(net: PersonRunner, other: Selfie) -> tuple[Far, Far]:
    """Both as models.zoom asks them."""
    return lambda rgb: net(rgb)[0], lambda rgb: np.asarray(other(rgb[None])[0], np.float32)


def decided(alpha: Alpha) -> Alpha:
    """`alpha` (h, w) float32 in [0, 1], 1 deep inside a subject and 0 far outside.

    The net fades faces that are lit too brightly, so that the background would show in them, and
    gives a ghost of a chair to who stands beside one. What is below EVIDENCE counts as outside,
    and so does what is apart from everything that the net is sure of.
    """
    alpha = _without_ghosts(alpha)
    shown, found = (alpha > EVIDENCE).astype(np.uint8), np.zeros_like(alpha)
    left, top, wide, tall = cv2.boundingRect(shown)
    if not tall:
        return found
    # Farther around nothing stays, so nothing is computed.
    room = int(_AWAY + _RAMP) + 1
    near = np.s_[max(top - room, 0) : top + tall + room, max(left - room, 0) : left + wide + room]
    shown = np.ascontiguousarray(shown[near])
    inside, outside = (cv2.distanceTransform(each, cv2.DIST_L2, 3) for each in (shown, 1 - shown))
    least = ((inside - _DEEP) / _RAMP).clip(0, 1)
    most = 1 - ((outside - _AWAY) / _RAMP).clip(0, 1)
    np.clip(alpha[near], least, most, out=found[near])
    return found


def _without_ghosts(alpha: Alpha) -> Alpha:
    """`alpha` but for connected parts that are nowhere sure, where another is."""
    count, parts = cv2.connectedComponents((alpha > _FAINT).astype(np.uint8))
    kept = np.zeros(count, np.float32)
    kept[parts[alpha > _SURE]] = 1
    if kept[1:].all() or not kept.any():
        return alpha
    kept[0] = 1  # what is fainter yet belongs to whatever it surrounds
    return np.asarray(alpha * kept[parts])


def _area(window: Window, most: int) -> int:
    side = int((_SHARE * window.height * window.width) ** 0.5) // _GRAIN * _GRAIN
    return min(most, max(side, 2 * SMALLEST) ** 2)


def _tile(window: Window, area: int) -> tuple[int, int]:
    """Of about the window's aspect. A strip is squashed: the net needs some rows and columns."""
    steps = round(math.log(window.height / window.width, _ASPECTS))
    tall, wide = (round(_FINE * _ASPECTS ** (sign * steps / 2)) for sign in (1, -1))
    height, width = (max(side, SMALLEST) for side in tile_size(Window(0, 0, tall, wide), area))
    return height, width
