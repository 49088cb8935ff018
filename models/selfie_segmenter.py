"""Find the subjects with one look at the whole frame, then zoom in on each.

The nets keep the frame's own aspect: being convolutional they take any size, and letterboxing
a frame adds half to their error. The general net finds and zooms better than the landscape net,
on every size measured with benchmarks/pass1_fusion.py.
"""

from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from models.finding import Finding
from models.fusion import fuse
from models.picture import Picture
from models.segmenter import coarse_size
from models.selfie_runner import Selfie
from models.subject_box import EVIDENCE, Extent, SubjectBoxes
from models.window import Window, lay, see, tile_size

_ROUNDING = 1e-6
_RIM = 2
"""A subject this near the edge of its box, in coarse pixels, may go on beyond it."""


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
    """The MediaPipe Selfie nets, looking first far, then near."""

    def __init__(self, quality: str = "balanced") -> None:
        """Raises WeightsError when a net cannot be loaded."""
        self._recipe = RECIPES[quality]
        self._nets = {name: Selfie(name) for name in nets_of(self._recipe)}
        self._boxes = SubjectBoxes()
        self.reset()

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._boxes.reset()
        self._last: Alpha | None = None
        self._since_find = 0.0
        self._finding: Finding | None = None

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        size = coarse_size(picture.height, picture.width)
        if dt is None or self._last is None or self._last.shape != size:
            self.reset()
            dt = None
        evidence = np.zeros(size, np.float32) if self._last is None else self._last
        self._since_find += dt or 0.0
        found = self._found(picture, dt or 0.0)
        if found is not None:
            evidence = np.maximum(evidence, found)
        boxes = self._boxes.follow(evidence, dt)
        alpha = self._zoom(picture, boxes, size)
        if found is None and _escapes(alpha, boxes):
            evidence = np.maximum(alpha, self._find(picture))
            alpha = self._zoom(picture, self._boxes.follow(evidence, dt), size)
        self._last = alpha
        return alpha

    def _found(self, picture: Picture, dt: float) -> Alpha | None:
        """What a look at the whole frame finds; None where none was due.

        Where a subject is known, such a look runs beside the picture's other work, and counts for
        the next one, `dt` seconds on: else every few pictures would take twice as long.
        """
        if self._last is None or not (self._last > EVIDENCE).any():
            self._finding = None
            return self._find(picture)
        found = None if self._finding is None else self._laid(self._finding.alpha(), picture)
        self._finding = None
        if self._recipe.find_every == 0:
            return self._find(picture)
        if self._since_find + dt >= self._recipe.find_every - _ROUNDING:
            self._since_find = 0.0
            self._finding = Finding(self._nets[_FIND.net], _whole(picture))
        return found

    def _find(self, picture: Picture) -> Alpha:
        self._since_find = 0.0
        return self._laid(self._look(_FIND, _whole(picture)), picture)

    def _laid(self, alpha: Alpha, picture: Picture) -> Alpha:
        window = Window(0, 0, picture.height, picture.width)
        return lay(alpha, window, picture, *coarse_size(picture.height, picture.width))

    def _zoom(self, picture: Picture, boxes: list[Extent], size: tuple[int, int]) -> Alpha:
        out = np.zeros(size, np.float32)
        for box in boxes:
            window = _window(box, size, picture)
            largest = max(look.area for look in self._recipe.looks)
            rgb = see(picture, window, *tile_size(window, largest))
            alphas = []
            for look in self._recipe.looks:
                alpha = self._look(look, _shrunk(rgb, *tile_size(window, look.area)))
                alphas.append(lay(alpha, window, picture, *size))
            np.maximum(out, fuse(alphas), out=out)
        return out

    def _look(self, look: Look, rgb: Rgb) -> Alpha:
        net = self._nets[look.net]
        if not look.mirrored:
            return np.asarray(net(rgb[None])[0], np.float32)
        flipped = net(np.ascontiguousarray(rgb[:, ::-1])[None])[0]
        return np.asarray(np.ascontiguousarray(flipped[:, ::-1]), np.float32)


def _whole(picture: Picture) -> Rgb:
    window = Window(0, 0, picture.height, picture.width)
    return see(picture, window, *tile_size(window, _FIND.area))


def _shrunk(rgb: Rgb, height: int, width: int) -> Rgb:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA))


def _window(box: Extent, size: tuple[int, int], picture: Picture) -> Window:
    """The picture's pixels under a box of the coarse grid."""
    scale_y, scale_x = picture.height / size[0], picture.width / size[1]
    top, left = int(box.top * scale_y), int(box.left * scale_x)
    bottom = min(-int(-box.bottom * scale_y // 1), picture.height)
    right = min(-int(-box.right * scale_x // 1), picture.width)
    return Window(top, left, max(bottom - top, 1), max(right - left, 1))


def _escapes(alpha: Alpha, boxes: list[Extent]) -> bool:
    """Whether a subject touches its box where the picture goes on."""
    height, width = alpha.shape
    for box in boxes:
        top, left, bottom, right = (int(edge) for edge in box)
        inside = alpha[top:bottom, left:right] > EVIDENCE
        if inside.size and (
            (top > 0 and inside[:_RIM].any())
            or (left > 0 and inside[:, :_RIM].any())
            or (bottom < height and inside[-_RIM:].any())
            or (right < width and inside[:, -_RIM:].any())
        ):
            return True
    return False
