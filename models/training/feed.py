"""What nets learn from, drawn by several processes while the last of it is learnt from."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from models.training.clips import SIZES, draw_clip
from models.training.material import read_material


class Block(NamedTuple):
    """Clips of one size: rgb (T, N, H, W, 3), alpha and trust (T, N, H, W), all uint8."""

    rgb: Tensor
    alpha: Tensor
    trust: Tensor


Parts = TypeVar("Parts", bound=tuple[Tensor, ...])
_AHEAD = 4


class Clips(IterableDataset[Block]):
    """Blocks of clips without end; each process that draws them knows a part of the photographs.

    photographs: what gather and label filled; first: the round to begin at; clips a block, frames a
    clip; sizes: (height, width) to choose from; every: one photograph, and one room, in so many is
    shown. What is drawn follows from all that and the number of processes.
    """

    def __init__(
        self, photographs: Path, seed: int, first: int, clips: int, frames: int,
        sizes: Sequence[tuple[int, int]] = SIZES, every: int = 1,
    ) -> None:  # fmt: skip
        self._photographs, self._seed, self._first = photographs, seed, first
        self._clips, self._frames, self._sizes = clips, frames, sizes
        self._every = every

    def __iter__(self) -> Iterator[Block]:
        """Blocks of rounds `first`, `first` + 1 and so on."""
        worker = get_worker_info()
        part, parts = (worker.id, worker.num_workers) if worker is not None else (0, 1)
        if worker is not None:
            cv2.setNumThreads(1)
        material = read_material(self._photographs, part * self._every, parts * self._every)
        for step in count(self._first):
            # Blocks of one step are put together, so all are of one size.
            chosen = np.random.default_rng([self._seed, step]).integers(len(self._sizes))
            size = self._sizes[int(chosen)]
            random = np.random.default_rng([self._seed, step, part])
            drawn = [draw_clip(random, material, size, self._frames) for _ in range(self._clips)]
            planes = (np.stack(each, axis=1) for each in zip(*drawn, strict=True))
            rgb, alpha, trust = (torch.from_numpy(each) for each in planes)
            yield Block(rgb, alpha, trust)


def fed(drawn: IterableDataset[Parts], makers: int, device: torch.device) -> Iterator[list[Parts]]:
    """For each round what every one of `makers` processes draws; 0 makers: this process."""
    # Memory is pinned here and not by a thread of the loader's, so that nothing but this thread
    # asks the GPU for anything while a step is recorded.
    loader = DataLoader(
        drawn, batch_size=None, num_workers=makers,
        multiprocessing_context="spawn" if makers else None,
        prefetch_factor=_AHEAD if makers else None,
    )  # fmt: skip
    parts = iter(loader)
    while True:
        some = [next(parts) for _ in range(max(makers, 1))]
        yield [_on(device, each) for each in some]


def joined(some: Sequence[Parts], axis: int) -> Parts:
    """The same parts of all of `some`, one behind the other along `axis`."""
    return _made(some[0], (torch.cat(each, axis) for each in zip(*some, strict=True)))


def _on(device: torch.device, parts: Parts) -> Parts:
    return _made(parts, (sent(each, device) for each in parts))


def _made(like: Parts, parts: Iterable[Tensor]) -> Parts:
    """`parts` as the same kind of tuple as `like`."""
    made: Parts = type(like)(*parts)
    return made


def sent(part: Tensor, device: torch.device) -> Tensor:
    """`part` on `device`; nobody waits for what the device is at."""
    return part if device.type == "cpu" else part.pin_memory().to(device, non_blocking=True)
