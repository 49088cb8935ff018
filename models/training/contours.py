"""Bodies with smooth outlines: busts, small figures, hands, blobs, edges seen closely."""

from typing import NamedTuple

import numpy as np

from kernels.strokes import Strokes, paint_strokes
from kernels.types import Alpha
from models.training.codec import Image, smooth_noise
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
    """A painted body. canvas: as layers says; coverage: (H, W), where it is, before defocus;
    head: its head where hair can grow on one; scale: pixels of half a head's height."""

    canvas: Canvas
    coverage: Alpha
    head: Head | None
    scale: float


def skin(random: np.random.Generator, height: int, width: int) -> Image:
    """Skin of a random tone, (height, width, 3) float32 in [0, 1]."""
    tone = float(random.uniform(0, len(_SKINS) - 1))
    colour = np.array([np.interp(tone, range(len(_SKINS)), _SKINS[:, n]) for n in range(3)])
    blush = smooth_noise(random, height, width, random.uniform(8, 60), 2)[..., None]
    light = 1 + 0.012 * smooth_noise(random, height, width, random.uniform(1.5, 5))[..., None]
    warm = colour * random.uniform(0.8, 1.1) + blush * np.array([0.01, -0.003, -0.004])
    return np.clip(warm * light, 0, 1).astype(np.float32)


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
    return _body(random, [(coverage, colour)], None, radius)


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
    return _body(random, [(coverage, colour)], None, side * 0.4)


