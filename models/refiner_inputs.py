"""What the learned refiner is told of a picture: colours, coarse alpha and evidence on cells."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kernels.band import TILE, band_spans
from kernels.coarse import on_cells
from kernels.context import CELL_INPUTS, KNOWN, join_context
from kernels.evidence import weigh_evidence
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours, cells_of, halved, pooled_planes, spread
from kernels.texture import cell_roughness
from kernels.types import Alpha, Kinds, Planes
from models.picture import Picture
from models.refiner_shape import DOUBT, EDGE, LOGIT_SCALE

_MARGIN, _GRID = 8, 64
"""Cells around the band that are looked at, and the pixels that this is rounded to."""
Channels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What is known of a picture on cells of `step` pixels.

    prior: (rows, columns) float32 coarse alpha; means: Cells; rough: (rows, columns) float32, see
    cell_roughness. channels: (rows, columns, CELL_INPUTS) float32, as join_context fills them,
    then how many pixels a coarse one covers (log2, thirds), then six that wait to be filled: the
    previous picture's alpha and its confidence, a clean plate's RGB and its confidence, all zero
    where nothing is known.
    """

    prior: Alpha
    means: Cells
    rough: Channels
    channels: Channels
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What is known of a picture before the nets run.

    small: its planes, shrunk to half a cell; prior, means: all its cells; cells: those around the
    band; wide: cells twice as wide, likewise. The first of these begins at pixel (top, left).
    """

    small: Planes
    prior: Alpha
    means: Cells
    cells: Level
    wide: Level
    top: int
    left: int


def gather_inputs(picture: Picture, coarse: Alpha, kinds: Kinds, step: int) -> Inputs:
    """Everything the nets on cells need of `picture` but for colours, see `tell`.

    coarse: clean (h, w) float32; kinds: the picture's lattice, around whose BAND tiles cells are
    looked at; step: luma pixels a cell, 2, 4, 8 or 16.
    """
    layout, size = picture.layout, (picture.height, picture.width)
    small = pooled_planes(picture.planes, layout, step // 2)
    halves = halved(small)
    prior, means = on_cells(coarse, *size, step), cells_of(halves, layout)
    top, bottom, left, right = _surroundings(kinds, step)
    inner, wider = (
        (slice(top // width, bottom // width), slice(left // width, right // width))
        for width in (step, 2 * step)
    )
    luma = np.ascontiguousarray(picture.planes[0][top:bottom, left:right])
    span = 1 / float(layout.to_rgb()[0][:, 0].max())
    rough = cell_roughness(luma, span, step)
    known = scale_of(coarse, picture.height)
    cells = _level(prior[inner], means[inner], rough, known, step)
    wide = _level(
        on_cells(coarse, *size, 2 * step)[wider], cells_of(halved(halves), layout)[wider],
        halved((rough,))[0], known, 2 * step,
    )  # fmt: skip
    return Inputs(small, prior, means, cells, wide, top, left)


def doubted(prior: Alpha) -> Alpha:
    """`prior` blurred over the cells by which it may well be wrong."""
    size = (2 * DOUBT + 1, 2 * DOUBT + 1)
    return np.asarray(cv2.blur(prior, size, borderType=cv2.BORDER_REPLICATE), np.float32)


def tell(level: Level, layout: Layout, prior: Alpha, change: Alpha) -> SpreadColours:
    """Spread the colours that `prior` is sure of, and put what they say into the channels.

    prior, change: (rows, columns) float32; change: what was found so far to be added to the logit
    of the level's own prior.
    """
    colours = spread(level.means, prior, level.step)
    evidence = weigh_evidence(level.means, colours, prior, layout)
    join_context(
        evidence, colours, layout, level.prior, change, level.rough, EDGE, LOGIT_SCALE,
        level.channels,
    )  # fmt: skip
    return colours


def scale_of(coarse: Alpha, height: int) -> float:
    """How many of `height` rows one of `coarse` covers: log2, at most 4, in thirds."""
    return float(min(np.log2(max(height / coarse.shape[0], 1)), 4)) / 3


def logit(alpha: Alpha) -> Alpha:
    """The logit of `alpha` squeezed to [EDGE, 1 - EDGE], as join_context gives it unscaled."""
    squeezed = alpha * np.float32(1 - 2 * EDGE) + np.float32(EDGE)
    return np.asarray(np.log(squeezed / (1 - squeezed)), np.float32)


def _surroundings(kinds: Kinds, step: int) -> tuple[int, int, int, int]:
    """First and end row, first and end column, in pixels, of what is looked at.

    On a lattice wide enough that they seldom change from picture to picture.
    """
    grid = max(_GRID // TILE, 2 * step // TILE)
    margin = -(-_MARGIN * step // TILE)
    spans = []
    for first, end in band_spans(kinds) or [(0, size) for size in kinds.shape]:
        spans.append(max(first - margin, 0) // grid * grid * TILE)
        spans.append(-(-(end + margin) // grid) * grid * TILE)
    top, bottom, left, right = spans
    return top, bottom, left, right


def _level(prior: Alpha, means: Cells, rough: Channels, known: float, step: int) -> Level:
    channels = np.zeros((*prior.shape, CELL_INPUTS), np.float32)
    channels[..., KNOWN] = known
    return Level(np.ascontiguousarray(prior), np.ascontiguousarray(means), rough, channels, step)
