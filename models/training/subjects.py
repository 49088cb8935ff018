"""Subjects drawn at random whose alpha and own colour are known exactly."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha
from models.training.coats import draw_curtain, dress_fur, dress_mass, hang_tail
from models.training.codec import Image
from models.training.contours import Body, draw_blob, draw_edge
from models.training.fabrics import drape, fray, trim
from models.training.hair import draw_hue, dress_head, scatter
from models.training.layers import Canvas, Texture, divided, lay_canvas
from models.training.people import draw_bust, draw_figure, draw_hand
from models.training.plants import draw_feather, draw_leaves
from models.training.veils import cables, glaze, headset, moving, spectacles, steam

__all__ = ["Subject", "Texture", "draw_subject"]

SMALLEST = 32
"""Pixels of the shortest side a subject is drawn on."""

_TRIES = 4
_SURE = 0.995

Family = Callable[[np.random.Generator, int, int, Texture], Canvas]


class Subject(NamedTuple):
    """A subject before nothing.

    alpha: (H, W) float32 in [0, 1], the exact share of each pixel. foreground: (H, W, 3) float32
    in [0, 1], display-referred RGB: the subject's own, unmixed colour wherever alpha is above
    1 / 255, continued smoothly elsewhere.
    """

    alpha: Alpha
    foreground: Image


def draw_subject(random: np.random.Generator, height: int, width: int, texture: Texture) -> Subject:
    """A random subject, or part of one, with a boundary: hair, fur, cloth, hands, glass, smoke.

    texture: gives what clothes and things are coloured with. Nearly always some of the picture is
    surely the subject and some surely not, a twelfth of the shortest side wide.
    Raises ValueError when a side is shorter than SMALLEST.
    """
    if min(height, width) < SMALLEST:
        raise ValueError(f"subjects need {SMALLEST} pixels a side, got {height} x {width}")
    for _ in range(_TRIES):
        family = _FAMILIES[int(random.choice(len(_FAMILIES), p=_WEIGHTS))]
        canvas = family(random, height, width, texture)
        if random.random() < 0.12:
            scatter(random, canvas, draw_hue(random))
        if _has_both(np.ascontiguousarray(canvas[..., 3])):
            break
    return Subject(*divided(canvas))


def _head(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    """A bust or a whole small person with hair, and perhaps what one wears."""
    draw = draw_bust if random.random() < 0.85 else draw_figure
    body = draw(random, height, width, texture)
    canvas, hue = body.canvas, draw_hue(random)
    if body.head is None:
        return canvas
    if random.random() < 0.92:
        canvas = dress_head(random, body, body.head, hue)
    if random.random() < 0.15:
        side = float(random.choice([-1, 1]))
        root = body.head.centre + body.head.radii * [0.95 * side, 0.1]
        angle = np.pi / 2 - side * random.uniform(0, 0.7)
        hang_tail(random, canvas, root, angle, body.scale * 0.3, hue)
    if random.random() < 0.25:
        spectacles(random, canvas, body.head)
    if random.random() < 0.12:
        headset(random, canvas, body.head)
    if random.random() < 0.08:
        drape(random, canvas, body, texture)
    return canvas


def _mass(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    return dress_mass(random, _any_body(random, height, width, texture))


def _fur(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    return dress_fur(random, _any_body(random, height, width, texture))


def _hanging(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    canvas = draw_curtain(random, height, width)
    if random.random() < 0.5:
        below = canvas
        canvas = _any_body(random, height, width, texture).canvas
        lay_canvas(canvas, below)
    return canvas


def _plant(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    body = _any_body(random, height, width, texture)
    draw = draw_leaves if random.random() < 0.6 else draw_feather
    draw(random, body.canvas)
    return body.canvas


def _plain(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    draw = (draw_blob, draw_edge, draw_bust, draw_hand, draw_figure)[
        int(random.choice(5, p=[0.1, 0.2, 0.25, 0.3, 0.15]))
    ]
    body = draw(random, height, width, texture)
    if random.random() < 0.12:
        cables(random, body.canvas)
    return body.canvas


def _cloth(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    draw = draw_bust if random.random() < 0.3 else draw_edge
    body = draw(random, height, width, texture)
    kind = random.random()
    if kind < 0.5:
        trim(random, body.canvas, body, texture)
    elif kind < 0.75:
        fray(random, body.canvas, body)
    else:
        drape(random, body.canvas, body, texture)
    return body.canvas


def _clear(random: np.random.Generator, height: int, width: int, texture: Texture) -> Canvas:
    kind = random.random()
    if kind < 0.35:
        draw = draw_hand if random.random() < 0.7 else draw_bust
        return moving(random, draw(random, height, width, texture).canvas)
    canvas = _plain(random, height, width, texture)
    if kind < 0.75:
        glaze(random, canvas)
    else:
        steam(random, canvas)
    return canvas


def _any_body(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    return (draw_blob if random.random() < 0.5 else draw_edge)(random, height, width, texture)


def _has_both(alpha: Alpha) -> bool:
    """Whether a square of a twelfth of the shortest side is sure on either side."""
    side = max(min(alpha.shape) // 12, 3)
    inside = cv2.erode(alpha, np.ones((side, side), np.uint8), borderValue=0)
    outside = cv2.dilate(alpha, np.ones((side, side), np.uint8), borderValue=1)
    return bool(inside.max() > _SURE and outside.min() < 1 - _SURE)


_FAMILIES: tuple[Family, ...] = (_head, _mass, _fur, _hanging, _plant, _plain, _cloth, _clear)
_WEIGHTS = (0.3, 0.1, 0.09, 0.07, 0.04, 0.15, 0.13, 0.12)