def draw_bust(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A head on shoulders, from a distant figure to a face larger than the picture."""
    side = min(height, width)
    scale = side * float(np.exp(random.uniform(np.log(0.09), np.log(0.5))))
    centre = np.array([width * random.uniform(0.25, 0.75), 0.0])
    centre[1] = np.clip(scale * random.uniform(0.7, 2.2), 0.2 * side, 0.6 * height)
    tilt, broad = random.normal(0, 0.15), random.uniform(0.68, 0.85)
    lean = random.normal(0, 0.06)
    torso = filled(_placed(_torso(random), centre, lean, scale), height, width)
    head = filled(_placed(_face(random, broad), centre, tilt, scale), height, width)
    neck = filled(_placed(_NECK * [broad / 0.75, 1], centre, lean, scale), height, width)
    flesh = skin(random, height, width)
    layers = [(joined(neck, head), flesh)]
    clothes = (torso, texture(random, height, width))
    layers.insert(0 if random.random() < 0.5 else 1, clothes)
    if random.random() < 0.4:
        sleeve = clothes[1] if random.random() < 0.6 else flesh
        layers.append((_arms(random, centre, scale, height, width), sleeve))
    if random.random() < 0.5:
        layers.append((_features(random, centre, tilt, scale, height, width), flesh * 0.35))
    shape = Head(centre, np.array([broad, 1.0]) * scale, tilt)
    return _body(random, layers, shape, scale)


def draw_figure(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A whole small person."""
    tall = height * random.uniform(0.6, 0.95)
    scale = tall / 15
    centre = np.array([width * random.uniform(0.3, 0.7), (height - tall) * 0.6 + scale * 1.3])
    trunk = np.array([[0, 1], [0.5, 1.3], [1.4, 1.7], [1.3, 3.5], [1.1, 5.2], [1.2, 7],
                      [-1.2, 7], [-1.1, 5.2], [-1.3, 3.5], [-1.4, 1.7], [-0.5, 1.3]])  # fmt: skip
    torso = filled(_placed(trunk, centre, 0, scale), height, width)
    lines, widths = [], []
    for sign in (-1, 1):
        foot = sign * random.uniform(0.3, 2.0)
        leg = [[0.6 * sign, 6.5], [0.6 * sign + 0.4 * (foot - 0.6 * sign), 9.5], [foot, 13.2]]
        line, wide = tube(_placed(np.array(leg), centre, 0, scale), np.array([1.2, 0.8, 0.5]))
        lines.append(line)
        widths.append(wide * scale)
    legs = limbs(lines, widths, height, width)
    head = filled(_placed(_face(random, 0.75), centre, 0, scale), height, width)
    cloth, flesh = texture(random, height, width), skin(random, height, width)
    arms = _arms(random, centre, scale * 0.85, height, width)
    layers = [(legs, texture(random, height, width)), (head, flesh), (torso, cloth), (arms, cloth)]
    return _body(random, layers, Head(centre, np.array([0.75, 1]) * scale, 0.0), scale)


def draw_hand(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A hand with spread fingers at the end of an arm, bare or gloved."""
    side = min(height, width)
    unit = side * random.uniform(0.12, 0.3)
    middle = np.array([width, height]) * random.uniform(0.4, 0.6, 2)
    lines = [np.linspace([-0.05, 0.2], [0.05, 8], 8)]
    widths = [np.linspace(1.1, 1.9, 8)]
    for number in range(4):
        root = np.array([-0.55 + 0.36 * number, -0.25 + 0.1 * (number - 1.2) ** 2])
        angle = (number - 1.5) * random.uniform(0.05, 0.25) + random.normal(0, 0.06)
        long = (
            random.uniform(0.9, 1.25) * (1.0, 1.15, 1.1, 0.85)[number] * random.choice([1, 1, 0.7])
        )
        _add_finger(random, lines, widths, root, angle, long, 0.36)
    _add_finger(random, lines, widths, np.array([-0.5, 0.5]), random.uniform(-1.2, -0.4), 1.0, 0.4)
    angle = random.normal(0, 0.6)
    palm = np.array([[-0.7, -0.2], [0, -0.4], [0.7, -0.1], [0.68, 0.6], [0.5, 1.1], [-0.5, 1.1]])
    coverage = filled(_placed(palm, middle, angle, unit), height, width)
    lines = [_placed(line, middle, angle, unit) for line in lines]
    coverage = joined(coverage, limbs(lines, [w * unit for w in widths], height, width))
    bare = random.random() < 0.8
    colour = skin(random, height, width) if bare else texture(random, height, width)
    return _body(random, [(coverage, colour)], None, unit)


def _add_finger(
    random: np.random.Generator,
    lines: list[Points],
    widths: list[Points],
    root: Points,
    angle: float,
    long: float,
    wide: float,
) -> None:
    bend = random.normal(0, 0.2)
    steps = np.array([angle, angle, angle + bend, angle + 2 * bend])
    moves = np.stack([np.sin(steps), -np.cos(steps)], axis=1) * long / 3
    line, thick = tube(
        root + np.cumsum(moves, axis=0) - moves[0], wide * np.array([1, 1, 0.95, 0.7])
    )
    lines.append(line)
    widths.append(thick)


_NECK = np.array(
    [[-0.42, 0.3], [-0.42, 1.2], [-0.75, 1.65], [0.75, 1.65], [0.42, 1.2], [0.42, 0.3]]
)


def _torso(random: np.random.Generator) -> Points:
    slope, broad = random.uniform(0.2, 0.6), random.uniform(0.8, 1.15)
    right = np.array([[0.4, 1.28], [1.1, 1.3 + slope * 0.6], [1.75, 1.5 + slope], [2.1, 2.6],
                      [2.2, 5], [2.3, 12]])  # fmt: skip
    right[:, 0] *= broad
    right[2:] += random.normal(0, 0.06, right[2:].shape)
    left = right[::-1] * [-1, 1] + random.normal(0, 0.04, right.shape)
    return np.concatenate([[[0, 1.36]], right, left])


def _face(random: np.random.Generator, broad: float) -> Points:
    jaw = random.uniform(0.5, 0.66) / 0.75
    right = np.array([[0.45, -0.9], [0.85, -0.55], [1.0, -0.1], [0.94, 0.3], [jaw, 0.72],
                      [0.3, 0.98]])  # fmt: skip
    left = right[::-1] * [-1, 1]
    return np.concatenate([[[0, -1]], right, left]) * [broad, 1]


def _features(
    random: np.random.Generator, centre: Points, tilt: float, scale: float, height: int, width: int
) -> Alpha:
    turn = random.uniform(-0.2, 0.2)
    marks = np.array([[-0.32, -0.05], [0.32, -0.05], [0, 0.55], [-0.32, -0.25], [0.32, -0.25]])
    wide = np.array([[0.1, 0.05], [0.1, 0.05], [0.22, 0.05], [0.18, 0.03], [0.18, 0.03]])
    coverage = np.zeros((height, width), np.float32)
    ring = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
    for mark, size in zip(marks, wide, strict=True):
        knots = _placed(mark + [turn, 0] + ring * size, centre, tilt, scale)
        coverage = joined(coverage, filled(knots, height, width))
    return coverage


def _arms(
    random: np.random.Generator, centre: Points, scale: float, height: int, width: int
) -> Alpha:
    """One or two raised, bent arms; between them and the body the scene may show through."""
    lines, widths = [], []
    for sign in (-1, 1) if random.random() < 0.6 else (int(random.choice([-1, 1])),):
        out, up = random.uniform(2.2, 3.6), random.uniform(1.5, 4.2)
        end = [random.uniform(0.2, 3.0), random.uniform(-1.5, 4)]
        bent = np.array([[1.6, 2.0], [out, up], end]) * [sign, 1]
        line, wide = tube(_placed(bent, centre, 0, scale), np.array([0.9, 0.62, 0.42]))
        lines.append(line)
        widths.append(wide * scale)
    return limbs(lines, widths, height, width)


def _placed(points: Points, centre: Points, angle: float, scale: float) -> Points:
    return turned(points * scale + centre, centre, angle)


def _body(
    random: np.random.Generator,
    layers: list[tuple[Alpha, Image]],
    head: Head | None,
    scale: float,
) -> Body:
    """Shade each layer and paint one over the other, all with one softness."""
    canvas = blank(*layers[0][0].shape)
    total = np.zeros(canvas.shape[:2], np.float32)
    state = random.integers(2**63)
    for coverage, colour in layers:
        soft = softened(np.random.default_rng(state), coverage)
        lay(canvas, soft, shaded(random, coverage, colour, 0.35 * scale))
        total = joined(total, coverage)
    return Body(canvas, total, head, scale)
