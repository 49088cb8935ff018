"""Pictures without photographs: walls, windows, lights, cloth, leaves, letters, patterns."""

from collections.abc import Callable

import cv2
import numpy as np

from models.training.chance import log_uniform
from models.training.codec import Field, Image, blurred, grain, smooth_noise

Painter = Callable[[np.random.Generator, int, int], Image]

_TILE = 64
_SKINS = np.array([[0.25, 0.15, 0.11], [0.55, 0.37, 0.28], [0.95, 0.79, 0.70]], np.float32)
_LETTERS = list("etaoinshrdlucmfwypvbgkqjxz    ETAOIN0123456789")


def synthesise(random: np.random.Generator, height: int, width: int) -> Image:
    """A picture (height, width, 3) float32 in [0, 1] of a random kind, shaded and grained."""
    picture = _PAINTERS[int(random.choice(len(_PAINTERS), p=_CHANCES))](random, height, width)
    if random.random() < 0.5:
        picture *= _ramp(random, height, width, random.uniform(0.1, 0.6))[..., None]
    if random.random() < 0.4:
        picture *= 1 + grain(random, height, width, 1) * random.uniform(0.005, 0.06)
    return np.asarray(np.clip(picture, 0, 1, out=picture))


def _any_colour(random: np.random.Generator) -> Image:
    """A colour (3,) in [0, 1], more often muted than vivid."""
    chroma = random.uniform(-1, 1, 3) * random.beta(1.0, 3.0)
    return np.clip(random.beta(1.3, 1.4) + chroma, 0, 1).astype(np.float32)


def _palette(random: np.random.Generator, count: int) -> Image:
    """`count` colours (count, 3) that are seen together."""
    base, spread = _any_colour(random), random.uniform(0.1, 0.7)
    own = np.stack([_any_colour(random) for _ in range(count)])
    return np.asarray(base + (own - base) * np.float32(spread))


def _ramp(random: np.random.Generator, height: int, width: int, strength: float) -> Field:
    """Light that falls off across the picture by `strength`: 1 at its brightest."""
    angle = random.uniform(0, 2 * np.pi)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * np.float32(np.cos(angle))
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    ramp = np.hypot(across + np.float32(0.2), down) if random.random() < 0.4 else across + down
    return np.asarray(1 - (ramp - ramp.min()) * np.float32(strength / max(np.ptp(ramp), 1e-6)))


def _tinted(base: Image, *layers: tuple[Field, Image]) -> Image:
    """`base` (3,) plus each field times its colour (3,), as a picture."""
    channels = [
        sum((field * float(step[channel]) for field, step in layers), float(base[channel]))
        for channel in range(3)
    ]
    return np.asarray(cv2.merge([np.asarray(channel) for channel in channels]), np.float32)


def _clouds(random: np.random.Generator, height: int, width: int) -> Image:
    base, one, two = _palette(random, 3)
    wavelength = log_uniform(random, 8, 200)
    first = smooth_noise(random, height, width, wavelength, int(random.integers(1, 5)))
    second = smooth_noise(random, height, width, 1.7 * wavelength, 2)
    first, second = (np.clip(noise * 0.35 + 0.35, 0, 0.7) for noise in (first, second))
    return _tinted(base, (first, one - base), (second, two - base))


def _gradient(random: np.random.Generator, height: int, width: int) -> Image:
    base, one, two = _palette(random, 3)
    first, second = (_ramp(random, height, width, 1.0) for _ in range(2))
    return _tinted(base, (first, one - base), (second, two - base))


def _wall(random: np.random.Generator, height: int, width: int) -> Image:
    rough = smooth_noise(random, height, width, random.uniform(3, 30), 2) * random.uniform(0, 0.03)
    shade = smooth_noise(random, height, width, random.uniform(100, 400)) * random.uniform(0, 0.08)
    colour = _any_colour(random) * np.float32(0.95)
    return _tinted(colour, (rough + shade, colour))


def _skin(random: np.random.Generator, height: int, width: int) -> Image:
    place = random.uniform(0, 2)
    tone = np.array([np.interp(place, [0, 1, 2], _SKINS[:, channel]) for channel in range(3)])
    flush = smooth_noise(random, height, width, random.uniform(30, 150), 2)
    shade = smooth_noise(random, height, width, random.uniform(80, 300)) * 0.12
    pores = smooth_noise(random, height, width, random.uniform(2, 5)) * 0.015
    return _tinted(tone, (shade + pores, tone), (flush, np.array([0.012, -0.004, -0.005])))


