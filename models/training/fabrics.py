"""Lace, mesh, knits, frayed edges, and veils of cloth: what is woven, and seen through."""

from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from models.training.chance import log_uniform
from models.training.codec import Field, Image, blurred, smooth_noise
from models.training.contours import Body
from models.training.dyes import Hue, paint
from models.training.layers import Canvas, Texture, filled, joined, lay, shaded
from models.training.strands import Style, grow, heading, sampled, slopes_of, within

_YARN = Hue(np.ones(3, np.float32), np.ones(3, np.float32), shine=0.1, shadow=0.3)


def trim(random: np.random.Generator, canvas: Canvas, body: Body, texture: Texture) -> None:
    """Lace, net or mesh over `canvas`, that covers `body` and ends in a hem outside its outline."""
    height, width = body.coverage.shape
    side = float(min(height, width))
    out = _outwards(body, side * random.uniform(0.12, 0.4))
    scale, wave = side * random.uniform(0.02, 0.1), side * random.uniform(0, 0.02)
    along = _along(body) * side / scale
    edge = out + wave / (0.3 * side) * np.cos(along)
    cloth = np.clip((edge - 0.06) * side * 0.25 + 0.5, 0, 1)
    threads = net(random, height, width)
    hem = np.exp(-(((edge - 0.07) / random.uniform(0.012, 0.04)) ** 2))
    alpha = cloth * np.clip(joined(threads, np.clip(1.6 * hem, 0, 1)), 0, 1)
    colour = _thread_colour(random, texture, height, width)
    lay(canvas, alpha.astype(np.float32), _relief(random, alpha, colour))


def net(random: np.random.Generator, height: int, width: int) -> Alpha:
    """Coverage (height, width) of endless cloth that one sees through, threads 1 to 4 pixels wide.

    A square net, a mesh of triangles, a knit, rings, or lace: flowers on a fine ground.
    """
    side = float(min(height, width))
    thread = random.uniform(1.0, 4.0)
    period = thread * log_uniform(random, 2.2, 9)
    u, v, stretch = _warped_grid(random, height, width, side)
    u, v = u / period, v / period
    kind = int(random.integers(5))
    if kind == 0:
        fields = [_line(u), _line(v)]
    elif kind == 1:
        fields = [_line(u), _line(0.5 * u + 0.866 * v), _line(0.5 * u - 0.866 * v)]
    elif kind == 2:
        fields = [_line(u + 0.22 * np.sin(2 * np.pi * v)), _line(v + 0.3 * np.sin(2 * np.pi * u))]
    elif kind == 3:
        fields = [np.abs(np.hypot(_saw(u), _saw(v)) - 0.36), _line(u), _line(v + 0.5)]
    else:
        return _flowers(random, u, v, thread / period, period)
    half = 0.5 * thread / period
    found = [_share((half - field) * period / stretch) for field in fields]
    return np.asarray(np.maximum.reduce(found), np.float32)


def fray(random: np.random.Generator, canvas: Canvas, body: Body) -> None:
    """Loose threads along the outline of `body`: a torn or worn edge, or a fringe."""
    height, width = body.coverage.shape
    side = float(min(height, width))
    near = blurred(body.coverage, 2.0)
    ring = body.coverage * ((near > 0.4) & (near < 0.85))
    roots = within(random, ring.astype(np.float32), int(np.exp(random.uniform(3.5, 6.5))))
    if not len(roots):
        return
    style = Style(
        side * random.uniform(0.02, 0.15),
        random.uniform(0.5, 2.0),
        clump=int(random.integers(1, 4)),
        spread=1.5,
        bend=0.6,
        sway=random.uniform(0.1, 0.8),
        gravity=random.uniform(0, 0.6),
        frizz=side * 0.008,
        uneven=0.9,
        taper=0.8,
    )
    angles = heading(slopes_of(blurred(body.coverage, 0.05 * side)), roots)
    angles = angles + random.normal(0, random.uniform(0.1, 0.6), len(roots))
    grown = grow(random, roots, angles, style)
    own = sampled(canvas, grown.points[:, 0])
    tints = own[:, :3] / np.maximum(own[:, 3:], 0.05) * random.uniform(0.8, 1.3)
    paint(random, canvas, grown, style, _YARN, tints=np.clip(tints, 0, 1))


