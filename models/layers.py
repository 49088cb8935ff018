"""Convolutions of small nets, over (N, H, W, C) or, planar, over (N, C, H, W).

A 1x1 convolution over (N, H, W, C) is one matrix product, which in torch on small pictures costs a
third of a general convolution call. OpenVINO has no such calls: there the net takes a fifth less
time when its tensors are planar, since none has to be turned from one form to the other.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Either(nn.Module):
    """A module that knows both forms. What `forward` says of shapes is meant of either."""

    planar = False


class Filter(Either, nn.Conv2d):
    """A convolution padded as TensorFlow's SAME does.

    With a stride of 2 the odd row and column go behind; torch pads evenly only, so the kernel gets
    a row and column of zeros in front.
    """

    def __init__(self, inner: int, outer: int, size: int, stride: int, groups: int) -> None:
        super().__init__(inner, outer, size, stride, size // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H / stride, W / stride, outer)."""
        if self.planar:
            return super().forward(x)
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    def pad_kernel(self) -> None:
        """Put the zeros in front, once, after the weights are loaded."""
        if self.stride == (2, 2):
            self.weight = nn.Parameter(F.pad(self.weight, (1, 0, 1, 0)), requires_grad=False)


class Point(Either, nn.Linear):
    """A 1x1 convolution."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H, W, outer)."""
        if self.planar:
            return F.conv2d(x, self.weight[:, :, None, None], self.bias)
        return super().forward(x)


class Mean(Either):
    """The mean over the picture."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) to (N, 1, 1, C)."""
        return x.mean((2, 3) if self.planar else (1, 2), keepdim=True)


def pad_kernels(net: nn.Module) -> None:
    """Pad the kernels of all filters in `net`, once, after the weights are loaded."""
    for module in net.modules():
        if isinstance(module, Filter):
            module.pad_kernel()


def make_planar(net: nn.Module) -> None:
    """Have all modules in `net` that know both forms take and give (N, C, H, W).

    Of a SelfieNet, `features` alone can be asked then.
    """
    for module in net.modules():
        if isinstance(module, Either):
            module.planar = True
