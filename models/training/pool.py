"""The last of what was drawn, kept where it is learnt from, so that each is learnt from again."""

import numpy as np
import torch
from torch import Tensor

from models.training.feed import Block, sent


class Ring:
    """The last things of one shape, each a row along the same axis of some tensors."""

    def __init__(self, kept: int, axis: int = 0) -> None:
        """kept: things; axis: along which they lie."""
        self._kept, self._axis = kept, axis
        self._ring: tuple[Tensor, ...] = ()
        self._count = 0

    def __len__(self) -> int:
        return min(self._count, self._kept)

    def put(self, parts: tuple[Tensor, ...]) -> None:
        """Keep what is in `parts`; the oldest go.

        Raises ValueError when it is more than is kept.
        """
        new = parts[0].shape[self._axis]
        if new > self._kept:
            raise ValueError(f"{new} at once, of {self._kept} that are kept")
        self._ring = self._ring or tuple(self._space(each) for each in parts)
        places = torch.arange(self._count, self._count + new) % self._kept
        at = sent(places, parts[0].device)
        for mine, each in zip(self._ring, parts, strict=True):
            mine.index_copy_(self._axis, at, each)
        self._count += new

    def draw(self, random: np.random.Generator, count: int) -> list[Tensor]:
        """The parts of `count` things; some come twice where there are fewer."""
        chosen = random.choice(len(self), count, replace=len(self) < count)
        at = sent(torch.from_numpy(chosen), self._ring[0].device)
        return [each.index_select(self._axis, at) for each in self._ring]

    def _space(self, part: Tensor) -> Tensor:
        shape = list(part.shape)
        shape[self._axis] = self._kept
        return part.new_empty(shape)


def varied(random: np.random.Generator, block: Block) -> Block:
    """`block` with each clip in another light, colour and contrast, and half of them mirrored."""
    count, device = block.rgb.shape[1], block.rgb.device
    gains, gammas = random.normal(0, 0.08, (count, 3)), random.normal(0, 0.12, (count, 1))
    gain, gamma = (
        sent(torch.from_numpy(np.exp(each).astype(np.float32)), device)[:, None, None]
        for each in (gains, gammas)
    )
    light = (block.rgb.float() * (1 / 255)).pow(gamma) * gain
    rgb = light.mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    mirrored = sent(torch.from_numpy(random.random(count) < 0.5), device)

    def turned(part: Tensor) -> Tensor:
        where = mirrored.view(-1, *[1] * (part.dim() - 2))
        return torch.where(where, part.flip(3), part)

    return Block(*(turned(each) for each in (rgb, block.alpha, block.trust)))
