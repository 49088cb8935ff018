"""Training samples: a subject before a scene, photographed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.training.camera import photograph
from models.training.chance import log_uniform
from models.training.coarse_errors import spoil
from models.training.subjects import Subject, Texture, draw_subject
from models.training.textures import Textures

Image = npt.NDArray[np.float32]


class Scene(NamedTuple):
    """A picture whose truth is known.

    rgb: (H, W, 3) uint8. alpha: (H, W) float32. foreground: (H, W, 3) uint8, the subject's own
    colour. coarse: (h, w) float32 as a first pass might give it.
    """

    rgb: Rgb
    alpha: Alpha
    foreground: Rgb
    coarse: Alpha


MASK = 104
"""Side of a mask that pass 1 gave of a sample."""


class Sample(NamedTuple):
    """What is kept of a scene of side S.

    rgb, foreground: (S, S, 3) uint8; alpha: (S, S) uint16, 65535 is 1. mask: (MASK, MASK) uint8,
    what pass 1 made of it; None where nobody asked, then the coarse alpha is spoilt anew each time
    it is used.
    """

    rgb: npt.NDArray[np.uint8]
    foreground: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint16]
    mask: npt.NDArray[np.uint8] | None = None


def draw_sample(
    random: np.random.Generator, subject: Subject, texture: Texture, side: int
) -> Sample:
    """`subject`, moved, turned and scaled at random, before a scene made of `texture`.

    The part that is shown has a boundary in it, unless twenty tries find none.
    """
    moved = _moved(random, subject, side, side)
    shot = photograph(random, moved.alpha, moved.foreground, texture(random, side, side))
    alpha = np.asarray(shot.alpha * np.float32(65535) + np.float32(0.5)).astype(np.uint16)
    return Sample(shot.rgb, as_bytes(shot.foreground), alpha)


def held_out(count: int, height: int = 480, width: int = 640) -> Iterator[Scene]:
    """`count` scenes of seeds and textures that training never uses."""
    texture = Textures()
    for number in range(count):
        random = np.random.default_rng([7919, number])
        subject = draw_subject(random, height, width, texture)
        shot = photograph(random, subject.alpha, subject.foreground, texture(random, height, width))
        yield Scene(shot.rgb, shot.alpha, as_bytes(shot.foreground), spoil(random, shot.alpha))


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
    scale = log_uniform(random, 0.55, 1.25)
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
    # A mirrored border keeps hair hair; a repeated one would draw it out into stripes.
    mode = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(pixels, turn, size, flags=cv2.INTER_LINEAR, borderMode=mode))


def as_bytes(image: Image) -> Rgb:
    """`image` in [0, 1] as uint8."""
    return np.asarray(np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
