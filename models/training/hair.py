"""Hair on heads."""

import numpy as np

from kernels.types import Alpha
from models.training.chance import log_uniform
from models.training.codec import Field, blurred
from models.training.contours import Body, Head
from models.training.dyes import Hue, paint
from models.training.layers import (
    Canvas,
    Points,
    blank,
    filled,
    joined,
    lay,
    lay_canvas,
    softened,
    softness,
    turned,
)
from models.training.strands import Style, grow

TONES = np.array(
    [[0.05, 0.045, 0.05], [0.12, 0.08, 0.06], [0.22, 0.14, 0.09], [0.35, 0.21, 0.12],
     [0.45, 0.20, 0.10], [0.58, 0.44, 0.28], [0.76, 0.64, 0.45], [0.88, 0.82, 0.70],
     [0.50, 0.49, 0.48], [0.80, 0.79, 0.78]], np.float32,
)  # fmt: skip
"""(10, 3) RGB in [0, 1] of natural hair and fur."""


def draw_hue(random: np.random.Generator) -> Hue:
    """The colour of some hair or fur: natural mostly, dyed sometimes, often lit from behind."""
    if random.random() < 0.12:
        root = random.uniform(0, 1, 3).astype(np.float32)
    else:
        tone = TONES[int(random.integers(len(TONES)))]
        root = tone * np.exp(random.normal(0, 0.15)) * np.exp(random.normal(0, 0.05, 3))
    tip = root * np.exp(random.normal(0.1, 0.2))
    if random.random() < 0.15:
        tip = random.uniform(0.2, 1, 3) * 0.5 + 0.5 * tip
    rim = random.uniform(0.1, 0.9) if random.random() < 0.35 else 0.0
    return Hue(
        np.clip(root, 0, 1).astype(np.float32),
        np.clip(tip, 0, 1).astype(np.float32),
        clumps=random.uniform(0.05, 0.25),
        strands=random.uniform(0.05, 0.3),
        shine=random.uniform(0, 0.8),
        band=random.uniform(0.1, 0.6),
        shadow=random.uniform(0.2, 0.7),
        rim=rim,
    )


def draw_style(random: np.random.Generator, scale: float, length: float) -> Style:
    """Straight, wavy, curly or frizzy hair on a head half of whose height is `scale` pixels."""
    fine = log_uniform(random, 0.003, 0.016)
    width = float(np.clip(scale * fine, 0.25, 3.0))
    style = Style(
        length,
        width,
        clump=int(random.integers(4, 16)),
        spread=max(scale * random.uniform(0.01, 0.05), 0.7),
        tightness=random.uniform(-0.2, 0.95),
        bend=random.uniform(0.1, 0.5),
        sway=random.uniform(0.05, 0.3),
        frizz=scale * random.uniform(0.005, 0.04),
        uneven=random.uniform(0.1, 0.7),
        opacity=random.uniform(0.75, 1.0),
    )
    return _shaped(random, style, scale)


def _shaped(random: np.random.Generator, style: Style, scale: float) -> Style:
    """`style` straight, wavy, curly or frizzy."""
    kind = int(random.choice(4, p=[0.36, 0.3, 0.18, 0.16]))
    period = scale * random.uniform(0.25, 0.9)
    if kind == 1:
        return style._replace(wave=period * random.uniform(0.05, 0.13), period=period)
    if kind == 2:
        wave, curl = 0.5 * period * random.uniform(0.2, 0.4), random.uniform(0.4, 1)
        return style._replace(wave=wave, period=0.5 * period, curl=curl)
    if kind == 3:
        return style._replace(frizz=scale * random.uniform(0.04, 0.15), sway=0.5, clump=3)
    return style


def most_of(style: Style) -> float:
    """How many strands of that length and width a picture can have in reasonable time."""
    return float(np.clip(3e6 / (style.length * (style.width + 2)), 300, 7000))


def dress_head(random: np.random.Generator, body: Body, head: Head, hue: Hue) -> Canvas:
    """`body` with hair on its `head`: long or short, part of it behind the body."""
    scale, long = body.scale, random.random() < 0.6
    shape = body.coverage.shape
    length = scale * (random.uniform(1.2, 3.8) if long else random.uniform(0.15, 0.8))
    style = draw_style(random, scale, length)
    style = style._replace(gravity=random.uniform(0.3, 1.2) if long else random.uniform(0, 0.3))
    canvas, soft = blank(shape[0], shape[1]), softness(random, shape[0], shape[1])
    near = blurred(joined(body.coverage, _cap(head, shape, 1.1)), max(0.12 * scale, 0.7))
    if long:
        cover = _cap(head, shape, 1.02, random.uniform(0.3, 0.7) * length / scale)
        lay(canvas, softened(cover, soft), hue.root * np.float32(1 - hue.shadow))
        _comb(random, canvas, head, style, hue, near, behind=True)
    lay_canvas(canvas, body.canvas)
    lay(canvas, softened(_cap(head, shape, 1.0), soft), hue.root * np.float32(0.7))
    _comb(random, canvas, head, style, hue, near, behind=False)
    _fly(random, canvas, head, style, hue, near)
    return canvas


