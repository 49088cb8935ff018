"""Fur, hair seen closely, hanging hair, tails and braids."""

import numpy as np

from models.training.chance import log_uniform
from models.training.codec import Image, blurred, smooth_noise
from models.training.contours import Body
from models.training.dyes import Hue, paint
from models.training.hair import TONES, draw_hue, draw_style, most_of
from models.training.layers import Canvas, Points, blank, filled, lay, turned
from models.training.strands import Style, grow, heading, sampled, slopes_of, within

_CURTAIN = np.array(
    [[0.8, -0.2], [0.85, 0.5], [0.5, 0.9], [0, 1], [-0.5, 0.9], [-0.85, 0.5], [-0.8, -0.2]]
)


def dress_fur(random: np.random.Generator, body: Body) -> Canvas:
    """`body` covered in fur, its hairs normal to the outline but for wind and weight."""
    side = float(max(body.coverage.shape))
    length = side * log_uniform(random, 0.02, 0.12)
    style = Style(
        length,
        float(np.clip(length * random.uniform(0.015, 0.05), 0.3, 1.8)),
        clump=int(random.integers(3, 10)),
        spread=length * random.uniform(0.04, 0.15),
        tightness=random.uniform(0.3, 1.0),
        bend=random.uniform(0.1, 0.5),
        sway=random.uniform(0.1, 0.4),
        gravity=random.uniform(0, 0.5),
        frizz=length * random.uniform(0.02, 0.12),
        taper=random.uniform(0.05, 0.3),
        uneven=random.uniform(0.3, 0.9),
    )
    return _coated(random, body, style, draw_hue(random), random.uniform(-1.2, 1.2))


def dress_mass(random: np.random.Generator, body: Body) -> Canvas:
    """`body` as a mass of long hair seen closely, that lies along its outline or leaves it."""
    side = float(min(body.coverage.shape))
    length = side * random.uniform(0.15, 0.7)
    style = draw_style(random, side * random.uniform(0.15, 0.7), length)
    style = style._replace(gravity=random.uniform(0, 0.3), width=max(style.width, 0.4))
    lean = random.choice([-1, 1]) * random.uniform(0.6, 1.7)
    hue = draw_hue(random)
    canvas = _coated(random, body, style, hue, lean)
    stray = style._replace(
        width=style.width * random.uniform(0.4, 0.9), clump=1, bend=1.0, sway=0.5, uneven=1.0
    )
    near = blurred(body.coverage, side * 0.05)
    roots = within(random, body.coverage * (near < 0.8), int(random.exponential(30)) + 2)
    if len(roots):
        angles = heading(slopes_of(near), roots) + lean * random.normal(0.6, 0.5, len(roots))
        paint(random, canvas, grow(random, roots, angles, stray), stray, hue, near)
    return canvas


def draw_curtain(random: np.random.Generator, height: int, width: int) -> Canvas:
    """Hair that hangs from above the picture, a tail or a whole head of it, dense or thin."""
    side, hue = float(min(height, width)), draw_hue(random)
    wide = side * random.uniform(0.12, 0.4)
    length = height * random.uniform(0.6, 1.3)
    style = draw_style(random, side * random.uniform(0.15, 0.6), length)
    style = style._replace(
        gravity=random.uniform(0.1, 1.0),
        tightness=random.uniform(-0.4, 0.9),
        uneven=random.uniform(0.1, 0.6),
    )
    canvas, lean = blank(height, width), random.normal(0, 0.25)
    middle, centre = width * random.uniform(0.25, 0.75), np.array([width / 2, 0.0])
    solid = _CURTAIN * [wide, length] * random.uniform(0.3, 0.8) + [middle, 0]
    cover = filled(turned(solid, centre, lean), height, width)
    lay(canvas, blurred(cover, 0.012 * side), hue.root * np.float32(0.6))
    wanted = wide * 2 / style.width * random.uniform(2, 10)
    count = int(np.clip(wanted, 60, most_of(style))) // style.clump + 1
    across = random.normal(0, 0.5, count)
    roots = np.stack([middle + wide * across, random.uniform(-0.2, 0.1, count) * length], axis=1)
    angles = np.pi / 2 + lean - across * random.uniform(-0.2, 0.5) + random.normal(0, 0.1, count)
    grown = grow(random, turned(roots, centre, lean), angles, style)
    paint(random, canvas, grown, style, hue, blurred(cover, 0.1 * side))
    return canvas