def drape(random: np.random.Generator, canvas: Canvas, body: Body, texture: Texture) -> None:
    """A veil in folds over `body` and beyond it; alpha 0.2 to 0.8, more in its folds and hem."""
    height, width = body.coverage.shape
    side = float(min(height, width))
    centre = np.array([width, height]) * random.uniform(0.35, 0.65, 2)
    wide, tall = side * random.uniform(0.35, 0.6, 2)
    knots = np.array([[-0.5, -0.8], [0, -1], [0.5, -0.8], [0.85, 0.0], [1.1, 1.4], [0.4, 1.5],
                      [-0.4, 1.45], [-1.1, 1.4], [-0.85, 0.0]])  # fmt: skip
    knots = knots + random.normal(0, 0.08, knots.shape)
    cover = filled(knots * [wide, tall] + centre, height, width)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    fan = np.arctan2(x - centre[0], y - centre[1] + 1.5 * tall) * random.uniform(10, 40)
    warp = smooth_noise(random, height, width, 0.4 * side, 2)
    folds = np.abs(np.sin(fan + warp * random.uniform(0.5, 2.5))) ** random.uniform(0.5, 3)
    low, high = sorted(random.uniform(0.15, 0.85, 2))
    sheet = low + (high - low) * folds
    if random.random() < 0.35:
        sheet = sheet * (0.35 + 0.65 * net(random, height, width))
    hem = np.clip(4 * cover * (1 - blurred(cover, 1.5)), 0, 1) * random.uniform(0, 0.6)
    alpha = cover * np.clip(sheet + hem * (1 - sheet), 0, 1)
    colour = _thread_colour(random, texture, height, width)
    light = (0.75 + 0.35 * folds)[..., None]
    lay(canvas, alpha.astype(np.float32), np.clip(colour * light, 0, 1).astype(np.float32))


def _outwards(body: Body, reach: float) -> Field:
    """1 within the body, falling to 0 `reach` pixels outside it (H, W)."""
    soft = blurred(body.coverage, reach / 2)
    return np.asarray(np.clip(soft * 2, 0, 1))


def _along(body: Body) -> Field:
    """The angle (H, W) around the middle of the body, for scallops along its hem."""
    rows, columns = np.nonzero(body.coverage > 0.5)
    height, width = body.coverage.shape
    middle = (rows.mean(), columns.mean()) if rows.size else (height / 2, width / 2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(np.arctan2(y - middle[0], x - middle[1]))


def _warped_grid(
    random: np.random.Generator, height: int, width: int, side: float
) -> tuple[Field, Field, Field]:
    """Turned, warped coordinates (H, W) in pixels, and how much they are stretched: about 1."""
    angle = random.uniform(0, np.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    reach = side * random.uniform(0.01, 0.06)
    warp = [reach * smooth_noise(random, height, width, 0.35 * side, 2) for _ in range(2)]
    u = (x + warp[0]) * np.cos(angle) + (y + warp[1]) * np.sin(angle)
    v = (y + warp[1]) * np.cos(angle) - (x + warp[0]) * np.sin(angle)
    down, across = np.gradient(u)
    return u, v, np.clip(np.hypot(down, across), 0.3, 3)


def _flowers(
    random: np.random.Generator, u: Field, v: Field, thread: float, period: float
) -> Alpha:
    """Petals, dense inside, upon a ground of fine net; u and v in periods of the ground."""
    ground = np.minimum(_line(u), _line(v))
    large = random.uniform(4, 9)
    x, y = _saw(u / large), _saw(v / large + 0.5 * np.floor(u / large + 0.5))
    petals = int(random.integers(4, 9))
    radius, angle = np.hypot(x, y) * large, np.arctan2(y, x)
    outline = large * (0.3 + 0.09 * np.cos(petals * angle))
    inside = (outline - radius) * period
    rim = 1.5 * thread * period - np.abs(inside)
    dense = _share((0.9 * thread - np.minimum(_line(2 * u), _line(2 * v))) * 0.5 * period)
    fine = _share((0.35 * thread - ground) * period)
    within_petals = _share(inside)
    mixed = within_petals * np.maximum(dense, random.uniform(0.2, 1)) + (1 - within_petals) * fine
    return np.asarray(np.maximum(mixed, _share(rim)), np.float32)


def _saw(place: npt.NDArray[Any]) -> Field:
    """How far (-0.5 to 0.5) `place` is from the nearest whole number."""
    return np.asarray(place - np.round(place))


def _line(place: npt.NDArray[Any]) -> Field:
    return np.abs(_saw(place))


def _share(inside: npt.NDArray[Any]) -> Field:
    """Coverage where an edge lies `inside` pixels away."""
    return np.asarray(np.clip(inside + 0.5, 0, 1))


def _thread_colour(random: np.random.Generator, texture: Texture, height: int, width: int) -> Image:
    kind = random.random()
    if kind < 0.3:
        return texture(random, height, width)
    pale = random.uniform(0.8, 1.0, 3) if kind < 0.7 else random.uniform(0, 1, 3)
    if kind > 0.9:
        pale = random.uniform(0.02, 0.12, 3)
    return np.broadcast_to(pale.astype(np.float32), (height, width, 3))


def _relief(random: np.random.Generator, alpha: Alpha, colour: Image) -> Image:
    return shaded(random, alpha.astype(np.float32), colour, 1.2)
