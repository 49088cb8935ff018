"""What the learned refiner is told of a picture: colours, coarse alpha and evidence on cells."""

from dataclasses import dataclass, replace

import cv2
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
from models.refiner_net import CONTEXT_INPUTS, DOUBT, EDGE, LOGIT_SCALE

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

    step: luma pixels a cell, 2, 4, 8 or 16. Colours come from where a blurred prior is sure: the
    coarse alpha may be wrong by some cells, and then its own edge holds the other side's colours.
    """
    height, width, layout = picture.height, picture.width, picture.layout
    prior = on_cells(coarse, height, width, step)
    means = cell_means(picture.planes, layout, step)
    span = 1 / float(layout.to_rgb()[0][:, 0].max())
    rough = cell_roughness(picture.planes[0], span, step)
    channels = np.zeros((*prior.shape, CONTEXT_INPUTS), np.float32)
    channels[..., KNOWN] = scale_of(coarse, height)
    doubted = _doubted(prior)
    colours = spread(means, doubted, step)
    if not (colours.foreground_known and colours.background_known):
        doubted, colours = prior, spread(means, prior, step)
    found = Inputs(prior, means, rough, colours, channels, step)
    _tell(picture, found, doubted)
    return found


def look_again(picture: Picture, inputs: Inputs, change: Alpha) -> Inputs:
    """The inputs once the prior's logit has moved by `change` (rows, columns), colours renewed."""
    prior = moved_prior(inputs.prior, change, EDGE)
    colours = spread(inputs.means, prior, inputs.step)
    if not (colours.foreground_known and colours.background_known):
        colours = inputs.colours
    found = replace(inputs, prior=prior, colours=colours, channels=inputs.channels.copy())
    _tell(picture, found, prior)
    return found


def scale_of(coarse: Alpha, height: int) -> float:
    """How many of `height` rows one of `coarse` covers: log2, at most 4, in thirds."""
    return float(min(np.log2(max(height / coarse.shape[0], 1)), 4)) / 3


def logit(alpha: Alpha) -> Alpha:
    """The logit of `alpha` squeezed to [EDGE, 1 - EDGE], as join_context gives it unscaled."""
    squeezed = alpha * np.float32(1 - 2 * EDGE) + np.float32(EDGE)
    return np.asarray(np.log(squeezed / (1 - squeezed)), np.float32)


def _doubted(prior: Alpha) -> Alpha:
    size = (2 * DOUBT + 1, 2 * DOUBT + 1)
    return np.asarray(cv2.blur(prior, size, borderType=cv2.BORDER_REPLICATE), np.float32)


def _tell(picture: Picture, inputs: Inputs, prior: Alpha) -> None:
    """Weigh what the colours say beside `prior`, and put all of it into the channels."""
    layout = picture.layout
    everywhere = tiles_of(np.zeros(lattice(picture.height, picture.width), np.uint8), 0)
    evidence = weigh_evidence(inputs.means, inputs.colours, prior, layout, everywhere)
    join_context(
        evidence, inputs.colours, layout, inputs.prior, inputs.rough, EDGE, LOGIT_SCALE,
        inputs.channels,
    )  # fmt: skip