def hang_tail(
    random: np.random.Generator,
    canvas: Canvas,
    root: Points,
    angle: float,
    wide: float,
    hue: Hue,
) -> None:
    """A pony tail or a braid over `canvas`: from `root` at `angle`, about `wide` pixels across."""
    length = wide * random.uniform(3, 7)
    style = draw_style(random, 2 * wide, length)._replace(
        spread=wide * 0.28, tightness=random.uniform(-0.3, 0.8), gravity=random.uniform(0, 0.8)
    )
    if random.random() < 0.5:
        count = int(np.clip(4 * wide / style.width, 40, 700)) // style.clump + 1
        roots = root + random.normal(0, wide * 0.12, (count, 2))
        grown = grow(random, roots, angle + random.normal(0, 0.12, count), style)
        paint(random, canvas, grown, style, hue)
    else:
        _plait(random, canvas, root, angle, wide, style, hue)


def _plait(
    random: np.random.Generator,
    canvas: Canvas,
    root: Points,
    angle: float,
    wide: float,
    style: Style,
    hue: Hue,
) -> None:
    """Bundles that cross from one side to the other in turn."""
    lobe = style._replace(
        length=wide * 1.3, clump=int(np.clip(3 * wide / style.width, 20, 60)), spread=wide * 0.16,
        tightness=0.7, gravity=0.0, wave=0.0, bend=0.05, sway=0.05, frizz=wide * 0.03, uneven=0.15,
    )  # fmt: skip
    along = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-along[1], along[0]])
    for number in range(int(style.length / (0.45 * wide))):
        sign = 1 if number % 2 else -1
        start = root + along * number * 0.45 * wide + aside * sign * wide * 0.42
        grown = grow(random, start[None], np.array([angle - sign * 0.75]), lobe)
        paint(random, canvas, grown, lobe, hue._replace(shine=0.8, band=0.45))


def _coated(random: np.random.Generator, body: Body, style: Style, hue: Hue, lean: float) -> Canvas:
    """`body` under strands rooted all over it, at an angle of `lean` to the way out of it."""
    height, width = body.coverage.shape
    tones = _coat(random, height, width, hue)
    canvas = blank(height, width)
    depth = blurred(body.coverage, max(min(style.length, 0.08 * width) * 0.8, 2.0))
    under = np.clip((depth - random.uniform(0.52, 0.7)) * 6 + 0.5, 0, 1)
    lay(canvas, under, tones * np.float32(random.uniform(0.35, 0.75)))
    share = body.coverage * (0.35 + np.exp(-(((depth - 0.55) / 0.25) ** 2)))
    wanted = share.sum() * random.uniform(4, 12) / (style.length * style.width)
    fewest = 4 * (height + width) * random.uniform(0.3, 1) / style.width
    count = int(np.clip(max(wanted, fewest), 100, most_of(style))) // style.clump + 1
    roots = within(random, share, count)
    if not len(roots):
        return canvas
    # From the inside out: each hair lies over the roots of those beyond it.
    order = np.argsort(-sampled(depth, roots) + random.normal(0, 0.1, count))
    roots = roots[order[::-1]] if random.random() < 0.3 else roots[order]
    flow = blurred(body.coverage, 0.1 * max(height, width))
    wind = smooth_noise(random, height, width, random.uniform(0.1, 0.5) * width)
    angles = heading(slopes_of(flow), roots) + lean + 0.35 * sampled(wind, roots)
    grown = grow(random, roots, angles, style)
    tints = sampled(tones, grown.points[:, 0])
    paint(random, canvas, grown, style, hue._replace(shadow=0.1), depth, tints)
    return canvas


def _coat(random: np.random.Generator, height: int, width: int, hue: Hue) -> Image:
    """The coat's colours (height, width, 3): one, or two in patches."""
    light = 1 + 0.12 * smooth_noise(random, height, width, random.uniform(3, 12), 2)[..., None]
    share = np.ones((height, width, 1), np.float32)
    if random.random() < 0.3:
        noise = smooth_noise(random, height, width, random.uniform(0.1, 0.6) * height, 2)
        share = np.clip(0.5 + noise * 3, 0, 1)[..., None]
    other = TONES[int(random.integers(len(TONES)))]
    colours = (hue.root * share + other * (1 - share)) * light
    return np.asarray(np.clip(colours, 0, 1), np.float32)
