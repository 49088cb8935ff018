"""The learned second pass: from a wide view on large cells down to single pixels, in four nets.

The scout sees large cells and looks several times: after each look colours are spread anew from
what it found, so it walks to an edge that the coarse alpha missed. The context tells, on cells
half as wide, what to look for: features, colours of both sides, and linear functions of colour
(after Chen, Adams, Wadhwa and Hasinoff, "Bilateral guided upsampling", 2016). The trunk applies
these at half a cell, along the band, and gives the like for every pixel; the last net
reads pixels, the raw colours beside the rest (after Yao et al., "ViTMatte", 2023). All of them say
by how much a logit changes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kernels.context import CELL_INPUTS
from kernels.near import BESIDE, FINE_INPUTS, GUESSES, SPARE, TRUNK_INPUTS
from models.refiner_shape import EDGE, Shape

_LINES = 4 * GUESSES


def logit_of(alpha: Tensor) -> Tensor:
    """The logit of `alpha` in [0, 1], squeezed to [EDGE, 1 - EDGE]."""
    return torch.logit(alpha * (1 - 2 * EDGE) + EDGE)


def alpha_of(logit: Tensor) -> Tensor:
    """logit_of inverted; may leave [0, 1] by EDGE."""
    return (torch.sigmoid(logit) - EDGE) / (1 - 2 * EDGE)


class Body(nn.Module):
    """A 3x3 convolution, residual blocks of one each, and a linear layer.

    As large out as in when it is `padded`.
    """

    def __init__(
        self, inputs: int, width: int, dilations: tuple[int, ...], outputs: int, padded: bool = True
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(inputs, width, 3, padding=int(padded))
        self.blocks = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=d * padded, dilation=d) for d in dilations
        )
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = x + F.relu(block(x))
        found: Tensor = self.last(x)
        return found


class Scout(Body):
    """On large cells: (N, CELL_INPUTS, h, w) to (N, noticed + 1, h, w).

    The features, then the change of the coarse alpha's logit.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(CELL_INPUTS, shape.scout, shape.scout_dilations, shape.noticed + 1)
        _silence(self.last, slice(-1, None))


class Context(Body):
    """On cells: (N, CELL_INPUTS + noticed, h, w) to (N, 4 GUESSES + BESIDE + 8, h, w).

    GUESSES times three slopes and an offset, BESIDE features, the change of both sides' RGB, the
    further change of the logit, and the log of the coarse alpha's expected error.
    """

    def __init__(self, shape: Shape) -> None:
        inputs = CELL_INPUTS + shape.noticed
        super().__init__(inputs, shape.context, shape.context_dilations, _LINES + BESIDE + 8)
        # An untrained net changes neither colours nor alpha.
        _silence(self.last, slice(-8, -1))


class Trunk(Body):
    """At half a cell: (N, TRUNK_INPUTS, h, w) to (N, SPARE, h, w).

    GUESSES times slopes and offset again, then features. What the border touches, reach - 1 on
    each side, is neither computed nor given back.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(TRUNK_INPUTS, shape.trunk, shape.trunk_dilations, SPARE, padded=False)
        self._dilations = shape.trunk_dilations

    def forward(self, x: Tensor) -> Tensor:
        """See the class; (N, SPARE, h - 2 reach + 2, w - 2 reach + 2)."""
        x = F.relu(self.stem(x))
        for block, near in zip(self.blocks, self._dilations, strict=True):
            x = x[..., near:-near, near:-near] + F.relu(block(x))
        found: Tensor = self.last(x)
        return found


class Fine(nn.Module):
    """Pixels: (N, FINE_INPUTS, H, W) to (N, 2, H - 2, W - 2).

    The further change of alpha's logit, and the log of the expected error.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.stem = nn.Conv2d(FINE_INPUTS, shape.last, 3)
        self.last = nn.Conv2d(shape.last, 2, 1)
        _silence(self.last, slice(None))

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        found: Tensor = self.last(F.relu(self.stem(pixels)))
        return found


class RefinerNet(nn.Module):
    """The four nets together; untrained they change nothing."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        self.scout = Scout(self.shape)
        self.context = Context(self.shape)
        self.trunk = Trunk(self.shape)
        self.fine = Fine(self.shape)


def _silence(layer: nn.Conv2d, rows: slice) -> None:
    """Have some outputs of `layer` begin at zero."""
    with torch.no_grad():
        layer.weight[rows] = 0
        if layer.bias is not None:
            layer.bias[rows] = 0
