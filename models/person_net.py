"""Pass 1's own net: pictures in order to alphas, with a memory of what was seen before.

Dense convolutions, which are cheap on wide registers, in the shape of Ronneberger et al., "U-Net"
(MICCAI 2015), are given the picture and what two nets that others began see in it
(models.person_sight). Gated states at a 16th and an 8th of the size carry on what was decided,
after Ballas et al., "Delving Deeper into Convolutional Networks for Learning Video
Representations" (ICLR 2016).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.person_shape import APART, STATES, STEPS, THROUGH, WIDTHS
from models.person_sight import SEEN


class _Residual(nn.Module):
    """Adds two 3x3 convolutions to its input; untrained, it adds nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, 1, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class Far(nn.Module):
    """Adds what two convolutions make of cells far apart; untrained, it adds nothing."""

    def __init__(self, first: nn.Conv2d, second: nn.Conv2d) -> None:
        super().__init__()
        self.first, self.second = first, second
        for each in second.parameters():
            nn.init.zeros_(each)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return F.relu(x + self.second(F.relu(self.first(x))))


def _narrow(channels: int, through: int, apart: int) -> Far:
    """By few channels, `through`, of cells `apart` from one another."""
    return Far(nn.Conv2d(channels, through, 3, 1, apart, apart), nn.Conv2d(through, channels, 1))


class _Gated(nn.Module):
    """The last channels become a state; the others pass."""

    def __init__(self, channels: int, own: int) -> None:
        super().__init__()
        self.sizes = [channels - own, own]
        self.gates = nn.Conv2d(2 * own, 2 * own, 3, 1, 1)
        self.candidate = nn.Conv2d(2 * own, own, 3, 1, 1)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """x: (N, C, H, W); state: (N, own, H, W). Gives x with the new state, and that."""
        passing, own = torch.split(x, self.sizes, 1)
        forget, update = self.gates(torch.cat([own, state], 1)).sigmoid().chunk(2, dim=1)
        fresh = self.candidate(torch.cat([own, forget * state], 1)).tanh()
        state = state + update * (fresh - state)
        return torch.cat([passing, state.to(passing.dtype)], 1), state


class PersonNet(nn.Module):
    """Pictures, what models.person_sight sees in them, and states, to logits and states."""

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        first, second, third, fourth = widths
        self.stem = nn.Conv2d(12, first, 3, 1, 1)
        self.down = nn.ModuleList(
            nn.Conv2d(wide, wider, 3, 2, 1)
            for wide, wider in ((first, second), (second, third), (third, fourth))
        )
        self.seen = nn.ModuleList(
            nn.Conv2d(seen, wide, 1)
            for seen, wide in zip(SEEN, (*widths, fourth, fourth), strict=True)
        )
        self.fourth = _Residual(second)
        self.eighth = nn.Sequential(_Residual(third), _Residual(third))
        self.sixteenth = _Residual(fourth)
        self.everywhere = nn.Linear(fourth, fourth)
        self.deepest = _Residual(fourth)
        self.around = nn.Sequential(*(_narrow(fourth, THROUGH, apart) for apart in APART))
        self.project = nn.ModuleList(
            nn.Conv2d(wider, wide, 1)
            for wide, wider in ((first, second), (second, third), (third, fourth))
        )
        self.gated = nn.ModuleList([_Gated(third, STATES[0]), _Gated(fourth, STATES[1])])
        self.mix = nn.ModuleList(nn.Conv2d(wide, wide, 3, 1, 1) for wide in widths[:3])
        self.edge = _Residual(first)
        self.segment = nn.Conv2d(first, 4, 3, 1, 1)

    def forward(
        self, rgb: Tensor, state_8: Tensor, state_16: Tensor, *seen: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of alpha and what is remembered.

        rgb: (N, 3, H, W) in [0, 1]; then states (no_memory), and maps of
        models.person_sight.SEEN channels. Gives (N, 1, H, W) and states.
        """
        shallow, y = self._encoded(rgb, seen)
        y, state_16 = self.gated[1](y, state_16)
        y, state_8 = self.gated[0](self._up(2, y, shallow[2]), state_8)
        return self._decoded(y, shallow), state_8, state_16

    def in_order(self, rgb: Tensor, seen: Sequence[Tensor]) -> Tensor:
        """Logits of clips from their beginnings: (T, N, 3, H, W), what is seen to (T, N, 1, H, W).

        As `forward` a frame, but that only the states are computed one frame after another.
        """
        frames, count, _, height, width = rgb.shape

        def parted(maps: Tensor) -> Tensor:
            return maps.view(frames, count, *maps.shape[1:])

        state_8, state_16 = no_memory(count, height, width, rgb.device)
        shallow, y = self._encoded(rgb.flatten(0, 1), [each.flatten(0, 1) for each in seen])
        y = _followed(self.gated[1], parted(y), state_16)
        y = self._up(2, y, shallow[2])
        y = _followed(self.gated[0], parted(y), state_8)
        return parted(self._decoded(y, shallow))

    def _encoded(
        self, rgb: Tensor, seen: Sequence[Tensor]
    ) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """What is told of an edge at a 2nd, 4th and 8th of the size, and all at a 16th."""
        told = [see(each) for see, each in zip(self.seen, seen, strict=True)]
        first = F.relu(self.stem(F.pixel_unshuffle(rgb - 0.5, 2)) + told[0])
        second = self.fourth(F.relu(self.down[0](first) + told[1]))
        third = self.eighth(F.relu(self.down[1](second) + told[2]))
        y = self.sixteenth(F.relu(self.down[2](third) + told[3] + told[4] + told[5]))
        y = self.deepest(y + self.everywhere(y.mean((2, 3)))[..., None, None])
        return (first, second, third), self.around(y)

    def _decoded(self, y: Tensor, shallow: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Logits from what is remembered at an 8th of the size."""
        y = self._up(0, self._up(1, y, shallow[1]), shallow[0])
        return F.pixel_shuffle(self.segment(self.edge(y)), 2)

    def _up(self, level: int, deep: Tensor, shallow: Tensor) -> Tensor:
        """The deep features twice as large, with the shallow ones."""
        up = F.interpolate(self.project[level](deep), scale_factor=2.0, mode="bilinear")
        return F.relu(self.mix[level](F.relu(up + shallow)))


def _followed(gated: nn.Module, y: Tensor, state: Tensor) -> Tensor:
    """(T, N, C, H, W) with the state of each moment, (T N, C, H, W)."""
    out = []
    for each in y:
        passed, state = gated(each, state)
        out.append(passed)
    return torch.cat(out)


def no_memory(
    count: int, height: int, width: int, device: torch.device | None = None
) -> tuple[Tensor, Tensor]:
    """What is remembered of nothing, for pictures of that size."""
    eighth, sixteenth = (
        torch.zeros(count, own, height // step, width // step, device=device)
        for own, step in zip(STATES, STEPS, strict=True)
    )
    return eighth, sixteenth
