"""Convolutions of small nets, over (N, H, W, C).

A 1x1 convolution is nn.Linear there, one matrix product, which in torch on small pictures costs a
third of a general convolution call.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.weights import load_weights


class Filter(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME does.

    With a stride of 2 the odd row and column go behind; torch pads evenly only, so the kernel gets
    a row and column of zeros in front.
    """

    def __init__(self, inner: int, outer: int, size: int, stride: int, groups: int) -> None:
        super().__init__(inner, outer, size, stride, size // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H / stride, W / stride, outer)."""
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    def pad_kernel(self) -> None:
        """Put the zeros in front, once, after the weights are loaded."""
        if self.stride == (2, 2):
            self.weight = nn.Parameter(F.pad(self.weight, (1, 0, 1, 0)), requires_grad=False)


class Mean(nn.Module):
    """The mean over the picture."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, 1, 1, C)."""
        return x.mean((1, 2), keepdim=True)


def pad_kernels(net: nn.Module) -> None:
    """Pad the kernels of all filters in `net`, once, after the weights are loaded."""
    for module in net.modules():
        if isinstance(module, Filter):
            module.pad_kernel()


def load_tensors(name: str, folder: Path | None = None) -> dict[str, Tensor]:
    """What models.weights.load_weights gives, and raises, for torch."""
    return {key: torch.from_numpy(array) for key, array in load_weights(name, folder).items()}
