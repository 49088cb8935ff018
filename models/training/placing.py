"""Puts the people of a photograph into a picture, cut off nowhere but at its sides."""

from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from models.training.chance import log_uniform
from models.training.portraits import Layer

Float = npt.NDArray[np.float32]


class CutOut(Protocol):
    """People without what is behind them; cut: see Portrait."""

    @property
    def cut(self) -> tuple[bool, bool, bool, bool]:
        """Top, left, bottom, right."""

    def layer(self) -> Layer:
        """The people alone."""


def placed(random: np.random.Generator, portrait: CutOut, size: tuple[int, int]) -> Layer:
    """The people of a portrait in a picture of `size`, cut off nowhere but at its sides."""
    layer = portrait.layer()
    rows = np.flatnonzero((layer[..., 3] > 0.5).any(axis=1))
    columns = np.flatnonzero((layer[..., 3] > 0.5).any(axis=0))
    top, left, bottom, right = portrait.cut
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if bottom:
        scale = size[0] * random.uniform(0.4, 1.25) / tall
    else:
        scale = size[0] * log_uniform(random, 0.3, 1.8) / tall
    if left and right:
        scale = max(scale, size[1] / wide)
    elif left or right:
        scale = max(scale, 0.4 * size[1] / wide)
    if top and bottom:
        scale = max(scale, size[0] / tall)
    scale = min(scale, 6 * max(size) / max(tall, wide))
    y = _position(random, size[0], rows[0] * scale, (rows[-1] + 1) * scale, top, bottom, low=True)
    x = _position(random, size[1], columns[0] * scale, (columns[-1] + 1) * scale, left, right)
    shrink = max(1.0, 1 / scale)
    small = shrunk(layer, shrink)
    move = np.array([[scale * shrink, 0, x], [0, scale * shrink, y]])
    # One that is cut at a side is placed at or beyond that side of the picture, and goes on there.
    out = cv2.warpAffine(small, move, size[::-1], borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, np.float32)


def _position(
    random: np.random.Generator, size: int, first: float, end: float, before: bool, after: bool,
    low: bool = False,
) -> float:  # fmt: skip
    """Where to begin, so that [first, end) lies in [0, size) but for the sides it is cut at."""
    length = end - first
    if before and after:
        return -first - random.uniform(0, max(length - size, 0))
    if after:
        return size - end + random.uniform(0, 0.12) * length
    if before:
        return -first - random.uniform(0, 0.12) * length
    if low:
        # Somebody who is shown whole stands on the ground, or goes on below.
        return (
            size * random.uniform(0.75, 1.0) - end + max(0.0, length - size) * random.uniform(0, 1)
        )
    # Seven tenths of whoever fits are in the picture, and who does not fit fills it.
    least, most = sorted((-0.3 * length, size - 0.7 * length))
    return random.uniform(least, most) - first


def lit(random: np.random.Generator, layer: Layer, room: Float) -> Layer:
    """`layer` with its mean colour somewhat nearer to that of the room, and of another exposure."""
    own = (layer[..., :3].sum(axis=(0, 1)) + 1e-3) / (layer[..., 3].sum() + 1e-3)
    gain = ((room.mean(axis=(0, 1)) + 0.1) / (own + 0.1)) ** random.uniform(0, 0.8)
    gain = gain.clip(0.4, 1.6) * np.exp(random.normal(0, 0.1))
    colour = layer[..., :3] * gain.astype(np.float32)
    return np.dstack([np.minimum(colour, layer[..., 3:]), layer[..., 3:]])


def glared(random: np.random.Generator, layer: Layer) -> Layer:
    """`layer` in strong light from a side, in which limbs and faces lose their colour."""
    height, width = layer.shape[:2]
    angle, reach = random.uniform(0, 2 * np.pi), random.uniform(0.3, 1.2)
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in (height, width))
    towards = x * np.float32(np.cos(angle)) + y[:, None] * np.float32(np.sin(angle))
    strength = np.float32(random.uniform(0.4, 2))
    colour = layer[..., :3] * (1 + strength * (towards * reach).clip(0, 1)[..., None])
    return np.dstack([np.minimum(colour, layer[..., 3:]), layer[..., 3:]])


def shrunk(plane: npt.NDArray[Any], by: float) -> npt.NDArray[Any]:
    """`plane`, `by` times smaller; as it is where that would enlarge it."""
    if by <= 1:
        return plane
    size = max(1, round(plane.shape[1] / by)), max(1, round(plane.shape[0] / by))
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
