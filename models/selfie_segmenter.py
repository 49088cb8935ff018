"""Pass 1 by the MediaPipe Selfie nets, looking first far, then near.

The general net finds and zooms better than the landscape net, on every size measured with
benchmarks/pass1_fusion.py.
"""

from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from models.fusion import fuse
from models.picture import Picture
from models.selfie_runner import Selfie
from models.window import Window, see, tile_size
from models.zoom import Zoom


class Look(NamedTuple):
    """One run of a net: which, on how many pixels, and whether on the mirror image."""

    net: str
    area: int
    mirrored: bool = False


class Recipe(NamedTuple):
    """The looks at a subject, and the longest time in seconds between looks at the whole frame."""

    looks: tuple[Look, ...]
    find_every: float


_FIND = Look("selfie_general", 256**2)
_TWO = (_FIND, Look("selfie_general", 320**2, mirrored=True))
RECIPES = {
    "fast": Recipe((_FIND,), 0.5),
    "balanced": Recipe(_TWO, 0.1),
    "best": Recipe(
        (*_TWO, Look("selfie_general", 256**2, mirrored=True), Look("selfie_general", 384**2)), 0.0
    ),
}
"""More pixels sharpen the edge and lose the sense of the whole; the mirror image errs elsewhere."""


def nets_of(recipe: Recipe) -> frozenset[str]:
    """The names of the weights that `recipe` cannot do without."""
    return frozenset(look.net for look in (_FIND, *recipe.looks))


class SelfieSegmenter:
    """The Selfie nets behind models.zoom."""

    def __init__(self, quality: str = "balanced") -> None:
        """Raises WeightsError when a net cannot be loaded."""
        self._recipe = RECIPES[quality]
        self._nets = {name: Selfie(name) for name in nets_of(self._recipe)}
        self._zoom = Zoom((self._far,), _FIND.area, self._near, self._recipe.find_every)

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._zoom.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        return self._zoom(picture, dt)

    def _far(self, rgb: Rgb) -> Alpha:
        return self._look(_FIND, rgb)

    def _near(self, picture: Picture, window: Window) -> Alpha:
        largest = tile_size(window, max(look.area for look in self._recipe.looks))
        rgb = see(picture, window, *largest)
        looks = [
            self._look(look, _shrunk(rgb, *tile_size(window, look.area)))
            for look in self._recipe.looks
        ]
        return fuse([_enlarged(alpha, *largest) for alpha in looks])

    def _look(self, look: Look, rgb: Rgb) -> Alpha:
        net = self._nets[look.net]
        if not look.mirrored:
            return np.asarray(net(rgb[None])[0], np.float32)
        flipped = net(np.ascontiguousarray(rgb[:, ::-1])[None])[0]
        return np.asarray(np.ascontiguousarray(flipped[:, ::-1]), np.float32)


def _shrunk(rgb: Rgb, height: int, width: int) -> Rgb:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA))


def _enlarged(alpha: Alpha, height: int, width: int) -> Alpha:
    if alpha.shape == (height, width):
        return alpha
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR))
