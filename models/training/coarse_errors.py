"""Coarse alpha as a first pass gives it: true but small, smooth where there is hair, or wrong.

The shapes follow the product's own nets on real clips, on cells of 1/512 of the long side: sure
sides are 0 and 1 to three digits, an edge takes 2 to 3 cells from 0.1 to 0.9, 5 to 7 in hair or
shadow and above 20 at places, and strands vanish in one smooth outline.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from models.training.chance import log_uniform
from models.training.codec import smooth_noise

Flaw = Callable[[np.random.Generator, Alpha], Alpha]

_LOGIT = 2 * np.log(9.0)
"""How far apart the logits of 0.1 and 0.9 are."""
_ERODED = 0.55
"""Of those that are grown, the share that shrinks."""
_WIDEST = 70
"""Pixels from 0.1 to 0.9 where the net doubts most."""


def spoil(random: np.random.Generator, alpha: Alpha) -> Alpha:
    """A coarse alpha (h, w) float32 in [0, 1] of the true `alpha`, with a random pass 1's errors.

    alpha: (H, W) float32 in [0, 1]. Cells are 2 to 10 pixels, up to 16 at times; some masks keep
    the full size. At most 15 of 100 hold what no refiner can know of: holes, islands, lost parts.
    Raises ValueError when alpha is not 2-D or is empty.
    """
    if alpha.ndim != 2 or not alpha.size:
        raise ValueError(f"alpha has rows and columns, got shape {alpha.shape}")
    stranded = random.random() < 4 * _thinness(alpha)
    chances = np.array(_CHANCES) * (_FOR_STRANDS if stranded else 1)
    way = int(random.choice(len(_WAYS), p=chances / chances.sum()))
    spoilt = _WAYS[way](random, alpha)
    if random.random() < 0.5:
        spoilt = np.asarray(np.round(spoilt * 255) / 255, np.float32)
    return np.ascontiguousarray(np.clip(spoilt, 0, 1), np.float32)


def shrunk(alpha: Alpha, factor: float) -> Alpha:
    """The mean of `alpha` over cells of about `factor` pixels, one cell at least."""
    rows, columns = (max(1, round(side / factor)) for side in alpha.shape)
    return np.asarray(cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def like_a_net(random: np.random.Generator, alpha: Alpha, factor: float) -> Alpha:
    """One smooth outline around hair and all, its edge softer here than there.

    The outline is where a wide blur crosses a random height; alpha then falls as a sigmoid of
    the distance to it, which a smooth field moves and another one widens.
    """
    sigma = factor * log_uniform(random, 0.8, 4)
    smooth = _blurred(alpha, sigma)
    inside = smooth > random.uniform(0.3, 0.65)
    distance = shrunk(_distance(inside), factor) / np.float32(factor)
    rows, columns = distance.shape
    reach = max(random.uniform(8, 40) / factor, 2)
    # A field steeper than the distance itself would tear islands off the outline.
    wander = min(abs(random.normal(0, 0.6)), 0.15 * reach)
    moved = distance + smooth_noise(random, rows, columns, reach) * wander
    doubt = smooth_noise(random, rows, columns, 3 * reach) * random.choice([0.1, 0.4, 1.1])
    width = float(np.exp(random.normal(np.log(1.9), 0.2))) * np.exp(np.maximum(doubt, -0.2))
    width = np.minimum(width, np.float32(max(_WIDEST / factor, 3)))
    steep = np.clip(moved * np.float32(_LOGIT) / width, -20, 20)
    return np.asarray(1 / (1 + np.exp(-steep)), np.float32)


def _exact(random: np.random.Generator, alpha: Alpha) -> Alpha:
    return shrunk(alpha, _factor(random))


def _net(random: np.random.Generator, alpha: Alpha) -> Alpha:
    return like_a_net(random, alpha, _factor(random))


def _flawed(random: np.random.Generator, alpha: Alpha) -> Alpha:
    """Small, with one or two flaws of the outline."""
    coarse = shrunk(alpha, _factor(random))
    count = int(random.integers(1, 3))
    for number in random.choice(len(_FLAWS), count, replace=False, p=_FLAW_CHANCES):
        coarse = _FLAWS[int(number)](random, coarse)
    return coarse


def _opened(random: np.random.Generator, alpha: Alpha) -> Alpha:
    """What is thin is lost: strands, fingers, then holes; the rest is small and soft."""
    reach = log_uniform(random, 1.5, 9)
    thick = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, _disc(reach))
    if random.random() < 0.6:
        thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, _disc(reach * random.uniform(0.5, 1.5)))
    coarse = shrunk(np.asarray(thick, np.float32), _factor(random))
    return _blurred(coarse, random.uniform(0.3, 1.2))


def _outlined(random: np.random.Generator, alpha: Alpha) -> Alpha:
    """Full size: a hard mask, its outline drawn through few points, perhaps feathered."""
    hard = (alpha > random.uniform(0.2, 0.8)).astype(np.uint8)
    if random.random() < 0.6:
        contours = cv2.findContours(hard, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0]
        slack = random.uniform(0.7, 4)
        sparse = [cv2.approxPolyDP(contour, slack, True) for contour in contours]
        hard = np.zeros_like(hard)
        cv2.fillPoly(hard, sparse, 1)
    full = hard.astype(np.float32)
    if random.random() < 0.4:
        full = _elastic(random, full, random.uniform(0.5, 4))
    return _blurred(full, random.uniform(0.5, 3)) if random.random() < 0.5 else full


def _thumbnail(random: np.random.Generator, alpha: Alpha) -> Alpha:
    factor = random.uniform(8, 16)
    return shrunk(alpha, factor) if random.random() < 0.5 else like_a_net(random, alpha, factor)


def _mistaken(random: np.random.Generator, alpha: Alpha) -> Alpha:
    """A net that takes a part of one side for the other, or half so."""
    coarse = like_a_net(random, alpha, _factor(random))
    rows, columns = coarse.shape
    field = smooth_noise(random, rows, columns, random.uniform(0.15, 0.5) * max(rows, columns))
    part = 1 / (1 + np.exp(-np.clip((field - random.uniform(0.8, 1.6)) * 8, -20, 20)))
    taken = random.choice([0.0, 1.0, random.uniform(0.3, 0.8)])
    if random.random() < 0.3:
        part *= _blurred(coarse, 3)
    return np.asarray(coarse + (taken - coarse) * part, np.float32)


def _hardened(random: np.random.Generator, coarse: Alpha) -> Alpha:
    return (coarse > random.uniform(0.3, 0.7)).astype(np.float32)


def _softened(random: np.random.Generator, coarse: Alpha) -> Alpha:
    return _blurred(coarse, random.uniform(0.5, 2.5))


def _grown(random: np.random.Generator, coarse: Alpha) -> Alpha:
    """Eroded or dilated by up to 2 cells."""
    way = cv2.erode if random.random() < _ERODED else cv2.dilate
    grown = np.asarray(way(coarse, _disc(random.uniform(0.5, 2.4))), np.float32)
    return _blurred(grown, random.uniform(0.3, 1))


def _moved(random: np.random.Generator, coarse: Alpha) -> Alpha:
    """Shifted by a cell or two, and turned by a degree or so, as a mask of another frame is."""
    rows, columns = coarse.shape
    centre = (columns / 2, rows / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(centre, random.normal(0, 1), 1))
    turn[:, 2] = turn[:, 2] + random.normal(0, 0.7, 2)
    moved = cv2.warpAffine(coarse, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _wavering(random: np.random.Generator, coarse: Alpha) -> Alpha:
    return _elastic(random, coarse, 1.5 * random.beta(1, 2) + 0.1)


def _elastic(random: np.random.Generator, alpha: Alpha, amplitude: float) -> Alpha:
    """`alpha`, each place moved by a smooth field of `amplitude` rms."""
    rows, columns = alpha.shape
    reach = max(random.uniform(4, 12) * amplitude, 4)
    shift_x, shift_y = (smooth_noise(random, rows, columns, reach) * amplitude for _ in range(2))
    x = np.asarray(np.arange(columns) + shift_x, np.float32)
    y = np.asarray(np.arange(rows)[:, None] + shift_y, np.float32)
    moved = cv2.remap(alpha, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _factor(random: np.random.Generator) -> float:
    return log_uniform(random, 2, 10)


def _thinness(alpha: Alpha) -> float:
    """The share of the picture that is lost with what is thinner than 7 pixels."""
    thick = np.asarray(cv2.morphologyEx(alpha, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)))
    return float((alpha - thick).mean())


def _distance(inside: npt.NDArray[np.bool_]) -> Alpha:
    """Pixels to the edge, positive inside; at most 1e4, which stands for no edge at all."""
    sides = (side.astype(np.uint8) for side in (inside, ~inside))
    within, without = (cv2.distanceTransform(side, cv2.DIST_L2, 5) - 0.5 for side in sides)
    return np.asarray(np.clip(within, 0, 1e4) - np.clip(without, 0, 1e4), np.float32)


def _disc(radius: float) -> npt.NDArray[np.uint8]:
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(np.hypot(y, x) <= radius, np.uint8)


def _blurred(alpha: Alpha, sigma: float) -> Alpha:
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32)


_FLAWS: tuple[Flaw, ...] = (_hardened, _softened, _grown, _moved, _wavering)
_FLAW_CHANCES = (0.28, 0.17, 0.25, 0.17, 0.13)
_WAYS: tuple[Flaw, ...] = (_exact, _net, _flawed, _opened, _outlined, _thumbnail, _mistaken)
_CHANCES = (0.19, 0.19, 0.42, 0.08, 0.06, 0.03, 0.03)
_FOR_STRANDS = np.array([1, 1.1, 1.0, 1.5, 1, 1, 0.8])
