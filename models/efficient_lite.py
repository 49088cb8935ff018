"""The first five stages of EfficientNet-Lite0, which know things, not only people.

Tan and Le, "EfficientNet" (ICML 2019), in the variant without gates that its authors published as
Lite. Tensors are (N, H, W, C).
"""

import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import Filter
from models.person_shape import STAGES

WIDTHS = 16, 24, 40, 80, 112
"""Channels that the stages give, at a 2nd, 4th, 8th, 16th and 16th of the size."""
_STEM = 32
_WIDEN = 6


class Block(nn.Module):
    """Widen, filter each channel, narrow; adds its input where the shapes allow."""

    def __init__(self, inner: int, outer: int, size: int, stride: int, widen: int) -> None:
        super().__init__()
        wide = inner * widen
        self.widen = nn.Linear(inner, wide) if widen > 1 else None
        self.filter = Filter(wide, wide, size, stride, wide)
        self.narrow = nn.Linear(wide, outer)
        self.residual = stride == 1 and inner == outer

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H / stride, W / stride, outer)."""
        y = x if self.widen is None else F.relu6(self.widen(x))
        narrow: Tensor = self.narrow(F.relu6(self.filter(y)))
        return narrow + x if self.residual else narrow


class LiteNet(nn.Module):
    """(N, H, W, 3) float32 RGB in [0, 1] to what the third and the fifth stage give.

    That is (N, H/8, W/8, 40) and (N, H/16, W/16, 112); H and W must be multiples of 16.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Filter(3, _STEM, 3, 2, 1)
        self.stages = nn.ModuleList()
        inner = _STEM
        for number, (blocks, size, stride) in enumerate(STAGES):
            widen = _WIDEN if number else 1
            outer = WIDTHS[number]
            rest = [Block(outer, outer, size, 1, widen) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(Block(inner, outer, size, stride, widen), *rest))
            inner = outer

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        y = F.relu6(self.stem((rgb * 255 - 127) / 128))
        for stage in self.stages[:3]:
            y = stage(y)
        near = y
        for stage in self.stages[3:]:
            y = stage(y)
        return near, y
