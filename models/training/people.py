"""People without hair: busts, small figures, hands."""

import numpy as np

from kernels.types import Alpha
from models.training.chance import log_uniform
from models.training.contours import Body, Head, limbs, painted, skin, tube
from models.training.layers import Points, Texture, filled, joined, turned

_NECK = np.array(
    [[-0.42, 0.3], [-0.42, 1.2], [-0.75, 1.65], [0.75, 1.65], [0.42, 1.2], [0.42, 0.3]]
)


def draw_bust(random: np.random.Generator, height: int, width: int, texture: Texture) -> Body:
    """A head on shoulders, from a distant figure to a face larger than the picture."""
    side = min(height, width)
    scale = side * log_uniform(random, 0.09, 0.5)
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
    return painted(random, layers, shape, scale)


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
    return painted(random, layers, Head(centre, np.array([0.75, 1]) * scale, 0.0), scale)


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
        long = random.uniform(0.65, 1.25) * (1.0, 1.15, 1.1, 0.85)[number]
        _add_finger(random, lines, widths, root, angle, long, 0.36)
    _add_finger(random, lines, widths, np.array([-0.5, 0.5]), random.uniform(-1.2, -0.4), 1.0, 0.4)
    angle = random.normal(0, 0.6)
    palm = np.array([[-0.7, -0.2], [0, -0.4], [0.7, -0.1], [0.68, 0.6], [0.5, 1.1], [-0.5, 1.1]])
    coverage = filled(_placed(palm, middle, angle, unit), height, width)
    lines = [_placed(line, middle, angle, unit) for line in lines]
    coverage = joined(coverage, limbs(lines, [w * unit for w in widths], height, width))
    bare = random.random() < 0.8
    colour = skin(random, height, width) if bare else texture(random, height, width)
    return painted(random, [(coverage, colour)], None, unit)


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
