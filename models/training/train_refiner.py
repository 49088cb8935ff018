"""Trains the learned refiner: `python -m models.training.train_refiner --config NAME.toml`.

Makes the samples that are missing, trains, goes on from the last checkpoint when there is one,
and writes the running average of the weights.
"""

import argparse
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tomllib
import torch
from torch import Tensor

from models.refiner_net import RefinerNet, Shape
from models.refiner_whole import refine_close, view
from models.training.batches import Batch, make_batch
from models.training.descent import Descent, pace
from models.training.losses import PLAIN, Taste, costs
from models.training.shards import Recipe, Shards, make_shards


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    shape: the nets'; recipes: sets of samples; turns: the numbers of those that batches are drawn
    from in turn; steps, batch, rate: of gradient descent; window: cells a side of the part of each
    sample that is seen by pixels; average: share of the running average kept each step; half:
    compute in bfloat16 where that is exact enough; seed. begin: a file of weights to go on from,
    "" for none; mix: of models.training.coarse_errors; taste: of the costs. blend: share of what
    was trained in what is published, the rest is what it began from.
    """

    name: str
    folder: Path
    shape: Shape
    recipes: tuple[Recipe, ...]
    turns: tuple[int, ...] = (0,)
    steps: int = 10000
    batch: int = 16
    window: int = 28
    rate: float = 2e-3
    warm_up: int = 300
    average: float = 0.999
    seed: int = 1
    half: bool = True
    begin: str = ""
    mix: str = "even"
    taste: Taste = PLAIN
    blend: float = 1.0


def main() -> None:
    """Read the plan, make samples, train, write weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="stop after this many, for a trial")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plan = read_plan(arguments.config)
    for recipe in plan.recipes:
        make_shards(recipe)
    Training(plan).run(arguments.steps or plan.steps)


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file describes; TypeError on a key that no plan has."""
    told = _tupled(tomllib.loads(path.read_text(encoding="utf-8")))
    shape, recipes = Shape(**told.pop("shape", {})), told.pop("recipes")
    folder, taste = Path(told.pop("folder")), Taste(**told.pop("taste", {}))
    return Plan(
        folder=folder, taste=taste, shape=shape, recipes=tuple(Recipe(**r) for r in recipes), **told
    )


def _tupled(told: Any) -> Any:
    """What TOML tells, lists as tuples."""
    if isinstance(told, dict):
        return {key: _tupled(value) for key, value in told.items()}
    return tuple(_tupled(each) for each in told) if isinstance(told, list) else told


class Training:
    """A run: what it is given, and what is made of it."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._plan = plan
        self._net = RefinerNet(plan.shape).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = partial(torch.optim.AdamW, lr=plan.rate, weight_decay=1e-4)
        self._descent = Descent(
            self._net, optimiser, plan.name, plan.folder, plan.average, plan.begin, 200, 1000
        )
        self._maker = ThreadPoolExecutor(1, "batch")
        self._next: Future[Batch] | None = None
        self._shards = [Shards(recipe) for recipe in plan.recipes]

    def run(self, steps: int) -> None:
        """Descend until `steps` are done; log and save every few hundred."""
        while self._descent.step < steps:
            costs = self._descend()
            self._descent.tell(costs, self._descent.step == steps)

    def _descend(self) -> dict[str, Tensor]:
        plan = self._plan
        step, (truth, cells, wide, windows) = self._drawn()
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
            views = view(self._net, wide, cells)
            found = refine_close(self._net, truth.rgb, truth.coarse, views.near, step, windows)
        result = costs(found, views, truth, plan.shape.reach * step // 2, plan.taste)
        done = self._descent.step / plan.steps
        self._descent.down(result.total, pace(self._descent.step, plan.warm_up, done))
        return result._asdict()

    def _drawn(self) -> tuple[int, Batch]:
        """This step's width of cells and batch; the next one is made meanwhile."""
        batch = self._next or self._maker.submit(self._draw, self._descent.step)
        self._next = self._maker.submit(self._draw, self._descent.step + 1)
        return self._turn(self._descent.step).step, batch.result()

    def _turn(self, step: int) -> Shards:
        return self._shards[self._plan.turns[step % len(self._plan.turns)]]

    def _draw(self, step: int) -> Batch:
        """The batch of a step, which follows from the plan's seed and the step alone."""
        random = np.random.default_rng([self._plan.seed, step])
        shards = self._turn(step)
        sample = shards.batch(random.integers(0, len(shards), self._plan.batch))
        return make_batch(
            sample, self._plan.window * shards.step, shards.step, random, self._plan.mix
        )


if __name__ == "__main__":
    main()
