"""Training samples: a subject before a scene, photographed, with the coarse alpha pass 1 gives."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.coarse import cleaned, softened
from kernels.layout import Layout
from kernels.refine import upsample_band
from kernels.types import Alpha, Planes, Rgb
from models.picture import Box
from models.refiner_inputs import gather_inputs
from models.training.camera import Shot, photograph
from models.training.coarse_errors import spoil
from models.training.subjects import Subject, Texture, draw_subject
from models.training.textures import Textures

_MARGIN = 1.5
_LAYOUT = Layout("rgb", 8, 0, 0, "bt709", full_range=True)
Image = npt.NDArray[np.float32]


class Plain(NamedTuple):
    """An RGB array as a Picture.

    rgb: (H, W, 3) uint8.
    """

    rgb_: Rgb

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.rgb_.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.rgb_.shape[1])

    @property
    def planes(self) -> Planes:
        """Green, blue, red."""
        return tuple(np.ascontiguousarray(self.rgb_[..., channel]) for channel in (1, 2, 0))

    @property
    def layout(self) -> Layout:
        """8-bit RGB."""
        return _LAYOUT

    def rgb(self, height: int, width: int, box: Box | None = None) -> Rgb:
        """The picture, or `box` of it, resized by area to (height, width, 3)."""
        part = self.rgb_
        if box is not None:
            part = part[box.top : box.top + box.height, box.left : box.left + box.width]
        return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA))


class Scene(NamedTuple):
    """A picture whose truth is known.

    rgb: (H, W, 3) uint8. alpha: (H, W) float32. foreground: (H, W, 3) uint8, the subject's own
    colour. coarse: (h, w) float32 as a first pass might give it.
    """

    rgb: Rgb
    alpha: Alpha
    foreground: Rgb
    coarse: Alpha


class Sample(NamedTuple):
    """What one training step is given of a scene of side S.

    rgb, foreground: (S, S, 3) uint8; alpha, coarse: (S, S) uint16, 65535 is 1, coarse enlarged;
    cells: (S / step, S / step, CONTEXT_INPUTS) float16.
    """

    rgb: npt.NDArray[np.uint8]
    foreground: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint16]
    coarse: npt.NDArray[np.uint16]
    cells: npt.NDArray[np.float16]


def draw_scene(
    random: np.random.Generator, subject: Subject, texture: Texture, height: int, width: int
) -> Scene:
    """`subject`, moved, turned and scaled at random, before a scene made of `texture`.

    The part that is shown has a boundary in it, unless twenty tries find none.
    """
    moved = _moved(random, subject, height, width)
    shot = photograph(random, moved.alpha, moved.foreground, texture(random, height, width))
    return Scene(shot.rgb, shot.alpha, _as_bytes(shot.foreground), spoil(random, shot.alpha))


def to_sample(scene: Scene, step: int) -> Sample:
    """What the nets are given of `scene`, computed as the product does."""
    picture = Plain(scene.rgb)
    height, width = scene.alpha.shape
    coarse = softened(cleaned(scene.coarse), height, width)
    inputs = gather_inputs(picture, coarse, step)
    everywhere = np.full((-(-height // 16), -(-width // 16)), 2, np.uint8)
    enlarged = upsample_band(coarse, everywhere, height, width)
    return Sample(
        scene.rgb, scene.foreground, _fixed(scene.alpha), _fixed(enlarged),
        inputs.channels.astype(np.float16),
    )  # fmt: skip


def held_out(count: int, height: int = 480, width: int = 640) -> Iterator[Scene]:
    """`count` scenes of seeds and textures that training never uses."""
    texture = Textures()
    for number in range(count):
        random = np.random.default_rng([7919, number])
        subject = draw_subject(random, height, width, texture)
        shot = photograph(random, subject.alpha, subject.foreground, texture(random, height, width))
        yield Scene(shot.rgb, shot.alpha, _as_bytes(shot.foreground), spoil(random, shot.alpha))


def _moved(random: np.random.Generator, subject: Subject, height: int, width: int) -> Subject:
    for _ in range(20):
        moved = _turned(random, subject, height, width)
        inside, outside = (moved.alpha > 0.98).mean(), (moved.alpha < 0.02).mean()
        if min(inside, outside) > 0.03:
            break
    return moved


def _turned(random: np.random.Generator, subject: Subject, height: int, width: int) -> Subject:
    """A random view: colours are moved premultiplied, so that they stay exact."""
    rows, columns = subject.alpha.shape
    scale = float(np.exp(random.uniform(np.log(0.55), np.log(1.25))))
    scale = max(scale, height / rows * 0.7, width / columns * 0.7)
    angle = random.normal(0, 12) if random.random() < 0.8 else random.uniform(0, 360)
    room_y, room_x = max(rows - height / scale, 0) / 2, max(columns - width / scale, 0) / 2
    centre = (
        columns / 2 + random.uniform(-room_x, room_x),
        rows / 2 + random.uniform(-room_y, room_y),
    )
    turn = cv2.getRotationMatrix2D(centre, angle, scale)
    turn[:, 2] += np.array([width / 2 - centre[0], height / 2 - centre[1]])
    if random.random() < 0.5:
        turn[0] = -turn[0] + np.array([0, 0, width - 1])
    pixels = np.dstack([subject.foreground * subject.alpha[..., None], subject.alpha])
    if scale < 0.8:
        sigma = 0.45 * np.sqrt(1 / scale**2 - 1)
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma)
    filled = np.dstack([subject.foreground, subject.alpha])
    view = _warped(pixels, turn, height, width)
    continued = _warped(filled, turn, height, width)[..., :3]
    alpha = np.clip(view[..., 3], 0, 1)
    colour = view[..., :3] / np.maximum(alpha, 1e-3)[..., None]
    foreground = np.where((alpha > 0.02)[..., None], colour, continued)
    return Subject(np.ascontiguousarray(alpha), np.clip(foreground, 0, 1).astype(np.float32))


def _warped(pixels: Image, turn: npt.NDArray[Any], height: int, width: int) -> Image:
    size = (width, height)
    mode = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(pixels, turn, size, flags=cv2.INTER_LINEAR, borderMode=mode))


def _fixed(alpha: Alpha) -> npt.NDArray[np.uint16]:
    return np.asarray(alpha * np.float32(65535) + np.float32(0.5)).astype(np.uint16)


def _as_bytes(image: Image) -> Rgb:
    return np.asarray(np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


__all__ = ["Plain", "Sample", "Scene", "Shot", "draw_scene", "held_out", "to_sample"]
