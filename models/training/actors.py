"""Scenes of real people for pass 2: cut out, laid before rooms, masked by pass 1's own nets.

The shapes of their alpha are a teacher's (models.training.label), but of the picture that is made
of it the alpha is true. What no drawing has is what pass 1 really gets wrong of such pictures.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.segmenter import Segmenter, open_segmenter
from models.training.camera import Shot, photograph
from models.training.codec import Image
from models.training.hair import draw_hue, scatter
from models.training.layers import divided
from models.training.placing import lit, placed
from models.training.portraits import (
    Layer,
    cut_sides,
    layered,
    pictures_in,
    steepened,
    unit,
    vague,
)
from models.training.rooms import cropped
from models.training.samples import MASK, Sample, as_bytes
from models.training.textures import Textures
from stream.frame import Frame

_COARSE = 512
"""Coarse pixels along the long side of a picture, as models.segmenter gives them."""
_ASPECTS = ((9, 16), (9, 16), (9, 16), (3, 4), (4, 3), (16, 9), (1, 1))
_NETS = (
    ("hairline", "balanced", 0.55),
    ("hairline", "fast", 0.15),
    ("hairline", "best", 0.05),
    ("selfie", "balanced", 0.25),
)
_TRIES = 30


class Actor(NamedTuple):
    """A person cut out; cut: whether they go on beyond the top, left, bottom and right side."""

    premultiplied: Layer
    cut: tuple[bool, bool, bool, bool]

    def layer(self) -> Layer:
        """As models.training.placing wants it."""
        return self.premultiplied


class Actors:
    """Draws samples of people before rooms, each with the mask that pass 1 gives of it."""

    def __init__(self, photographs: Path, texture: Textures) -> None:
        """photographs: what gather filled, and label in FOLDER/fine.

        Raises ValueError when it holds no fine labels, lacks their colours, or holds no rooms.
        """
        self._folder, self._texture = photographs, texture
        self._labels = pictures_in(photographs / "fine" / "people")
        self._rooms = pictures_in(photographs / "rooms")
        own = self._own = {path.stem: path for path in pictures_in(photographs / "fine" / "own")}
        if not self._labels or not self._rooms or any(p.stem not in own for p in self._labels):
            raise ValueError(f"{photographs} lacks fine labels, colours or rooms: gather and label")

    def __call__(self, random: np.random.Generator, side: int, views: int) -> Iterator[Sample]:
        """`views` parts of one scene, (side, side) pixels each, with a boundary in them."""
        while True:
            shot = self._shot(random, side)
            mask = self._masked(random, shot.rgb)
            places = _places(random, shot.alpha, side, views)
            if places:
                break
        alpha = np.asarray(shot.alpha * np.float32(65535) + np.float32(0.5)).astype(np.uint16)
        own, coarse = as_bytes(shot.foreground), as_bytes(mask)
        for row, column in places:
            # Both grids are cut at whole cells; pixels a cell are side / MASK but for rounding.
            top, left = row * side // MASK, column * side // MASK
            part = slice(top, top + side), slice(left, left + side)
            cells = coarse[row : row + MASK, column : column + MASK]
            yield Sample(shot.rgb[part], own[part], alpha[part], cells)

    def _shot(self, random: np.random.Generator, side: int) -> Shot:
        size = _size(random, side)
        room = self._room(random, size)
        layer = lit(random, placed(random, self._actor(random), size), room)
        if random.random() < 0.25:
            layer = np.ascontiguousarray(layer)
            scatter(random, layer, draw_hue(random))
        return photograph(random, *divided(layer), room)

    def _actor(self, random: np.random.Generator) -> Actor:
        for _ in range(_TRIES):
            label = self._labels[int(random.integers(len(self._labels)))]
            found = _cut_out(label, self._own[label.stem])
            if found is not None:
                return found
        raise ValueError(f"hardly any fine label in {self._folder} is sure")

    def _room(self, random: np.random.Generator, size: tuple[int, int]) -> Image:
        if random.random() < 0.25:
            return self._texture(random, *size)
        path = self._rooms[int(random.integers(len(self._rooms)))]
        return cropped(random, unit(_read(path)), size)

    def _masked(self, random: np.random.Generator, rgb: Rgb) -> Alpha:
        """Pass 1's mask of one of the first pictures of a clip in which nobody moves."""
        net = self._nets[int(random.choice(len(_NETS), p=[chance for *_, chance in _NETS]))]
        frame = Frame.from_rgb(np.ascontiguousarray(rgb))
        mask = net(frame, None)
        for _ in range(int(random.integers(3))):
            mask = net(frame, 1 / 30)
        return mask

    @cached_property
    def _nets(self) -> Sequence[Segmenter]:
        return [open_segmenter(name, quality) for name, quality, _ in _NETS]


def _size(random: np.random.Generator, side: int) -> tuple[int, int]:
    """(height, width) of a picture of which MASK coarse pixels cover `side`."""
    tall, wide = _ASPECTS[int(random.integers(len(_ASPECTS)))]
    longest = _COARSE * side / MASK / max(tall, wide)
    return round(tall * longest), round(wide * longest)


def _cut_out(label: Path, colours: Path) -> Actor | None:
    """The person of a label in their own colours; None where it is in doubt far from any edge."""
    alpha = steepened(unit(_read(label, cv2.IMREAD_GRAYSCALE)))
    sure = alpha > 0.5
    if vague(alpha).sum() > 0.004 * sure.sum() or not 0.05 < sure.mean() < 0.95:
        return None
    return Actor(layered(_read(colours), alpha), cut_sides(sure))


def _places(
    random: np.random.Generator, alpha: Alpha, side: int, count: int
) -> list[tuple[int, int]]:
    """Coarse rows and columns where windows of `side` begin that show both sides of an edge."""
    found: list[tuple[int, int]] = []
    rows, columns = (length * MASK // side - MASK for length in alpha.shape)
    ys, xs = np.nonzero((alpha[::4, ::4] > 0.1) & (alpha[::4, ::4] < 0.9))
    for _ in range(_TRIES * count if len(ys) else 0):
        n = int(random.integers(len(ys)))
        row, column = (
            int(np.clip(at * 4 * MASK // side - MASK * random.uniform(0.2, 0.8), 0, most))
            for at, most in ((ys[n], rows), (xs[n], columns))
        )
        top, left = row * side // MASK, column * side // MASK
        part = alpha[top : top + side, left : left + side]
        if min((part > 0.98).mean(), (part < 0.02).mean()) > 0.03:
            found.append((row, column))
        if len(found) == count:
            return found
    return []


def _read(path: Path, how: int = cv2.IMREAD_COLOR) -> npt.NDArray[np.uint8]:
    read = np.asarray(cv2.imread(str(path), how), np.uint8)
    return read if read.ndim == 2 else np.ascontiguousarray(read[..., ::-1])
