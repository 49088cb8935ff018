"""In the place of PersonNet.around while it is trained: as many channels as there are.

Easier to train than layers that are narrow from the beginning; models.training.around narrows them.
"""

import torch.nn.functional as F
from torch import Tensor, nn

AROUND = "net.around."
"""What the names of those layers' weights begin with in a PersonModel."""
_APART = 2, 4, 1
"""Cells from one to the next that each sees."""


class Whole(nn.Module):
    """Adds what as many channels as there are make of cells far apart; untrained, nothing."""

    def __init__(self, channels: int, apart: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, 1, apart, apart)
        self.second = nn.Conv2d(channels, channels, 3, 1, apart, apart)
        for each in self.second.parameters():
            nn.init.zeros_(each)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return F.relu(x + self.second(F.relu(self.first(x))))


def whole_around(channels: int) -> nn.Sequential:
    """Layers that have not learnt yet."""
    return nn.Sequential(*(Whole(channels, apart) for apart in _APART))
