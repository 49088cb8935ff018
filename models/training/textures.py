"""Colours to fill subjects and scenes with: pieces of photographs, and synthesised ones."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from kernels.types import Rgb
from models.training.chance import log_uniform
from models.training.codec import Field, Image, blurred
from models.training.synthesis import synthesise

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_LONG_SIDE = 1600
_SHORTEST = 64
_KEPT = 32
_SLOTS = 24
_CROPS = 6
_SYNTHESISED = 1 / 3
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Textures:
    """Draws a random texture at each call.

    Photographs are decoded seldom: a few dozen lie ready, and each gives several textures before
    another takes its place. So a texture follows from the generator and from the calls before it;
    a new object and an equal generator give equal textures in turn.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """folders: where photographs (jpg, png, webp) lie, however deep; each is drawn from in
        proportion to the root of its number of photographs.

        Raises ValueError when one is no folder.
        """
        for folder in folders:
            if not Path(folder).is_dir():
                raise ValueError(f"photographs are taken from folders, {folder} is none")
        self._albums = [_listed(Path(folder)) for folder in folders]
        self._read = lru_cache(_KEPT)(_read)
        self._slots: dict[int, tuple[Path, int]] = {}

    def __call__(self, random: np.random.Generator, height: int, width: int) -> Image:
        """A texture (height, width, 3) float32 RGB in [0, 1].

        Raises ValueError when a side is below 1.
        """
        if min(height, width) < 1:
            raise ValueError(f"a texture has pixels, got {height} x {width}")
        texture = self._plain(random, height, width)
        if random.random() < 0.15:
            weight = _beam(random, height, width)[..., None]
            texture += (self._plain(random, height, width) - texture) * weight
        return texture

    def _plain(self, random: np.random.Generator, height: int, width: int) -> Image:
        photograph = None if random.random() < _SYNTHESISED else self._photograph(random)
        if photograph is None:
            return synthesise(random, height, width)
        texture = _graded(random, _piece(random, photograph, height, width))
        if random.random() < 0.25:
            texture = blurred(texture, float(np.exp(random.uniform(-0.7, 2.2))))
        return texture

    def _photograph(self, random: np.random.Generator) -> Rgb | None:
        """One of those that lie ready, None when no path can be read."""
        slot = int(random.integers(_SLOTS))
        path, left = self._slots.get(slot, (None, 0))
        while any(self._albums) and (path is None or left == 0):
            # A small folder of rooms shall be seen beside thousands of other pictures.
            shares = np.sqrt([len(album) for album in self._albums])
            album = self._albums[int(random.choice(len(shares), p=shares / shares.sum()))]
            path, left = album[int(random.integers(len(album)))], _CROPS
            if self._read(path) is None:
                album.remove(path)
                path = None
        if path is None:
            return None
        self._slots[slot] = (path, left - 1)
        return self._read(path)


def _listed(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)


def _read(path: Path) -> Rgb | None:
    """The photograph (H, W, 3) uint8, its long side at most _LONG_SIDE, None when of no use."""
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None or min(read.shape[:2]) < _SHORTEST:
        return None
    scale = _LONG_SIDE / max(read.shape[:2])
    if scale < 1:
        read = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(read[..., ::-1], np.uint8)


def _piece(random: np.random.Generator, photograph: Rgb, height: int, width: int) -> Rgb:
    """A crop of the wanted aspect, enlarged up to 5 times or shrunk up to 3, perhaps mirrored."""
    rows, columns = photograph.shape[:2]
    most = min(rows / height, columns / width)
    step = min(log_uniform(random, 0.2, 3), most)
    tall, wide = (max(1, min(int(side * step), end)) for side, end in
                  ((height, rows), (width, columns)))  # fmt: skip
    top, left = int(random.integers(rows - tall + 1)), int(random.integers(columns - wide + 1))
    crop = photograph[top : top + tall, left : left + wide]
    way = cv2.INTER_AREA if step > 1 else cv2.INTER_CUBIC
    piece = np.asarray(cv2.resize(crop, (width, height), interpolation=way), np.uint8)
    if random.random() < 0.5:
        piece = piece[:, ::-1]
    if random.random() < 0.1:
        piece = piece[::-1]
    return np.ascontiguousarray(piece)


def _graded(random: np.random.Generator, piece: Rgb) -> Image:
    """`piece` as float32 in [0, 1] in another light, with another contrast and saturation."""
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gain = np.exp(random.normal(0, 0.25) + random.normal(0, 0.08, 3))
    curve = levels ** np.exp(random.normal(0, 0.25)) * gain + random.normal(0, 0.04)
    table = np.ascontiguousarray(np.clip(curve, 0, 1)[None], np.float32)
    graded = np.asarray(cv2.LUT(piece, table), np.float32)
    if random.random() < 0.3:
        keep = np.float32(random.choice([0.0, random.uniform(0.2, 1), random.uniform(1, 1.6)]))
        matrix = keep * np.eye(3, dtype=np.float32) + (1 - keep) * _LUMA
        graded = np.clip(cv2.transform(graded, matrix), 0, 1).astype(np.float32)
    return graded


def _beam(random: np.random.Generator, height: int, width: int) -> Field:
    """1 on a straight strip, narrow as a pole or wide as a wall, 0 beside it."""
    angle = random.normal(0, 0.05) + random.choice([0, np.pi / 2, random.uniform(0, np.pi)])
    y, x = np.ogrid[:height, :width]
    across = (x - random.uniform(0, width)) * np.cos(angle)
    across = across + (y - random.uniform(0, height)) * np.sin(angle)
    reach = log_uniform(random, 0.01, 0.8) * max(height, width)
    sharp = log_uniform(random, 0.15, 1)
    return np.asarray(np.clip((reach - np.abs(across)) * sharp + 0.5, 0, 1), np.float32)
