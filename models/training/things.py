"""Things that stand beside people and are none: chair backs, railings, beams, lamps, bags.

What pass 1 errs about is mostly what touches somebody. A room alone seldom has anything there,
since people are laid over it anywhere.
"""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.outline import fill_outline
from models.training.chance import log_uniform
from models.training.material import Material, pick
from models.training.portraits import Layer, unit
from models.training.rooms import cropped

Float = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]
"""Top, left, bottom, right."""


def draw_thing(random: np.random.Generator, material: Material, front: Layer) -> Layer:
    """A thing behind the people of `front` (H, W, 4), of that size; nothing where nobody is."""
    height, width = front.shape[:2]
    rows, columns = (np.flatnonzero((front[..., 3] > 0.5).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros_like(front)
    box = float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1)
    shape = (_back, _bars, _beam, _lump)[int(random.choice(4, p=(0.4, 0.15, 0.25, 0.2)))]
    share = shape(random, box, height, width)
    if random.random() < 0.5:
        blurred = cv2.GaussianBlur(share, (0, 0), random.uniform(0.4, 2))
        share = np.asarray(blurred, np.float32).clip(0, 1)
    return np.dstack([_surface(random, material, front) * share[..., None], share])


def _surface(random: np.random.Generator, material: Material, front: Layer) -> Float:
    """What it is made of: a part of a photograph, or its grain in one colour or that of clothes.

    Lit from a side, and some with a gloss. A thing of the colour of a sleeve, beside that sleeve,
    is what is taken for one most often.
    """
    height, width = front.shape[:2]
    colour = cropped(random, unit(pick(random, material.rooms)), (height, width))
    way = random.random()
    if way < 0.6:
        grain = colour.mean(axis=2, keepdims=True) - colour.mean()
        one = random.uniform(0.02, 0.98, 3) if way < 0.25 else _worn(random, front)
        colour = one.astype(np.float32) * (1 + np.float32(random.uniform(0, 1)) * grain)
    y, x = (np.linspace(-1, 1, side) for side in (height, width))
    slope = random.normal(0, 0.25, 2)
    lit = colour * (1 + slope[0] * y[:, None] + slope[1] * x)[..., None]
    if random.random() < 0.25:
        away = np.hypot(y[:, None] - random.uniform(-1, 1), (x - random.uniform(-1, 1)) * 2)
        gloss = random.uniform(0.1, 0.7) * np.exp(-((away / random.uniform(0.05, 0.4)) ** 2))
        lit += gloss[..., None].astype(np.float32)
    return np.asarray(lit.clip(0, 1), np.float32)


def _worn(random: np.random.Generator, front: Layer) -> Float:
    """About a colour (3,), not clipped, that somebody shows, mostly below the head."""
    ys, xs = np.nonzero(front[..., 3] > 0.95)
    if not len(ys):
        return np.asarray(random.uniform(0, 1, 3), np.float32)
    # Rows are in order: the last of them are the clothes.
    place = min(int(len(ys) * (1 - 0.8 * random.random() ** 2)), len(ys) - 1)
    y, x = int(ys[place]), int(xs[place])
    near = front[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5]
    mean = near[..., :3].sum(axis=(0, 1)) / near[..., 3].sum()
    return np.asarray(mean * np.exp(random.normal(0, 0.2) + random.normal(0, 0.05, 3)), np.float32)


def _back(random: np.random.Generator, box: Box, height: int, width: int) -> Float:
    """The back of a chair: behind the head or the shoulders, or anywhere, from there down."""
    top, left, bottom, right = box
    tall, wide = bottom - top, right - left
    if random.random() < 0.5:
        centre = (left + right) / 2 + random.normal(0, 0.12) * wide
        first = top + random.uniform(-0.05, 0.6) * tall
    else:
        centre = random.uniform(0, width)
        first = min(top + random.uniform(0.1, 0.95) * tall, 0.9 * height)
    half = wide * random.uniform(0.25, 0.75)
    lean = random.normal(0, 0.1) * wide
    # A superellipse above, from a dome to nearly a box; straight legs or a seat below.
    round_by, deep = 2 / random.uniform(2, 7), min(half, tall) * random.uniform(0.15, 1)
    turns = np.linspace(np.pi, 0, 24)
    across = half * np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** round_by
    down = first + deep * (1 - np.sin(turns) ** round_by)
    arch = np.stack([centre + across, down], axis=1)
    seat = [[centre + half + lean, bottom + height], [centre + lean - half, bottom + height]]
    return fill_outline(np.concatenate([arch, seat]).astype(np.float32), height, width)


def _bars(random: np.random.Generator, box: Box, height: int, width: int) -> Float:
    """A railing, a fence, a blind or the frame of a window."""
    top, _, bottom, _ = box
    first = top + random.uniform(-0.3, 0.7) * (bottom - top)
    last = first + random.uniform(0.2, 1.5) * height
    gap = min(height, width) * log_uniform(random, 0.04, 0.4)
    thick = max(0.8, gap * random.uniform(0.08, 0.5))
    share = np.zeros((height, width), np.float32)
    ways = (0, 1) if random.random() < 0.5 else (1, 0)
    turn = random.normal(0, 0.05) + (np.pi / 4 if random.random() < 0.15 else 0)
    for way in ways[: 2 if random.random() < 0.6 else 1]:
        angle = turn + (np.pi / 2 if way else 0)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
        every = gap * (random.uniform(2, 8) if way else 1)
        off = np.abs((along + random.uniform(0, every)) % every - every / 2)
        share = np.maximum(share, (thick / 2 + 0.5 - off).clip(0, 1))
    rows = np.arange(height)[:, None]
    inside = (rows - first + 0.5).clip(0, 1) * (last - rows + 0.5).clip(0, 1)
    rail = (thick * random.uniform(0.5, 1.5) - np.abs(rows - first)).clip(0, 1)
    return np.asarray(np.maximum(share * inside, rail), np.float32)


def _beam(random: np.random.Generator, box: Box, height: int, width: int) -> Float:
    """A board, a sill, a table or the top of a sofa that passes behind somebody, or ends there."""
    top, left, bottom, right = box
    tall, wide = bottom - top, right - left
    way = int(random.choice([-1, 1]))
    start = np.array([(left + right) / 2 + way * random.uniform(0.1, 0.5) * wide,
                      top + random.uniform(0.05, 1.0) * tall])  # fmt: skip
    # Often it goes on as a shoulder does, down and outwards.
    angle = random.normal(0.25, 0.35) if random.random() < 0.4 else random.normal(0, 0.12)
    along = np.array([way * np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    thick = min(height, width) * log_uniform(random, 0.015, 0.35)
    reach = 2 * (height + width) if random.random() < 0.7 else wide * random.uniform(0.2, 1)
    back = wide * random.uniform(0.2, 1.5)
    taper = random.uniform(0.5, 1.5)
    half = across * thick / 2
    near, far = start - along * back, start + along * reach
    ring = [near - half, far - half * taper, far + half * taper, near + half]
    return fill_outline(np.asarray(ring, np.float32), height, width)


def _lump(random: np.random.Generator, box: Box, height: int, width: int) -> Float:
    """Something of any shape beside a head or a shoulder: a lamp, a plant, a bag, a cushion."""
    top, left, bottom, right = box
    size = min(bottom - top, right - left) * log_uniform(random, 0.12, 0.8)
    centre = np.array([random.choice([left, right]) + random.normal(0, 0.15) * (right - left),
                       top + random.uniform(0, 0.7) * (bottom - top)])  # fmt: skip
    count = int(random.integers(4, 14))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + random.uniform(0, np.pi)
    radii = size / 2 * np.exp(random.normal(0, random.uniform(0, 0.5), count))
    ring = np.stack([np.cos(angles) * radii * random.uniform(0.4, 1), np.sin(angles) * radii], 1)
    return fill_outline(np.asarray(centre + ring, np.float32), height, width)
