"""The MediaPipe Selfie networks (Apache-2.0) as one torch module: RGB in, subject alpha out.

Training sees with its encoder; kernels run it by models.selfie_plan.

Blocks after Howard et al., "Searching for MobileNetV3" (ICCV 2019). The landscape and the general
net share this graph and differ in weights; both are convolutional, so any size that is a multiple
of 16 runs, though they were trained at 144x256 and 256x256.

Inference only. Tensors are (N, H, W, C).
"""

import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import Filter, Mean, load_tensors, pad_kernels


class _Gate(nn.Module):
    """Squeeze and excite: a weight in (0, 1) a channel from the mean over the picture."""

    def __init__(self, channels: int, middle: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, middle)
        self.excite = nn.Linear(middle, channels)

    def forward(self, mean: Tensor) -> Tensor:
        weight: Tensor = self.excite(self.squeeze(mean).relu_()).sigmoid_()
        return weight


class _Bottleneck(nn.Module):
    """Widen, filter each channel, gate, narrow; adds its input where the shapes allow."""

    def __init__(
        self, inner: int, wide: int, outer: int, size: int, stride: int, gate: int, hard: bool
    ) -> None:
        super().__init__()
        self.widen = nn.Linear(inner, wide)
        self.filter = Filter(wide, wide, size, stride, wide)
        self.mean, self.gate = Mean(), _Gate(wide, gate) if gate else None
        self.narrow = nn.Linear(wide, outer)
        self.activate = nn.Hardswish(inplace=True) if hard else nn.ReLU(inplace=True)
        self.residual = stride == 1 and inner == outer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.activate(self.filter(self.activate(self.widen(x))))
        if self.gate is not None:
            y.mul_(self.gate(self.mean(y)))
        y = self.narrow(y)
        return y.add_(x) if self.residual else y


class _Merge(nn.Module):
    """Double the deep features and gate the shallow ones by both."""

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.project, self.mean = nn.Linear(deep, shallow), Mean()
        self.gate = _Gate(shallow, shallow)
        self.mix = nn.Linear(shallow, shallow)
        self.filter = Filter(shallow, shallow, 3, 1, shallow)

    def forward(self, deep: Tensor, shallow: Tensor) -> Tensor:
        # Linear a pixel, so the projection may come before the doubling, at a quarter of its cost.
        deep = _doubled(self.project(deep))
        weight = self.gate(self.mean(shallow) + self.mean(deep))
        y: Tensor = self.mix(deep.addcmul_(shallow, weight)).relu_()
        edge: Tensor = self.filter(y).relu_()
        return edge.add_(y)


class SelfieNet(nn.Module):
    """(N, H, W, 3) float32 RGB in [0, 1] to (N, H, W) float32 alpha in [0, 1].

    H and W must be multiples of models.person_shape.STRIDE. Parameters stand in the order of the
    original graph.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Filter(3, 16, 3, 2, 1)
        self.early = _Bottleneck(16, 16, 16, 3, 2, 8, hard=False)
        self.middle = nn.Sequential(
            _Bottleneck(16, 72, 24, 3, 2, 0, hard=False),
            _Bottleneck(24, 88, 24, 3, 1, 0, hard=False),
        )
        self.late = nn.Sequential(
            _Bottleneck(24, 96, 32, 5, 2, 24, hard=True),
            _Bottleneck(32, 128, 32, 5, 1, 32, hard=True),
            _Bottleneck(32, 128, 32, 5, 1, 32, hard=True),
            _Bottleneck(32, 96, 32, 5, 1, 24, hard=True),
            _Bottleneck(32, 96, 32, 5, 1, 24, hard=True),
        )
        self.feature = nn.Linear(32, 128)
        self.context, self.mean = nn.Linear(32, 128), Mean()
        self.merges = nn.ModuleList([_Merge(128, 24), _Merge(24, 16), _Merge(16, 16)])
        self.segment = nn.Linear(16, 4)

    def forward(self, rgb: Tensor) -> Tensor:
        """Alpha of the pictures; see the class."""
        first, second, third, y = self.features(rgb)
        context = self.context(self.mean(y)).sigmoid_()
        y = self.feature(y).relu_().mul_(context)
        for merge, shallow in zip(self.merges, (third, second, first), strict=True):
            y = merge(y, shallow)
        return _phases(self.segment(y).sigmoid_())

    def features(self, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What it sees at a 2nd, 4th, 8th and 16th of the size: 16, 16, 24 and 32 channels."""
        first = F.hardswish(self.stem(rgb))
        second = self.early(first)
        third = self.middle(second)
        return first, second, third, self.late(third)


def _doubled(x: Tensor) -> Tensor:
    """(N, H, W, C) to (N, 2H, 2W, C), bilinear between pixel centres."""
    tall = F.interpolate(x.permute(0, 3, 1, 2), scale_factor=2.0, mode="bilinear")
    return tall.permute(0, 2, 3, 1)


def _phases(x: Tensor) -> Tensor:
    """(N, H, W, 4) to (N, 2H, 2W): a transposed 2x2 convolution is a 1x1 one to four phases."""
    count, height, width, _ = x.shape
    split = x.view(count, height, width, 2, 2).permute(0, 1, 3, 2, 4)
    return split.reshape(count, 2 * height, 2 * width)


def open_net(name: str) -> SelfieNet:
    """A SelfieNet ready for inference; WeightsError when the file is missing or damaged."""
    net = SelfieNet().eval().requires_grad_(False)
    net.load_state_dict(load_tensors(name))
    pad_kernels(net)
    return net
