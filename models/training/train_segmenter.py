"""Trains pass 1's net: `python -m models.training.train_segmenter --config NAME.toml`.

Composes clips as it goes, trains, goes on from the last checkpoint when there is one, and writes
the running average of the weights. The photographs are what models.training.gather and
models.training.label leave.
"""

import argparse
import math
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tomllib
import torch
import torch.nn.functional as F
from torch import Tensor

from models.person_net import Memory, PersonNet, no_memory
from models.person_sight import Sight
from models.training.clips import SIZES, Clip, draw_clip
from models.training.descent import Descent
from models.training.material import Material, read_material

_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    photographs: what gather and label filled; folder: of checkpoint, log and weights. steps, clips
    a step, frames a clip, rate: of gradient descent. average: share of the running average kept
    each step. half: compute in bfloat16. begin: a file of weights to go on from, "" for none. note:
    what else is to be known of the run, for the card.
    """

    name: str
    photographs: Path
    folder: Path
    steps: int = 6000
    clips: int = 8
    frames: int = 4
    rate: float = 1e-3
    warm_up: int = 200
    average: float = 0.998
    seed: int = 1
    half: bool = True
    begin: str = ""
    note: str = ""


class Costs(NamedTuple):
    """What is made small, and its parts; means over the pixels, by how far labels are trusted."""

    total: Tensor
    decided: Tensor
    alpha: Tensor
    edge: Tensor
    still: Tensor


def costs(logits: Tensor, alpha: Tensor, trust: Tensor) -> Costs:
    """logits, alpha, trust: (T, N, 1, H, W), the latter two in [0, 1]."""
    found = logits.sigmoid()
    weight = trust / trust.mean().clamp_min(1e-3)
    decided = (F.binary_cross_entropy_with_logits(logits, alpha, reduction="none") * weight).mean()
    off = found - alpha
    plain = (off.abs() * weight).mean()
    across, down = off.diff(dim=-1).abs(), off.diff(dim=-2).abs()
    edge = (across * weight[..., 1:]).mean() + (down * weight[..., 1:, :]).mean()
    still = off.diff(dim=0).square().mean() if len(off) > 1 else off.new_zeros(())
    return Costs(decided + plain + edge + 5 * still, decided, plain, edge, still)


def main() -> None:
    """Read the plan, train, write weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="stop after this many, for a trial")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plan = read_plan(arguments.config)
    with ProcessPoolExecutor(1, get_context("spawn")) as maker:
        Training(plan, maker).run(arguments.steps or plan.steps)


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file describes; TypeError on a key that no plan has."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Plan(photographs=Path(told.pop("photographs")), folder=Path(told.pop("folder")), **told)


class Training:
    """A run: what it is given, and what is made of it."""

    def __init__(self, plan: Plan, maker: ProcessPoolExecutor) -> None:
        torch.manual_seed(plan.seed)
        self._plan, self._maker = plan, maker
        self._sight = Sight()
        self._net = PersonNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = partial(torch.optim.AdamW, lr=plan.rate, weight_decay=1e-2)
        self._descent = Descent(
            self._net, optimiser, plan.name, plan.folder, plan.average, plan.begin
        )
        self._drawn: dict[int, Future[Clip]] = {}

    def run(self, steps: int) -> None:
        """Descend until `steps` are done; log and save every few hundred."""
        self._descent.run(steps, self._descend, 100, 500)
        for each in self._drawn.values():
            each.cancel()

    def _descend(self) -> dict[str, Tensor]:
        clip = self._batch()
        rgb, alpha, trust = (torch.from_numpy(each).float().mul_(1 / 255) for each in clip)
        result = costs(self._logits(rgb), alpha[:, :, None], trust[:, :, None])
        self._descent.down(result.total, self._plan.rate * self._pace())
        return result._asdict()

    def _logits(self, rgb: Tensor) -> Tensor:
        """(T, N, 1, H, W) of pictures (T, N, H, W, 3), each clip's in order."""
        frames, count, height, width, _ = rgb.shape
        with torch.no_grad():
            maps = self._sight(rgb.flatten(0, 1))
        seen = [each.unflatten(0, (frames, count)) for each in maps]
        memory, found = no_memory(count, height, width), []
        with torch.autocast("cpu", torch.bfloat16, enabled=self._plan.half):
            for n in range(frames):
                picture = rgb[n].permute(0, 3, 1, 2)
                logits, *states = self._net(picture, *memory, *(each[n] for each in seen))
                memory = Memory(*states)
                found.append(logits.float())
        return torch.stack(found)

    def _batch(self) -> Clip:
        """This step's clips, (T, N, H, W, ...); the next ones are made meanwhile."""
        for step in range(self._descent.step, self._descent.step + _AHEAD):
            if step not in self._drawn:
                plan = self._plan
                self._drawn[step] = self._maker.submit(
                    _draw, plan.photographs, plan.seed, step, plan.clips, plan.frames
                )
        return self._drawn.pop(self._descent.step).result()

    def _pace(self) -> float:
        """Share of the full learning rate: a short rise, then half a cosine."""
        rise = min(1.0, (self._descent.step + 1) / self._plan.warm_up)
        done = min(self._descent.step / self._plan.steps, 1.0)
        return rise * (0.51 + 0.49 * math.cos(math.pi * done))


@cache
def _material(photographs: Path) -> Material:
    """Read once in the process that draws."""
    import cv2

    cv2.setNumThreads(1)
    return read_material(photographs)


def _draw(photographs: Path, seed: int, step: int, count: int, frames: int) -> Clip:
    """The clips of a step, which follow from what is there, the seed and the step alone."""
    random = np.random.default_rng([seed, step])
    size = SIZES[int(random.integers(len(SIZES)))]
    clips = [draw_clip(random, _material(photographs), size, frames) for _ in range(count)]
    return Clip(*(np.stack(each, axis=1) for each in zip(*clips, strict=True)))


if __name__ == "__main__":
    main()
