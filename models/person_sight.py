"""What two nets that others trained see in a picture, for models.person_net to judge by."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.efficient_lite import LiteNet
from models.selfie_runner import open_net
from models.weights import load_weights

SEEN = 24, 32, 40, 112
"""Channels of what is seen at an 8th, and thrice at a 16th of the size."""


class People(nn.Module):
    """The Selfie net's encoder, which knows people: at an 8th and a 16th of the size."""

    def __init__(self) -> None:
        """Raises WeightsError when its weights cannot be loaded."""
        super().__init__()
        self.net = open_net("selfie_general")

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """(N, H, W, 3) float32 RGB in [0, 1] to (N, 24, H/8, W/8) and (N, 32, H/16, W/16)."""
        _, _, third, fourth = self.net.features(rgb)
        return third.permute(0, 3, 1, 2), fourth.permute(0, 3, 1, 2)


class Things(nn.Module):
    """A net that knows things, looking at half the size."""

    def __init__(self) -> None:
        """Raises WeightsError when its weights cannot be loaded."""
        super().__init__()
        self.net = LiteNet().eval().requires_grad_(False)
        self.net.load_state_dict(load_weights("efficient_lite0"))
        self.net.pad_kernels()

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """(N, H, W, 3) float32 RGB in [0, 1] to (N, 40, H/16, W/16) and (N, 112, H/16, W/16)."""
        half = F.avg_pool2d(rgb.permute(0, 3, 1, 2), 2)
        # The net halves four times, and drops a last row or column that has no other.
        half = F.pad(half, (0, -half.shape[3] % 16, 0, -half.shape[2] % 16), mode="replicate")
        near, far = (each.permute(0, 3, 1, 2) for each in self.net(half.permute(0, 2, 3, 1)))
        far = F.interpolate(far, scale_factor=2.0, mode="bilinear")
        rows, columns = rgb.shape[1] // 16, rgb.shape[2] // 16
        return near[:, :, :rows, :columns], far[:, :, :rows, :columns]


class Sight(nn.Module):
    """Both, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.people, self.things = People(), Things()

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        """(N, H, W, 3) to four maps of SEEN channels."""
        return (*self.people(rgb), *self.things(rgb))


def nothing_seen(count: int, height: int, width: int) -> tuple[Tensor, ...]:
    """Maps of the shapes that Sight gives."""
    return tuple(
        torch.zeros(count, channels, height // step, width // step)
        for channels, step in zip(SEEN, (8, 16, 16, 16), strict=True)
    )
