"""In the place of PersonNet.around while it is trained: as many channels as there are.

Easier to train than layers that are narrow from the beginning; models.training.around narrows them.
"""

from torch import nn

from models.person_net import Far

AROUND = "net.around."
"""What the names of those layers' weights begin with in a PersonModel."""
_APART = 2, 4, 1
"""Cells from one to the next that each sees."""


def whole_around(channels: int) -> nn.Sequential:
    """Layers that have not learnt yet."""

    def wide(apart: int) -> nn.Conv2d:
        return nn.Conv2d(channels, channels, 3, 1, apart, apart)

    return nn.Sequential(*(Far(wide(apart), wide(apart)) for apart in _APART))
