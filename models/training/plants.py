"""Grass, leaves and feathers."""

import numpy as np

from models.training.dyes import Hue, paint
from models.training.layers import Canvas, Points
from models.training.strands import Grown, Style, grow


def draw_leaves(random: np.random.Generator, canvas: Canvas) -> None:
    """Blades of grass or slim leaves that grow up into the picture, over `canvas`."""
    height, width = canvas.shape[:2]
    length = height * random.uniform(0.25, 0.8)
    style = Style(
        length,
        float(np.clip(length * random.uniform(0.008, 0.04), 0.8, 7)),
        clump=int(random.integers(2, 6)),
        spread=length * 0.02,
        tightness=random.uniform(-6, -1),
        bend=random.uniform(0.3, 1.0),
        sway=0.1,
        gravity=random.uniform(0, 0.15),
        frizz=1.0,
        uneven=0.8,
        taper=0.05,
    )
    count = int(random.integers(12, 150))
    roots = np.stack([random.uniform(-0.1, 1.1, count) * width,
                      height * random.uniform(0.9, 1.1, count)], axis=1)  # fmt: skip
    angles = -np.pi / 2 + random.normal(0, 0.35, count)
    green = np.array([0.25, 0.4, 0.12]) * np.exp(random.normal(0, 0.4, 3))
    hue = Hue(np.clip(green, 0, 1), np.clip(green * random.uniform(1, 2), 0, 1), 0.2, 0.25)
    paint(random, canvas, grow(random, roots, angles, style), style, hue)


def draw_feather(random: np.random.Generator, canvas: Canvas) -> None:
    """A few feathers: a bent shaft, and barbs that part here and there, over `canvas`."""
    height, width = canvas.shape[:2]
    side = float(min(height, width))
    for _ in range(int(random.integers(1, 6))):
        length = side * random.uniform(0.3, 0.9)
        root = np.array([width, height]) * random.uniform(0.25, 0.75, 2)
        angle = np.array([random.uniform(0, 2 * np.pi)])
        shaft_style = Style(length, max(length * 0.012, 0.8), clump=1, spread=0, bend=0.6, frizz=0)
        shaft = grow(random, root[None], angle, shaft_style)
        tone = random.uniform(0.02, 1, 3) if random.random() < 0.3 else np.full(3, random.random())
        hue = Hue(tone, np.clip(tone * random.uniform(0.5, 1.6), 0, 1), 0.12, 0.08, 0.1, shadow=0.1)
        _draw_barbs(random, canvas, shaft.points[0], length, hue)
        pale = hue._replace(root=0.5 + 0.5 * tone, tip=0.3 + 0.6 * tone)
        paint(random, canvas, shaft, shaft_style, pale)


def _draw_barbs(
    random: np.random.Generator, canvas: Canvas, shaft: Points, length: float, hue: Hue
) -> None:
    count = int(length * random.uniform(0.8, 2.0))
    place = np.linspace(0.1, 1, count) * (len(shaft) - 1.001)
    before = place.astype(np.int64)
    share = (place - before)[:, None]
    roots = shaft[before] * (1 - share) + shaft[before + 1] * share
    way = shaft[before + 1] - shaft[before]
    angle = np.arctan2(way[:, 1], way[:, 0])
    style = Style(
        length * random.uniform(0.1, 0.25), random.uniform(0.6, 1.4), clump=2, spread=0.5,
        bend=0.12, sway=0.05, frizz=random.uniform(0.3, 3), uneven=0.1, taper=0.3,
        opacity=random.uniform(0.6, 1),
    )  # fmt: skip
    # Barbs cling together and part where the vane was ruffled.
    parts = np.cumsum(random.random(count) < 0.06)
    ruffle = random.normal(0, 0.12, parts[-1] + 1)[parts]
    slim = np.sin(np.pi * np.clip(place / len(shaft), 0, 1) ** 0.6) ** 0.5
    for sign in (-1, 1):
        grown = grow(random, roots, angle + sign * (random.uniform(0.4, 0.9) + ruffle), style)
        points = grown.points[:, :1] + (grown.points - grown.points[:, :1]) * np.repeat(
            slim, style.clump
        ).reshape(-1, 1, 1)
        paint(random, canvas, Grown(points, grown.clump), style, hue)
