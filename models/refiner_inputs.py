"""What the learned refiner is told of a picture: colours, coarse alpha and evidence on cells."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kernels.band import lattice, tiles_of
from kernels.coarse import on_cells
from kernels.evidence import Evidence, weigh_evidence
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours, cell_means, spread
from kernels.texture import cell_roughness
from kernels.types import Alpha
from models.picture import Picture
from models.refiner_net import CONTEXT_INPUTS, EDGE

Channels = npt.NDArray[np.float32]

LOGIT_SCALE = 0.25
"""Logits are given to the nets in this unit: it makes them as large as the other channels."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What is known of a picture before the nets run.

    prior: (rows, columns) float32 coarse alpha on cells; means: Cells; colours: both sides'
    spread; channels: (rows, columns, CONTEXT_INPUTS) float32; step: pixels a cell.
    """

    prior: Alpha
    means: Cells
    colours: SpreadColours
    channels: Channels
    step: int


def gather_inputs(picture: Picture, coarse: Alpha, step: int) -> Inputs:
    """Everything the context net needs of `picture` and its clean `coarse` alpha (h, w) float32.

    step: luma pixels a cell, 2, 4, 8 or 16.
    """
    height, width, layout = picture.height, picture.width, picture.layout
    prior = on_cells(coarse, height, width, step)
    means = cell_means(picture.planes, layout, step)
    colours = spread(means, prior, step)
    everywhere = tiles_of(np.zeros(lattice(height, width), np.uint8), 0)
    evidence = weigh_evidence(means, colours, prior, layout, everywhere)
    rough = cell_roughness(picture.planes[0], layout.peak, step)
    scale = max(height / coarse.shape[0], 1.0)
    return Inputs(prior, means, colours, _joined(evidence, colours, layout, prior, rough, scale), step)


def _joined(
    evidence: Evidence,
    colours: SpreadColours,
    layout: Layout,
    prior: Alpha,
    rough: Channels,
    scale: float,
) -> Channels:
    """The channels in the order the context net learned them; the last six wait to be filled:

    the previous picture's alpha and its confidence, a clean plate's red, green and blue and its
    confidence, all zero where nothing is known.
    """
    out = np.zeros((*prior.shape, CONTEXT_INPUTS), np.float32)
    out[..., 0:3] = evidence.rgb - 0.5
    out[..., 3] = logit(prior) * LOGIT_SCALE
    for first, side in ((4, colours.foreground), (7, colours.background)):
        rgb = in_rgb(side, layout)
        out[..., first : first + 3] = rgb - 0.5
        variance = np.maximum(side[..., 3] - (rgb * rgb).sum(axis=2), 0)
        out[..., 12 + (first == 7)] = np.sqrt(variance)
    out[..., 10], out[..., 11] = evidence.projection, evidence.confidence
    out[..., 14] = rough * 4
    out[..., 15] = min(np.log2(scale), 4.0) / 3
    return out


def in_rgb(cells: Cells, layout: Layout) -> Channels:
    """(rows, columns, 3) float32 RGB, about [0, 1], of Cells in the picture's code values."""
    matrix, offset = layout.to_rgb()
    return np.asarray(cv2.transform(cells[..., :3], np.column_stack([matrix, offset])))


def logit(alpha: Alpha) -> Alpha:
    """The logit of `alpha` squeezed into [EDGE, 1 - EDGE]."""
    squeezed = alpha * np.float32(1 - 2 * EDGE) + np.float32(EDGE)
    return np.asarray(np.log(squeezed / (1 - squeezed)), np.float32)
