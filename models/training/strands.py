"""Strands that grow in clumps: how they bend, wave, curl and stray."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from models.training.codec import Field
from models.training.layers import Points

Doubles = npt.NDArray[np.float64]

_STEP = 5.0
_MOST = 90


class Style(NamedTuple):
    """How strands grow; lengths in pixels, angles in radians.

    length, width: of a typical strand. clump: strands that share a course; spread: their distance
    from it at the root, tightness: the share of that lost at the tip (below 0 they fan out).
    bend: how far a course turns; sway: how much it wanders; gravity: 0 keeps its way, 1 hangs.
    wave, period: how far and how often it swings; curl: 0 swings aside, 1 turns in loops.
    frizz: how far a strand strays from its course at the tip. uneven: how much lengths differ.
    taper: the width left at the tip. opacity: of a strand that is a pixel wide or more.
    """

    length: float
    width: float
    clump: int = 8
    spread: float = 4.0
    tightness: float = 0.6
    bend: float = 0.3
    sway: float = 0.15
    gravity: float = 0.0
    wave: float = 0.0
    period: float = 40.0
    curl: float = 0.0
    frizz: float = 2.0
    uneven: float = 0.3
    taper: float = 0.3
    opacity: float = 1.0


class Grown(NamedTuple):
    """Strands as they grew. points: (n, m, 2) pixels, root first; clump: (n,) which each is of."""

    points: Doubles
    clump: npt.NDArray[np.int64]


def grow(random: np.random.Generator, roots: Points, angles: Doubles, style: Style) -> Grown:
    """A clump of strands at each root, (k, 2) x and y, setting out at its angle (k,).

    0 points right, pi / 2 down. Returns k * style.clump strands, the clumps one after another.
    """
    fine = min(_STEP, style.period / 9 if style.wave > 0 else _STEP)
    steps = int(np.clip(style.length / fine, 5, _MOST))
    count = len(roots) * style.clump
    courses, aside = _courses(random, roots, angles, style, steps)
    clump = np.repeat(np.arange(len(roots)), style.clump)
    reach = np.clip(1 + style.uneven * (random.random((count, 1)) - 0.75), 0.1, 1.5)
    place = np.linspace(0, 1, steps) * np.minimum(reach, 1) * (steps - 1)
    before = np.minimum(place.astype(np.int64), steps - 2)
    share = (place - before)[..., None]
    row = clump[:, None]
    points = courses[row, before] * (1 - share) + courses[row, before + 1] * share
    normal = aside[row, before]
    along = (place / (steps - 1))[..., None]
    offset = random.normal(0, style.spread, (count, 1, 1)) * (1 - style.tightness * along)
    points = points + normal * offset
    if style.wave > 0:
        points = points + _swing(random, style, clump, along, normal)
    return Grown(points + _strayed(random, style, count, along), clump)


def within(random: np.random.Generator, share: Alpha, count: int) -> Points:
    """`count` random points (count, 2), x and y, the likelier the larger `share` (H, W) is there.

    None at all, (0, 2), where it is 0 everywhere.
    """
    total = np.cumsum(share.ravel(), dtype=np.float64)
    if total[-1] <= 0:
        return np.zeros((0, 2))
    found = np.searchsorted(total, random.random(count) * total[-1], side="right")
    row, column = np.divmod(np.minimum(found, share.size - 1), share.shape[1])
    return np.stack([column, row], axis=1) + random.random((count, 2))


def sampled(field: Field, points: Points) -> Field:
    """`field` (H, W, ...) at the pixels nearest to `points` (..., 2), x and y."""
    row = np.clip(points[..., 1], 0, field.shape[0] - 1).astype(np.int64)
    column = np.clip(points[..., 0], 0, field.shape[1] - 1).astype(np.int64)
    return np.asarray(field[row, column])


def slopes_of(field: Field) -> tuple[Field, Field]:
    """How `field` rises down and across."""
    down = cv2.Sobel(field, cv2.CV_32F, 0, 1, ksize=3)
    across = cv2.Sobel(field, cv2.CV_32F, 1, 0, ksize=3)
    return np.asarray(down), np.asarray(across)


def heading(slopes: tuple[Field, Field], points: Points) -> Doubles:
    """The angle (n,) in which the field whose slopes down and across are given falls fastest."""
    down, across = (sampled(slope, points.astype(np.float32)) for slope in slopes)
    return np.asarray(np.arctan2(-down, -across), np.float64)


def _courses(
    random: np.random.Generator, roots: Points, angles: Doubles, style: Style, steps: int
) -> tuple[Doubles, Doubles]:
    """The courses (k, steps, 2) of clumps, and the unit vectors across them."""
    count, along = len(roots), np.linspace(0, 1, steps)
    wander = np.cumsum(_smooth(random, count, steps), axis=1) * style.sway * 3 / steps
    angle = angles[:, None] + random.normal(0, style.bend, (count, 1)) * along + wander * 2
    hang = (1 - np.exp(-3 * style.gravity * along))[None]
    x, y = (1 - hang) * np.cos(angle), (1 - hang) * np.sin(angle) + hang
    size = np.maximum(np.hypot(x, y), 1e-3)
    ways = np.stack([x / size, y / size], axis=2)
    longer = style.length * np.exp(random.normal(0, 0.25 * style.uneven, (count, 1, 1)))
    walked = np.cumsum(ways, axis=1) - ways
    courses = roots[:, None] + walked * longer / (steps - 1)
    return courses, np.stack([-ways[..., 1], ways[..., 0]], axis=2)


def _smooth(random: np.random.Generator, count: int, steps: int) -> Doubles:
    """Noise (count, steps) of unit variance at the knots, linear between six knots."""
    knots = random.normal(0, 1, (count, 6))
    place = np.linspace(0, 4.999, steps)
    before = place.astype(np.int64)
    share = place - before
    return np.asarray(knots[:, before] * (1 - share) + knots[:, before + 1] * share)


def _swing(
    random: np.random.Generator,
    style: Style,
    clump: npt.NDArray[np.int64],
    along: Doubles,
    normal: Doubles,
) -> Doubles:
    count = int(clump[-1]) + 1
    jitter = random.normal(0, 0.35, clump.size)
    phase = random.uniform(0, 2 * np.pi, count)[clump] + jitter
    turns = style.length / style.period * np.exp(random.normal(0, 0.15, count))[clump]
    angle = (phase[:, None] + 2 * np.pi * turns[:, None] * along[..., 0])[..., None]
    size = style.wave * np.exp(random.normal(0, 0.3, count))[clump, None, None]
    ramp = np.minimum(4 * along, 1)
    forward = np.stack([normal[..., 1], -normal[..., 0]], axis=2)
    return np.asarray(ramp * size * (normal * np.sin(angle) + style.curl * forward * np.cos(angle)))


def _strayed(random: np.random.Generator, style: Style, count: int, along: Doubles) -> Doubles:
    steps = along.shape[1]
    # A few strands in a clump stray much farther than the others.
    far = style.frizz * random.exponential(1, (count, 1, 1))
    strays = np.stack([_smooth(random, count, steps) for _ in range(2)], axis=2)
    return np.asarray(far * along**1.5 * strays)