def _lights(random: np.random.Generator, height: int, width: int) -> Image:
    """Lights out of focus before the dark."""
    rows, columns = -(-height // 2), -(-width // 2)
    picture = np.tile(_any_colour(random) * np.float32(0.3), (rows, columns, 1))
    radius = random.uniform(2, 0.08 * max(rows, columns) + 3)
    colours = np.clip(_palette(random, 4) + 0.3, 0, 1)
    for _ in range(int(random.integers(2, 5))):
        layer = np.zeros((rows, columns, 3), np.float32)
        for _ in range(int(random.integers(3, 15))):
            centre = (int(random.integers(columns)), int(random.integers(rows)))
            size = max(1, int(radius * random.uniform(0.6, 1.4)))
            colour = colours[int(random.integers(4))] * random.uniform(0.1, 0.9)
            cv2.circle(layer, centre, size, colour.tolist(), -1, cv2.LINE_AA)
        picture += layer
    return np.asarray(cv2.resize(blurred(picture, random.uniform(0.5, 3)), (width, height)))


def _window(random: np.random.Generator, height: int, width: int) -> Image:
    """Panes of bright daylight in a dark wall."""
    rows, columns = -(-height // 2), -(-width // 2)
    picture = _wall(random, rows, columns) * np.float32(random.uniform(0.2, 0.9))
    day = _clouds(random, rows, columns) * np.float32(0.4) + np.float32(random.uniform(0.5, 1))
    tall, wide = (int(random.uniform(0.2, 1.2) * side) + 1 for side in (rows, columns))
    bar = max(1, int(random.uniform(0.01, 0.15) * columns))
    top, left = int(random.integers(tall + bar)), int(random.integers(wide + bar))
    glass_y = (np.arange(rows) + top) % (tall + bar) < tall
    glass_x = (np.arange(columns) + left) % (wide + bar) < wide
    picture = np.where((glass_y[:, None] & glass_x)[..., None], day, picture)
    return np.asarray(cv2.resize(blurred(picture, random.uniform(0, 3)), (width, height)))


def _letters(random: np.random.Generator, height: int, width: int) -> Image:
    """Lines of print: a page, a screen, a poster."""
    paper, ink = _palette(random, 2)
    coverage = np.zeros((height, width), np.uint8)
    size = log_uniform(random, 0.3, 3)
    face, bold = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(size))
    for y in range(int(random.uniform(0, 30)), height + 30, int(30 * size) + 4):
        line = "".join(random.choice(_LETTERS, int(width / 12 / size) + 5))
        cv2.putText(coverage, line, (-int(random.integers(40)), y), face, size, 255, bold)
    return _tinted(paper, (coverage.astype(np.float32) / np.float32(255), ink - paper))


def _clutter(random: np.random.Generator, height: int, width: int) -> Image:
    """Leaves, pebbles, or books and boxes, the nearer ones brighter."""
    green = random.choice([0, 0, 0.6])
    colours = (1 - green) * _palette(random, 6) + green * np.array([0.3, 0.6, 0.15])
    picture = np.tile(np.clip(colours[0] * 60, 0, 255).astype(np.uint8), (height, width, 1))
    size = log_uniform(random, 6, 0.2 * max(height, width) + 7)
    slim, boxes = random.uniform(0.15, 1), random.random() < 0.35
    count = int(np.clip(2 * height * width / (size * size * slim), 20, 200))
    tilt, spread = random.uniform(0, 360), random.choice([0, 60, 180])
    for number in range(count):
        bright = 255 * (0.3 + 0.7 * number / count) * random.uniform(0.7, 1.3)
        paint = np.clip(colours[int(random.integers(6))] * bright, 0, 255).tolist()
        centre = (float(random.uniform(0, width)), float(random.uniform(0, height)))
        long, angle = size * random.uniform(0.5, 1.5), tilt + random.uniform(-spread, spread)
        shape = (centre, (long, long * slim), angle)
        if boxes:
            corners = np.asarray(cv2.boxPoints(shape), np.int32)
            cv2.fillConvexPoly(picture, corners, paint, cv2.LINE_AA)
        else:
            cv2.ellipse(picture, shape, paint, -1, cv2.LINE_AA)
    return picture.astype(np.float32) / np.float32(255)


def _pattern(random: np.random.Generator, height: int, width: int) -> Image:
    """Stripes, checks, bricks, blinds, tiles, dots or a weave, turned, sheared and repeated."""
    scale = log_uniform(random, 0.12, 2)
    motif = blurred(_motif(random), max(0.45 / scale - 0.45, 0))
    angle = 0.0 if random.random() < 0.4 else random.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0]])
    turn[:, :2] = (turn[:, :2] + random.normal(0, 0.1, (2, 2))) / scale
    turn[:, 2] = random.uniform(0, _TILE, 2)
    flags, mode = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_WRAP
    weight = cv2.warpAffine(motif, turn, (width, height), flags=flags, borderMode=mode)
    base, other = _palette(random, 2)
    return _tinted(base, (np.asarray(weight, np.float32), other - base))


def _motif(random: np.random.Generator) -> Field:
    """(_TILE, _TILE) float32 in [0, 1] that repeats without a seam."""
    y, x = np.mgrid[:_TILE, :_TILE]
    gap, thin, half = int(random.integers(2, 30)), int(random.integers(1, 6)), _TILE // 2
    motifs = (
        x < gap,
        (x < half) ^ (y < half),
        (x < gap) | (y < gap),
        (y % half < thin) | ((x + half * (y // half)) % _TILE < thin),
        np.hypot(x - half, y - half) < gap,
        ((x // 8 + y // 8) % 4) < 2,
        y / _TILE,
    )
    return np.asarray(motifs[int(random.integers(len(motifs)))], np.float32)


def _cloth(random: np.random.Generator, height: int, width: int) -> Image:
    """A weave or a knit in folds."""
    period, lean = random.uniform(2.2, 9) / (2 * np.pi), random.uniform(-1, 1)
    y, x = (np.asarray(place / period, np.float32) for place in np.ogrid[:height, :width])
    weave = np.sin(x) * np.sin(y) + lean * np.cos(y)
    folds = smooth_noise(random, height, width, random.uniform(30, 200), 2)
    light = weave * random.uniform(0.02, 0.15) + folds * random.uniform(0.03, 0.2)
    colour = _any_colour(random)
    return _tinted(colour * np.float32(0.85), (light, colour))


_PAINTERS: tuple[Painter, ...] = (
    _clouds, _gradient, _wall, _skin, _lights, _window, _letters, _clutter, _pattern, _cloth,
)  # fmt: skip
_CHANCES = (0.11, 0.06, 0.16, 0.07, 0.09, 0.09, 0.06, 0.15, 0.14, 0.07)
