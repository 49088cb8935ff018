"""The learned second pass: a net on cells tells what to look for, a net on pixels finds it.

The context net sees the whole picture on coarse cells, so its view is wide, cheap and free of
seams. It looks twice: after the first look colours are spread anew from what it found. For every
cell it gives features and two linear functions of colour (after Chen, Adams, Wadhwa and Hasinoff,
"Bilateral guided upsampling", 2016); the head applies and corrects them at full resolution, with
the colours themselves beside it (after Yao et al., "ViTMatte", 2023).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kernels.patches import GUESSES

CONTEXT_INPUTS = 22
"""Channels a cell: see models.refiner_inputs."""
SOFT, FINE = 8, 7 + GUESSES
"""Channels the head is given of a cell beside its features, and of a pixel."""
OUTPUTS = 5
"""Change of alpha's logit, of the foreground's red, green and blue, log of the expected error."""
PRIOR, PROJECTION, CONFIDENCE, ROUGHNESS = 3, 10, 11, 14
"""Some of the channels of a cell."""
LOGIT_SCALE = 0.25
"""Logits are given to the nets in this unit: it makes them as large as the other channels."""
DOUBT = 2
"""Cells by which a coarse alpha may well be wrong, for the first look."""
EDGE = 0.01
"""Alphas closer than this to 0 or 1 are taken for it, so that their logit is finite."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths and depths of the two nets.

    context: channels on cells, one dilation for each residual block; features: channels handed to
    the head; head: channels at half resolution, its dilations likewise; last: channels at full
    resolution.
    """

    context: int = 24
    context_dilations: tuple[int, ...] = (1, 2, 4, 2, 1)
    features: int = 8
    head: int = 16
    head_dilations: tuple[int, ...] = (1, 2, 1)
    last: int = 12

    @property
    def reach(self) -> int:
        """Pixels around its result that the head must be given, an even number."""
        # The stem sees one pixel more, the last layers two.
        return 2 * sum(self.head_dilations) + 4


def logit_of(alpha: Tensor) -> Tensor:
    """The logit of `alpha` in [0, 1], squeezed to [EDGE, 1 - EDGE]."""
    return torch.logit(alpha * (1 - 2 * EDGE) + EDGE)


def alpha_of(logit: Tensor) -> Tensor:
    """logit_of inverted; may leave [0, 1] by EDGE."""
    return (torch.sigmoid(logit) - EDGE) / (1 - 2 * EDGE)


class Context(nn.Module):
    """What each cell's surroundings tell: (N, CONTEXT_INPUTS, h, w) to guesses, features, error.

    Returns (N, 4 * GUESSES + features + 2, h, w): GUESSES times three slopes and an offset, the
    features, the change of the cell's logit, and the log of the coarse alpha's expected error.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.context
        self.stem = nn.Conv2d(CONTEXT_INPUTS + 1, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=d, dilation=d) for d in shape.context_dilations
        )
        self.last = nn.Conv2d(width, 4 * GUESSES + shape.features + 2, 1)

    def forward(self, cells: Tensor) -> Tensor:
        """See the class."""
        x = F.relu(self.stem(torch.cat([cells, _urged(cells)], 1)))
        for block in self.blocks:
            x = x + F.relu(block(x))
        found: Tensor = self.last(x)
        return found


def _urged(cells: Tensor) -> Tensor:
    """How far the colours alone would move each cell's logit: a product no convolution forms."""
    # In single precision: 1 - projection cancels.
    projection = cells[:, PROJECTION : PROJECTION + 1].float() * (1 - 2 * EDGE) + EDGE
    logit = (projection / (1 - projection)).log() * LOGIT_SCALE
    urged = cells[:, CONFIDENCE : CONFIDENCE + 1] * (logit - cells[:, PRIOR : PRIOR + 1])
    return urged.to(cells.dtype)


class Head(nn.Module):
    """Full resolution: fine (N, FINE, H, W), soft (N, SOFT + features, H/2, W/2) to OUTPUTS.

    H and W are even; the result, (N, OUTPUTS, H - 2 reach, W - 2 reach), is what depends on
    nothing beyond the inputs' border.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.head
        self.stem = nn.Conv2d(FINE, width, 3, stride=2, padding=1)
        self.join = nn.Conv2d(width + SOFT + shape.features, width, 1)
        self.blocks = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=d, dilation=d) for d in shape.head_dilations
        )
        self.unfold = nn.Conv2d(width, 32, 1)
        self.fine = nn.Conv2d(8 + FINE, shape.last, 3)
        self._margin = shape.reach
        self.last = nn.Conv2d(shape.last, OUTPUTS, 1)
        # An untrained net changes nothing.
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, fine: Tensor, soft: Tensor) -> Tensor:
        """See the class."""
        x = F.relu(self.join(torch.cat([F.relu(self.stem(fine)), soft], 1)))
        for block in self.blocks:
            x = x + F.relu(block(x))
        # What the border has touched goes, but for the pixel that the next layer looks at.
        near, far = (self._margin - 2) // 2, self._margin - 1
        wide = F.pixel_shuffle(self.unfold(x[..., near:-near, near:-near]), 2)
        joined = torch.cat([wide[..., 1:-1, 1:-1], fine[..., far:-far, far:-far]], 1)
        out: Tensor = self.last(F.relu(self.fine(joined)))
        return out


class RefinerNet(nn.Module):
    """Context and head together."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        self.context = Context(self.shape)
        self.head = Head(self.shape)


SHAPES = {"refiner_balanced": Shape()}
"""The shapes of the committed weights."""
