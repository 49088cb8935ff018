"""Trains the learned refiner: `python -m models.training.train_refiner --config NAME.toml`.

Makes the samples that are missing, trains, goes on from the last checkpoint when there is one,
and writes the running average of the weights.
"""

import argparse
import json
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomllib
import torch
from safetensors.torch import load_file, save_file

from models.refiner_net import RefinerNet, Shape
from models.refiner_whole import refine_close, view
from models.training.batches import Batch, make_batch
from models.training.losses import PLAIN, Costs, Taste, costs
from models.training.shards import Recipe, Shards, make_shards


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    shape: the nets'; recipes: sets of samples; turns: the numbers of those that batches are drawn
    from in turn; steps, batch, rate: of gradient descent; window: cells a side of the part of each
    sample that is seen by pixels; average: share of the running average kept each step; half:
    compute in bfloat16 where that is exact enough; seed. begin: a file of weights to go on from,
    "" for none; mix: of models.training.coarse_errors; taste: of the costs.
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
    """The state of a run, saved and restored as a whole."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._plan, self._step = plan, 0
        self._net = RefinerNet(plan.shape).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if plan.begin:
            self._net.load_state_dict(load_file(plan.begin))
        self._average = {key: value.clone() for key, value in self._net.state_dict().items()}
        self._optimiser = torch.optim.AdamW(self._net.parameters(), plan.rate, weight_decay=1e-4)
        self._maker = ThreadPoolExecutor(1, "batch")
        self._next: Future[Batch] | None = None
        self._shards = [Shards(recipe) for recipe in plan.recipes]
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._checkpoint = plan.folder / f"{plan.name}.checkpoint"
        if self._checkpoint.exists():
            self._restore()

    def run(self, steps: int) -> None:
        """Descend until `steps` are done; log and save every few hundred."""
        seen: list[Costs] = []
        started, first = time.perf_counter(), self._step
        while self._step < steps:
            seen.append(self._descend())
            if self._step % 200 == 0 or self._step == steps:
                pace = (time.perf_counter() - started) / (self._step - first)
                self._log(seen, pace)
                seen = []
            if self._step % 1000 == 0 or self._step == steps:
                self._save()

    def _descend(self) -> Costs:
        plan = self._plan
        step, (truth, cells, wide, windows) = self._drawn()
        for group in self._optimiser.param_groups:
            group["lr"] = plan.rate * self._pace()
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
            views = view(self._net, wide, cells)
            found = refine_close(self._net, truth.rgb, truth.coarse, views.near, step, windows)
        result = costs(found, views, truth, plan.shape.reach * step // 2, plan.taste)
        self._optimiser.zero_grad(set_to_none=True)
        result.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimiser.step()
        self._step += 1
        keep = min(plan.average, (self._step + 1) / (self._step + 10))
        for key, value in self._net.state_dict().items():
            self._average[key].lerp_(value, 1 - keep)
        return result._replace(total=result.total.detach())

    def _drawn(self) -> tuple[int, Batch]:
        """This step's width of cells and batch; the next one is made meanwhile."""
        batch = self._next or self._maker.submit(self._draw, self._step)
        self._next = self._maker.submit(self._draw, self._step + 1)
        return self._turn(self._step).step, batch.result()

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

    def _pace(self) -> float:
        """Share of the full learning rate: a short rise, then half a cosine."""
        done = self._step / self._plan.steps
        rise = min(1.0, (self._step + 1) / self._plan.warm_up)
        return rise * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0)) * 0.98)

    def _log(self, seen: list[Costs], pace: float) -> None:
        means = {
            name: float(sum(getattr(c, name).item() for c in seen) / len(seen))
            for name in Costs._fields
        }
        line = {"step": self._step, "seconds a step": round(pace, 4)}
        line |= {name: round(value, 5) for name, value in means.items()}
        print(json.dumps(line), flush=True)
        with (self._plan.folder / f"{self._plan.name}.log").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        state = {
            "net": self._net.state_dict(), "average": self._average, "step": self._step,
            "optimiser": self._optimiser.state_dict(),
        }  # fmt: skip
        draft = self._checkpoint.with_suffix(".draft")
        torch.save(state, draft)
        draft.replace(self._checkpoint)
        weights = {key: value.contiguous() for key, value in self._average.items()}
        save_file(weights, self._plan.folder / f"{self._plan.name}.safetensors")

    def _restore(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self._net.load_state_dict(state["net"])
        self._average, self._step = state["average"], state["step"]
        self._optimiser.load_state_dict(state["optimiser"])


if __name__ == "__main__":
    main()