def scatter(random: np.random.Generator, canvas: Canvas, hue: Hue) -> None:
    """A few hairs, thin and far apart, that hang free across the picture, over `canvas`."""
    height, width = canvas.shape[:2]
    side, count = float(min(height, width)), int(random.integers(1, 9))
    style = Style(
        side * random.uniform(0.15, 0.9), random.uniform(0.25, 1.2), 1, 0.0, bend=1.2, sway=0.5,
        gravity=random.uniform(0, 0.8), frizz=0.0, uneven=1.0, taper=0.5,
    )  # fmt: skip
    roots = random.uniform(-0.1, 1, (count, 2)) * [width, height]
    grown = grow(random, roots, random.uniform(0, 2 * np.pi, count), style)
    paint(random, canvas, grown, style, hue)


def _comb(
    random: np.random.Generator,
    canvas: Canvas,
    head: Head,
    style: Style,
    hue: Hue,
    near: Field,
    behind: bool,
) -> None:
    """Hair that is parted, and falls to both sides of the head, or its back."""
    scale = float(head.radii[1])
    wanted = 2 * scale / style.width * random.uniform(3, 8) * (0.6 if behind else 1)
    count = int(np.clip(wanted, 80, most_of(style) / 2)) // style.clump + 1
    if behind:
        hue = hue._replace(shadow=max(hue.shadow, 0.5))
        roots = np.stack([random.uniform(-1, 1, count), random.uniform(-0.7, 0.5, count)], axis=1)
        angles = np.pi / 2 - 0.5 * roots[:, 0] + random.normal(0, 0.15, count)
    else:
        roots, angles = _parted(random, count, style.length > scale)
    place = turned(roots * head.radii + head.centre, head.centre, head.tilt)
    grown = grow(random, place, angles + head.tilt, style)
    paint(random, canvas, grown, style, hue, near)


def _parted(random: np.random.Generator, count: int, long: bool) -> tuple[Points, Points]:
    """Roots (count, 2) on the scalp, in radii, and angles (count,) away from a parting."""
    parting = random.uniform(-0.5, 0.5)
    around = random.uniform(-np.pi * 1.06, np.pi * 0.06, count)
    roots = np.stack([np.cos(around), np.sin(around)], axis=1)
    side = np.where(roots[:, 0] > parting, 1, -1)
    out = random.uniform(0.1, 0.5) if long else random.uniform(0.5, 1.2)
    x = -np.sin(around) * side + out * np.cos(around)
    y = np.cos(around) * side + out * np.sin(around)
    roots *= random.uniform(0.8, 1.02, (count, 1))
    return roots, np.arctan2(y, x) + random.normal(0, 0.2, count)


def _fly(
    random: np.random.Generator, canvas: Canvas, head: Head, style: Style, hue: Hue, near: Field
) -> None:
    """Single hairs that leave the others, far and thin."""
    count = int(random.exponential(40)) + 3
    around = random.uniform(-np.pi * 1.15, np.pi * 0.15, count)
    roots = np.stack([np.cos(around), np.sin(around)], axis=1) * 0.97 * head.radii + head.centre
    stray = style._replace(
        length=min(style.length, 1.6 * float(head.radii[1])) * random.uniform(0.4, 0.9),
        width=style.width * random.uniform(0.4, 0.8),
        clump=1,
        bend=1.2,
        sway=0.6,
        uneven=1.0,
        gravity=style.gravity * random.uniform(0, 0.6),
    )
    angles = around + random.normal(0, 0.7, count)
    paint(random, canvas, grow(random, roots, angles, stray), stray, hue, near)


def _cap(head: Head, shape: tuple[int, ...], factor: float, drop: float = 0.0) -> Alpha:
    """The scalp as seen, enlarged by `factor`, its sides hanging `drop` radii below the crown."""
    top = np.linspace(np.pi, 2 * np.pi, 9)
    arc = np.stack([np.cos(top), np.sin(top)], axis=1) * factor
    if drop > 0:
        low = [[1.12, 0.3], [1.05, drop], [0, drop * 1.1], [-1.05, drop], [-1.12, 0.3]]
    else:
        low = [[0.8, -0.2], [0.55, -0.55], [0, -0.68], [-0.55, -0.55], [-0.8, -0.2]]
    knots = np.concatenate([arc, np.array(low)]) * head.radii + head.centre
    return filled(turned(knots, head.centre, head.tilt), shape[0], shape[1])
