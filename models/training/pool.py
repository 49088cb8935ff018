"""The last clips, kept where they are learnt from, so that each is learnt from more than once."""

import numpy as np
import torch
from torch import Tensor

from models.training.feed import Block, sent

Size = tuple[int, int]


class Pool:
    """Rings of clips, one for each size of picture."""

    def __init__(self, kept: int) -> None:
        """kept: clips of a size."""
        self._kept = kept
        self._rings: dict[Size, tuple[Block, int]] = {}

    def put(self, block: Block) -> None:
        """Keep the clips of `block`; the oldest ones of their size go.

        Raises ValueError when there are more of them than are kept.
        """
        if block.rgb.shape[1] > self._kept:
            raise ValueError(f"{block.rgb.shape[1]} clips at once, of {self._kept} that are kept")
        size = block.alpha.shape[2], block.alpha.shape[3]
        if size not in self._rings:
            self._rings[size] = Block(*(_space(each, self._kept) for each in block)), 0
        ring, count = self._rings[size]
        places = torch.arange(count, count + block.rgb.shape[1]) % self._kept
        at = sent(places, block.rgb.device)
        for mine, each in zip(ring, block, strict=True):
            mine.index_copy_(1, at, each)
        self._rings[size] = ring, count + len(places)

    def draw(self, random: np.random.Generator, count: int) -> Block:
        """`count` clips of one size, each in another light and half of them mirrored."""
        sizes = sorted(self._rings)
        ring, there = self._rings[sizes[int(random.integers(len(sizes)))]]
        there = min(there, self._kept)
        chosen = random.choice(there, count, replace=there < count)
        at = sent(torch.from_numpy(chosen), ring.rgb.device)
        return varied(random, Block(*(each.index_select(1, at) for each in ring)))


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


def _space(part: Tensor, kept: int) -> Tensor:
    """For `kept` clips of a block's part, (T, N, ...)."""
    return part.new_empty((part.shape[0], kept, *part.shape[2:]))
