"""What colour strands have, and how they are painted."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.strokes import Strokes, paint_strokes
from models.training.codec import Field, Image
from models.training.layers import Canvas, Colour
from models.training.strands import Grown, Style, sampled


class Hue(NamedTuple):
    """What colour strands have.

    root, tip: (3,) RGB in [0, 1]. clumps, strands: how much lightness differs between them.
    shine: of the band across the strands that mirrors the light, at `band` (0 root, 1 tip).
    shadow: how much darker the lowest strands are. rim: how bright light from behind is.
    """

    root: Colour
    tip: Colour
    clumps: float = 0.15
    strands: float = 0.1
    shine: float = 0.4
    band: float = 0.3
    shadow: float = 0.5
    rim: float = 0.0


def paint(
    random: np.random.Generator,
    canvas: Canvas,
    grown: Grown,
    style: Style,
    hue: Hue,
    body: Field | None = None,
    tints: Image | None = None,
) -> None:
    """Paint `grown` over `canvas`, clump over clump: in order if tints are given, else at random.

    body: (H, W) float32, 1 deep within the subject and 0 outside, where `hue.rim` lights strands.
    tints: (n, 3) float32, each strand's colour in place of the one at the root and the tip.
    """
    count, steps = grown.points.shape[:2]
    order = np.arange(count) if tints is not None else _order(random, grown.clump)
    points = grown.points[order].astype(np.float32)
    widths = _widths(random, style, count, steps)
    colours = _colours(random, grown.clump[order], steps, hue, style, tints)
    if body is not None and hue.rim > 0:
        light = hue.rim * (1 - sampled(body, points))[..., None]
        colours[..., :3] += light * (0.25 + colours[..., :3])
        np.clip(colours, 0, 1, out=colours)
    starts = np.arange(count + 1, dtype=np.int64) * steps
    strokes = Strokes(points.reshape(-1, 2), widths.reshape(-1), colours.reshape(-1, 4), starts)
    paint_strokes(strokes, canvas)


def _order(random: np.random.Generator, clump: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Clumps mostly one over the other, each strand a little out of its clump's place."""
    depth = random.random(int(clump[-1]) + 1)[clump] + random.normal(0, 0.15, clump.size)
    return np.argsort(depth)


def _widths(random: np.random.Generator, style: Style, count: int, steps: int) -> Image:
    along = np.linspace(0, 1, steps)
    profile = 1 - (1 - style.taper) * along**2
    profile[-1] *= 0.3
    own = style.width * np.exp(random.normal(0, 0.25, (count, 1)))
    return np.asarray(own * profile, np.float32)


def _colours(
    random: np.random.Generator,
    clump: npt.NDArray[np.int64],
    steps: int,
    hue: Hue,
    style: Style,
    tints: Image | None,
) -> Image:
    count, clumps = clump.size, int(clump.max()) + 1
    along = np.linspace(0, 1, steps)[None]
    own = random.normal(0, hue.strands, (count, 1))
    light = np.exp(random.normal(0, hue.clumps, clumps)[clump][:, None] + own)
    light = light * np.linspace(1 - hue.shadow, 1.05, count)[:, None]
    centre = hue.band + random.normal(0, 0.06, clumps)[clump][:, None] + 0.3 * own
    shine = hue.shine * np.exp(-(((along - centre) / 0.13) ** 2))
    mix = np.clip(along + random.normal(0, 0.15, (count, 1)), 0, 1)[..., None]
    colours = hue.root * (1 - mix) + hue.tip * mix if tints is None else tints[:, None]
    colours = colours * (light * (1 + shine))[..., None] + (0.12 * shine * light)[..., None]
    opacity = np.full((count, steps, 1), style.opacity)
    return np.asarray(np.clip(np.concatenate([colours, opacity], axis=2), 0, 1), np.float32)
