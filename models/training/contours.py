"""Bodies with smooth outlines: what they are made of, blobs, and edges seen closely."""

from typing import NamedTuple

import numpy as np

from kernels.strokes import Strokes, paint_strokes
from kernels.types import Alpha
from models.training.codec import Image, blurred, grain, smooth_noise
from models.training.layers import (
    Canvas,
    Points,
    Texture,
    blank,
    curve,
    filled,
    joined,
    lay,
    shaded,
    softened,
    softness,
    turned,
)

_SKINS = np.array(
    [[0.22, 0.13, 0.10], [0.42, 0.27, 0.19], [0.68, 0.48, 0.37], [0.86, 0.67, 0.57],
     [0.96, 0.82, 0.75]], np.float32,
)  # fmt: skip


class Head(NamedTuple):
    """Where hair grows: an ellipse. centre: x and y; radii: (2,) pixels; tilt: radians."""

    centre: Points
    radii: Points
    tilt: float


class Body(NamedTuple):
    """A painted body.

    canvas: as layers says; coverage: (H, W), where it is, before defocus; head: where hair can
    grow, if it has one; scale: pixels of half a head's height, or of what is as large.
    """

    canvas: Canvas
    coverage: Alpha
    head: Head | None
    scale: float


def skin(random: np.random.Generator, height: int, width: int) -> Image:
    """Skin of a random tone, (height, width, 3) float32 in [0, 1]."""
    tone = float(random.uniform(0, len(_SKINS) - 1))
    colour = np.array([np.interp(tone, range(len(_SKINS)), _SKINS[:, n]) for n in range(3)])
    blush = smooth_noise(random, height, width, random.uniform(8, 60), 2)[..., None]
    pores = blurred(grain(random, height, width, 1)[..., 0], random.uniform(0.5, 1.2))
    light = (1 + random.uniform(0, 0.04) * pores)[..., None]
    warm = colour * random.uniform(0.8, 1.1) + blush * np.array([0.01, -0.003, -0.004])
    return np.asarray(np.clip(warm * light, 0, 1), np.float32)


def limbs(lines: list[Points], widths: list[Points], height: int, width: int) -> Alpha:
    """The coverage of round-ended, tapered limbs along `lines`, (n, 2) each, `widths` (n,) wide."""
    canvas = blank(height, width)
    points = np.concatenate(lines).astype(np.float32)
    starts = np.cumsum([0] + [len(line) for line in lines]).astype(np.int64)
    wide = np.concatenate(widths).astype(np.float32)
    colours = np.ones((len(points), 4), np.float32)
    paint_strokes(Strokes(points, wide, colours, starts), canvas)
    return np.ascontiguousarray(canvas[..., 3])


def tube(knots: Points, wide: Points) -> tuple[Points, Points]:
    """A smooth open line through `knots`, and the widths along it."""
    line = curve(np.asarray(knots), 8, closed=False)
    place = np.linspace(0, len(wide) - 1, len(line))
    return line, np.interp(place, range(len(wide)), np.asarray(wide))


def blob(random: np.random.Generator, centre: Points, radius: float, rough: float) -> Points:
    """Knots (n, 2) of a random roundish outline."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    reach = np.ones(28)
    for wave in range(1, 6):
        amplitude = rough * random.normal(0, 0.5) / wave
        reach += amplitude * np.cos(wave * angles + random.uniform(0, 2 * np.pi))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.maximum(reach, 0.2)[:, None]
    ring[:, 1] *= random.uniform(0.7, 1.4)
    return np.asarray(centre + radius * turned(ring, np.zeros(2), random.uniform(0, np.pi)))


def draw_blob(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A roundish thing, or an animal's body, partly out of the picture."""
    side = min(height, width)
    radius = side * random.uniform(0.25, 0.55)
    centre = np.array([width, height]) * random.uniform(0.2, 0.8, 2)
    coverage = filled(blob(random, centre, radius, 0.35), height, width)
    colour = texture(random, height, width)
    return painted(random, [(coverage, colour)], None, radius)


def draw_edge(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A shoulder, a back, a cheek seen so closely that one edge runs through the picture."""
    side, middle = max(height, width), np.array([width, height]) / 2
    along = np.linspace(-1.5, 1.5, 12)
    wander = np.cumsum(np.cumsum(random.normal(0, 0.02 + 0.05 * random.random(), 12)))
    across = random.uniform(-0.12, 0.12) + random.normal(0, 0.15) * along**2 + wander - wander[6]
    top = np.stack([along, np.clip(across, -0.4, 0.5)], axis=1)
    knots = np.concatenate([top, [[2.0, 1.0], [1.5, 3.0], [-1.5, 3.0], [-2.0, 1.0]]]) * side
    place = turned(knots + middle, middle, random.uniform(0, 2 * np.pi))
    coverage = filled(place, height, width)
    bare = random.random() < 0.4
    colour = skin(random, height, width) if bare else texture(random, height, width)
    return painted(random, [(coverage, colour)], None, side * 0.4)


def painted(
    random: np.random.Generator,
    layers: list[tuple[Alpha, Image]],
    head: Head | None,
    scale: float,
) -> Body:
    """Shade each layer and paint one over the other, all with one softness."""
    height, width = layers[0][0].shape
    canvas, total = blank(height, width), np.zeros((height, width), np.float32)
    soft = softness(random, height, width)
    for coverage, colour in layers:
        lay(canvas, softened(coverage, soft), shaded(random, coverage, colour, 0.35 * scale))
        total = joined(total, coverage)
    return Body(canvas, total, head, scale)
