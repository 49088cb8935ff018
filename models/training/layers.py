"""A picture built in layers, whose alpha and colour stay apart and exact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.outline import fill_outline
from kernels.pyramid import pull_push
from kernels.types import Alpha
from models.training.codec import Field, Image, blurred, smooth_noise

Canvas = npt.NDArray[np.float32]
"""(H, W, 4) float32 in [0, 1]: colour times alpha, and alpha."""
Points = npt.NDArray[Any]
"""(n, 2) x and y in pixels, the first pixel's centre at (0.5, 0.5)."""
Colour = npt.NDArray[Any]
"""(3,) one RGB colour, or (H, W, 3) one a pixel, in [0, 1]."""
Texture = Callable[[np.random.Generator, int, int], Image]
"""(random, height, width) -> (height, width, 3) float32 in [0, 1]."""

_LEAST = np.float32(1 / 255)
_BLURS = (0.7, 1.5, 3.0)


def blank(height: int, width: int) -> Canvas:
    """A canvas without anything on it."""
    return np.zeros((height, width, 4), np.float32)


def lay(canvas: Canvas, alpha: Alpha, colour: Colour) -> None:
    """Lay `colour` (H, W, 3) or (3,), with `alpha` (H, W), over `canvas`, which is written."""
    through = 1 - alpha
    canvas *= through[..., None]
    canvas[..., :3] += alpha[..., None] * colour
    canvas[..., 3] += alpha


def lay_canvas(canvas: Canvas, above: Canvas) -> None:
    """Lay `above` over `canvas`, which is written."""
    canvas *= 1 - above[..., 3:]
    canvas += above


def divided(canvas: Canvas) -> tuple[Alpha, Image]:
    """The alpha, and the subject's own colour: unmixed where alpha is above 1 / 255.

    Elsewhere the colour is faded in from around. Both float32 in [0, 1].
    """
    alpha = np.clip(canvas[..., 3], 0, 1)
    known = alpha > _LEAST
    share = np.where(known, alpha, 1)
    colours = np.zeros_like(canvas)
    colours[..., :3] = canvas[..., :3] / share[..., None]
    filled, _ = pull_push(colours, known.astype(np.float32))
    return np.ascontiguousarray(alpha), np.ascontiguousarray(np.clip(filled[..., :3], 0, 1))


def shaded(random: np.random.Generator, coverage: Alpha, colour: Image, depth: float) -> Image:
    """`colour` lit from one side as if `coverage` were the plan of a rounded body.

    depth: pixels from the outline to where the body is flat. Returns (H, W, 3) float32 in [0, 1].
    """
    height = blurred(coverage, max(depth, 0.5))
    down, across = np.gradient(height)
    angle, strength = random.uniform(-np.pi, 0), random.uniform(0.1, 0.7) * depth
    # The blurred plan is linear within coarse cells; its slope would show them as steps.
    slope = np.asarray(across * np.cos(angle) + down * np.sin(angle), np.float32)
    slope = blurred(slope, depth)
    light = 1 - np.float32(strength) * slope
    folds = smooth_noise(
        random, coverage.shape[0], coverage.shape[1], random.uniform(0.5, 3) * depth + 8
    )
    light = light * (1 + np.float32(random.uniform(0, 0.08)) * folds)
    edge = 1 + random.uniform(-0.5, 0.35) * (1 - np.clip(2 * height - 1, 0, 1))
    return np.asarray(np.clip(colour * (light * edge)[..., None], 0, 1), np.float32)


def softness(random: np.random.Generator, height: int, width: int) -> Field:
    """How far out of focus an outline is, here and there: (height, width) as `softened` takes."""
    if random.random() < 0.35:
        return np.zeros((height, width), np.float32)
    noise = smooth_noise(random, height, width, random.uniform(60, 300))
    wanted = noise * random.uniform(0, 1) + np.float32(random.normal(0.3, 0.7))
    return np.asarray(np.clip(wanted, 0, len(_BLURS)), np.float32)


def softened(coverage: Alpha, softness: Field) -> Alpha:
    """`coverage` blurred where `softness` is 1, 2, 3 by as many pixels as _BLURS says, not at 0."""
    total = coverage * np.clip(1 - softness, 0, 1)
    for number, sigma in enumerate(_BLURS, 1):
        share = np.clip(1 - np.abs(softness - number), 0, 1)
        if share.any():
            total += blurred(coverage, sigma) * share
    return np.asarray(total, np.float32)


def curve(knots: Points, count: int = 16, closed: bool = True) -> Points:
    """A smooth line (m, 2) float32 through all `knots`, `count` points between two of them."""
    if closed:
        around = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        around = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    a, b, c, d = (around[n : len(around) - 3 + n, None] for n in range(4))
    t = np.linspace(0, 1, count, endpoint=False)[None, :, None]
    line = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    line = line.reshape(-1, 2)
    return (line if closed else np.concatenate([line, knots[-1:]])).astype(np.float32)


def filled(knots: Points, height: int, width: int) -> Alpha:
    """The coverage (height, width) of the smooth closed outline through `knots`."""
    return fill_outline(curve(knots), height, width)


def joined(first: Alpha, second: Alpha) -> Alpha:
    """What either covers."""
    return np.asarray(np.maximum(first, second))


def turned(points: Points, centre: Points, angle: float, scale: float = 1.0) -> Points:
    """`points` (..., 2) turned by `angle` radians, clockwise as seen, and scaled about `centre`."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((points - centre) @ (turn * scale) + centre)
