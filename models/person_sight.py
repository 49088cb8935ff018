"""What two nets that others began see in a picture, for models.person_net to judge by.

One stays as it was; the other goes on learning with PersonNet.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.efficient_lite import LiteNet
from models.layers import pad_kernels
from models.person_shape import PEOPLE
from models.selfie import open_net

SEEN = 16, 16, 24, 32, 40, 112
"""Channels of what is seen at a 2nd, 4th and 8th, and thrice at a 16th of the size."""


class People(nn.Module):
    """The Selfie net's encoder, which knows people."""

    def __init__(self) -> None:
        """Raises WeightsError when its weights cannot be loaded."""
        super().__init__()
        self.net = open_net(PEOPLE)

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        """(N, H, W, 3) float32 RGB in [0, 1] to the first four maps of SEEN channels."""
        return tuple(each.permute(0, 3, 1, 2) for each in self.net.features(rgb))


class Things(nn.Module):
    """A net that knows things, looking at half the size."""

    def __init__(self) -> None:
        super().__init__()
        self.net = LiteNet()
        pad_kernels(self.net)

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """(N, H, W, 3) float32 RGB in [0, 1] to (N, 40, H/16, W/16) and (N, 112, H/16, W/16)."""
        half = F.avg_pool2d(rgb.permute(0, 3, 1, 2), 2)
        # The net halves four times, and drops a last row or column that has no other.
        half = F.pad(half, (0, -half.shape[3] % 16, 0, -half.shape[2] % 16), mode="replicate")
        seen = self.net(half.permute(0, 2, 3, 1))
        near, far = (each.permute(0, 3, 1, 2) for each in seen)
        far = F.interpolate(far, scale_factor=2.0, mode="bilinear")
        rows, columns = rgb.shape[1] // 16, rgb.shape[2] // 16
        return near[:, :, :rows, :columns], far[:, :, :rows, :columns]


def nothing_seen(count: int, height: int, width: int) -> tuple[Tensor, ...]:
    """Maps of the shapes that eyes give, all zero."""
    return tuple(
        torch.zeros(count, channels, height // step, width // step)
        for channels, step in zip(SEEN, (2, 4, 8, 16, 16, 16), strict=True)
    )
