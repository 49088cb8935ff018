"""What lets light through, or is thin: glass, smoke, moving hands, spectacles, cables."""

import cv2
import numpy as np

from kernels.strokes import Strokes, paint_strokes
from kernels.types import Alpha
from models.training.codec import blurred, smooth_noise
from models.training.contours import Head, blob
from models.training.layers import (
    Canvas,
    Colour,
    Points,
    curve,
    filled,
    joined,
    lay,
    turned,
)


def glaze(random: np.random.Generator, canvas: Canvas) -> None:
    """A thing of glass or clear plastic over `canvas`: alpha 0.05 to 0.5, more at its rim."""
    height, width = canvas.shape[:2]
    side = float(min(height, width))
    centre = np.array([width, height]) * random.uniform(0.3, 0.7, 2)
    radius = side * random.uniform(0.1, 0.3)
    cover = filled(_vessel(random, centre, radius), height, width)
    inner = blurred(cover, 0.08 * radius + 0.7)
    rim = cover * np.clip(2 - 2 * inner, 0, 1) ** random.uniform(0.7, 2)
    clear = random.uniform(0.03, 0.35)
    alpha = cover * (clear + (random.uniform(0.3, 0.95) - clear) * rim)
    gleam = np.zeros((height, width), np.float32)
    for _ in range(int(random.integers(1, 5))):
        place = centre + random.normal(0, 0.4 * radius, 2)
        size = radius * random.uniform(0.03, 0.15)
        spot = filled(blob(random, place, size, 0.4), height, width)
        gleam = joined(gleam, blurred(spot, 0.3 * size) * random.uniform(0.4, 1))
    tint = np.clip(random.uniform(0.3, 1) + random.normal(0, 0.08, 3), 0, 1).astype(np.float32)
    lay(canvas, alpha.astype(np.float32), tint * (0.6 + 0.4 * rim[..., None]))
    lay(canvas, np.asarray(gleam * cover, np.float32), np.full(3, 0.97, np.float32))


def steam(random: np.random.Generator, canvas: Canvas) -> None:
    """Smoke or steam over `canvas`, at its thickest of alpha 0.1 to 0.8."""
    height, width = canvas.shape[:2]
    side = float(min(height, width))
    noise = smooth_noise(random, height, width, side * random.uniform(0.2, 0.6), 6)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = random.uniform(0, np.pi)
    aside = (x - width / 2) * np.cos(angle) + (y - height / 2) * np.sin(angle)
    aside = aside + 0.2 * side * smooth_noise(random, height, width, 0.6 * side, 2)
    plume = np.exp(-((aside / (side * random.uniform(0.08, 0.35))) ** 2))
    ragged = random.uniform(0.2, 0.6)
    alpha = np.clip(plume * (0.55 + ragged * noise) - 0.12, 0, 1) * random.uniform(0.15, 1.1)
    grey = np.float32(random.uniform(0.4, 1))
    light = np.clip(grey + 0.05 * noise, 0, 1)[..., None] * np.ones(3, np.float32)
    lay(canvas, np.clip(alpha, 0, 0.9).astype(np.float32), light.astype(np.float32))


def moving(random: np.random.Generator, canvas: Canvas) -> Canvas:
    """`canvas` seen while it moves along a short path, or turns, part by part: a waved hand."""
    height, width = canvas.shape[:2]
    side, count = float(min(height, width)), 12
    reach = side * random.uniform(0.01, 0.12)
    way, bend = random.uniform(0, 2 * np.pi), random.normal(0, 0.6)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    # The farther from the middle of the turn, the faster.
    still = np.array([width, height]) * random.uniform(0, 1, 2)
    far = np.hypot(x - still[0], y - still[1]) / side
    pace = np.clip(far * random.uniform(0.5, 2), 0, 1) if random.random() < 0.7 else np.ones_like(x)
    total = np.zeros_like(canvas)
    for step in np.linspace(-0.5, 0.5, count):
        angle = way + bend * step
        shift = (reach * step * pace).astype(np.float32)
        across, down = x + shift * np.float32(np.cos(angle)), y + shift * np.float32(np.sin(angle))
        mode = cv2.BORDER_REPLICATE
        total += cv2.remap(canvas, across, down, cv2.INTER_LINEAR, borderMode=mode)
    return np.asarray(total / count)


