"""What the learned refiner is told of a picture: colours, coarse alpha and evidence on cells."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.band import lattice, tiles_of
from kernels.coarse import on_cells
from kernels.context import KNOWN, join_context, moved_prior
from kernels.evidence import weigh_evidence
from kernels.spread import Cells, SpreadColours, cell_means, spread
from kernels.texture import cell_roughness
from kernels.types import Alpha
from models.picture import Picture
from models.refiner_net import CONTEXT_INPUTS, EDGE, LOGIT_SCALE

Channels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What is known of a picture before the nets run.

    prior: (rows, columns) float32 coarse alpha on cells; means: Cells; rough: (rows, columns)
    float32, see cell_roughness; colours: both sides' spread; step: pixels a cell. channels: (rows,
    columns, CONTEXT_INPUTS) float32, as join_context fills them, then how many pixels a coarse one
    covers (log2, thirds), then six that wait to be filled: the previous picture's alpha and its
    confidence, a clean plate's RGB and its confidence, all zero where nothing is known.
    """

    prior: Alpha
    means: Cells
    rough: Channels
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
    rough = cell_roughness(picture.planes[0], layout.peak, step)
    channels = np.zeros((*prior.shape, CONTEXT_INPUTS), np.float32)
    channels[..., KNOWN] = min(np.log2(max(height / coarse.shape[0], 1)), 4) / 3
    return _told(picture, prior, means, rough, channels, step)


def look_again(picture: Picture, inputs: Inputs, change: Alpha) -> Inputs:
    """The inputs once the prior's logit has moved by `change` (rows, columns), colours renewed."""
    prior = moved_prior(inputs.prior, change, EDGE)
    rough, channels = inputs.rough, inputs.channels.copy()
    return _told(picture, prior, inputs.means, rough, channels, inputs.step)


def _told(
    picture: Picture, prior: Alpha, means: Cells, rough: Channels, channels: Channels, step: int
) -> Inputs:
    """Spread the sure colours, weigh what they say, and put it all side by side."""
    layout = picture.layout
    colours = spread(means, prior, step)
    everywhere = tiles_of(np.zeros(lattice(picture.height, picture.width), np.uint8), 0)
    evidence = weigh_evidence(means, colours, prior, layout, everywhere)
    join_context(evidence, colours, layout, prior, rough, EDGE, LOGIT_SCALE, channels)
    return Inputs(prior, means, rough, colours, channels, step)