def spectacles(random: np.random.Generator, canvas: Canvas, head: Head) -> None:
    """Glasses on `head`: rims, a bridge and temples; lenses nearly clear, alpha 0.02 to 0.15."""
    height, width = canvas.shape[:2]
    scale = float(head.radii[1])
    thick = float(np.clip(scale * random.uniform(0.015, 0.08), 0.8, 5))
    colour = (random.uniform(0, 1, 3) * random.uniform(0.05, 1)).astype(np.float32)
    lens = np.clip(random.uniform(0.2, 1, 3), 0, 1).astype(np.float32)
    strength, squareness = random.uniform(0.02, 0.15), random.uniform(2, 5)
    turn = random.uniform(-0.35, 0.35)
    lines = []
    for sign in (-1, 1):
        angles = np.linspace(0, 2 * np.pi, 25)[:-1]
        ring = np.stack([_super(np.cos(angles), squareness), _super(np.sin(angles), squareness)])
        knots = ring.T * [0.31, random.uniform(0.2, 0.27)] + [0.4 * sign + turn, -0.08]
        place = turned(knots * scale + head.centre, head.centre, head.tilt)
        lay(canvas, filled(place, height, width) * np.float32(strength), lens)
        closed = curve(place, 4)
        lines.append(np.concatenate([closed, closed[:1]]))
        temple = np.array([[0.7 * sign + turn, -0.12], [0.98 * sign, -0.1]])
        lines.append(turned(temple * scale + head.centre, head.centre, head.tilt))
    bridge = np.array([[-0.1 + turn, -0.1], [turn, -0.15], [0.1 + turn, -0.1]])
    lines.append(turned(bridge * scale + head.centre, head.centre, head.tilt))
    _draw_lines(canvas, lines, thick, colour)


def headset(random: np.random.Generator, canvas: Canvas, head: Head) -> None:
    """Headphones, a microphone on a boom and a cable that hangs from them."""
    scale = float(head.radii[1])
    colour = np.full(3, random.uniform(0.02, 0.9), np.float32)
    ratio = head.radii / scale
    over = np.linspace(np.pi * 1.02, np.pi * 1.98, 16)
    band = np.stack([np.cos(over), np.sin(over)], axis=1) * ratio * random.uniform(1.03, 1.2)
    side = float(random.choice([-1, 1]))
    boom = np.array([[0.98, 0.1], [0.85, 0.6], [0.35, 0.75]]) * [side * ratio[0], 1]
    cable = np.array([[0.98 * ratio[0], 0.2], [1.25, 1.0], [0.8, 2.0], [1.3, 4.5]])
    cable = cable * [-side, 1] + random.normal(0, 0.12, cable.shape)

    def placed(points: Points) -> Points:
        return turned(points * scale + head.centre, head.centre, head.tilt)

    thick = scale * random.uniform(0.06, 0.16)
    _draw_lines(canvas, [placed(band)], thick, colour)
    thin = [curve(placed(boom), 8, closed=False), curve(placed(cable), 10, closed=False)]
    _draw_lines(canvas, thin, max(scale * random.uniform(0.02, 0.05), 0.8), colour)
    for end in (-1, 1):
        cup = np.array([[end * 1.02 * ratio[0], -0.2], [end * 1.02 * ratio[0], 0.25]])
        _draw_lines(canvas, [placed(cup)], 0.26 * scale, colour * np.float32(0.8))
    _draw_lines(canvas, [placed(boom[-1:])], 0.15 * scale, colour * np.float32(0.6))


def cables(random: np.random.Generator, canvas: Canvas) -> None:
    """Cords, straps, wires or thin twigs 1 to 6 pixels wide across the picture."""
    height, width = canvas.shape[:2]
    for _ in range(int(random.integers(1, 4))):
        knots = random.uniform(0.0, 1.0, (4, 2)) * [width, height]
        knots[0] = np.array([width, height]) * random.uniform(-0.1, 1.1, 2)
        knots = knots[np.argsort(knots @ random.normal(0, 1, 2))]
        colour = (random.uniform(0, 1, 3) * random.uniform(0.1, 1)).astype(np.float32)
        line = curve(knots, 12, closed=False)
        _draw_lines(canvas, [line], random.uniform(1, 6), colour)


def _draw_lines(canvas: Canvas, lines: list[Points], thick: float, colour: Colour) -> None:
    """Round lines, lit from above."""
    for share, light in ((1.0, 0.75), (0.45, 1.15)):
        points = np.concatenate(lines).astype(np.float32)
        points = points - np.float32(0.12 * thick * (1 - share)) * np.array([0, 1], np.float32)
        colours = np.ones((len(points), 4), np.float32)
        colours[:, :3] = np.clip(colour * light, 0, 1)
        starts = np.cumsum([0] + [len(line) for line in lines]).astype(np.int64)
        widths = np.full(len(points), thick * share, np.float32)
        paint_strokes(Strokes(points, widths, colours, starts), canvas)


def _vessel(random: np.random.Generator, centre: Points, radius: float) -> Points:
    """A bottle or a glass, or any clear wrapping."""
    if random.random() < 0.4:
        return blob(random, centre, radius, 0.4)
    neck, rise = random.uniform(0.3, 1.1), random.uniform(1.0, 1.8)
    right = np.array([[0, -rise], [0.5 * neck, -rise], [0.5 * neck, -0.6 * rise], [0.62, -0.2],
                      [0.62, rise], [0.5, rise * 1.05]])  # fmt: skip
    knots = np.concatenate([right, right[:0:-1] * [-1, 1]])
    return turned(knots * radius + centre, centre, random.normal(0, 0.3))


def _super(wave: Points, power: float) -> Alpha:
    return np.asarray(np.sign(wave) * np.abs(wave) ** (2 / power))
