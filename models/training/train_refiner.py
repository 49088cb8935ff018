"""Trains the learned refiner: `python -m models.training.train_refiner --config NAME.toml`.

Makes the samples that are missing, trains, goes on from the last checkpoint when there is one,
and writes the running average of the weights.
"""

import argparse
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tomllib
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from models.refiner_net import EDGE, RefinerNet, Shape
from models.refiner_whole import refine_whole
from models.training.losses import Costs, Truth, costs
from models.training.samples import Sample
from models.training.shards import Recipe, Shards, make_shards


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    shape: the net's; recipes: sets of samples that batches are drawn from in turn; steps, batch,
    rate: of gradient descent; window: side of
    the part of each sample that the head sees; average: share of the running average kept each step; seed.
    """

    name: str
    folder: Path
    shape: Shape
    recipes: tuple[Recipe, ...]
    steps: int = 10000
    batch: int = 16
    window: int = 112
    rate: float = 2e-3
    warm_up: int = 300
    average: float = 0.999
    seed: int = 1
    half: bool = True
    losses: dict[str, float] = field(default_factory=dict)


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
    told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    shape = {key: tuple(v) if isinstance(v, list) else v for key, v in told.pop("shape").items()}
    recipes = tuple(
        Recipe(**{key: tuple(v) if isinstance(v, list) else v for key, v in recipe.items()})
        for recipe in told.pop("recipes")
    )
    folder = Path(told.pop("folder"))
    return Plan(folder=folder, shape=Shape(**shape), recipes=recipes, **told)


class Training:
    """The state of a run, saved and restored as a whole."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._plan, self._step = plan, 0
        self._net = RefinerNet(plan.shape).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = {key: value.clone() for key, value in self._net.state_dict().items()}
        self._optimiser = torch.optim.AdamW(self._net.parameters(), plan.rate, weight_decay=1e-4)
        self._random = np.random.default_rng(plan.seed)
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
        shards = self._shards[self._step % len(self._shards)]
        numbers = self._random.integers(0, len(shards), plan.batch)
        sample = _flipped(shards.batch(numbers), self._random)
        windows = _windows(sample, plan.window, shards.step, self._random)
        truth, cells = _tensors(sample, windows, plan.window, shards.step)
        for group in self._optimiser.param_groups:
            group["lr"] = plan.rate * self._pace()
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
            coarse = torch.logit(truth.coarse * (1 - 2 * EDGE) + EDGE)
            found = refine_whole(self._net, truth.rgb, coarse, cells, shards.step, windows)
        result = costs(found, truth, plan.shape.reach, shards.step)
        self._optimiser.zero_grad(set_to_none=True)
        result.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimiser.step()
        self._step += 1
        keep = min(plan.average, (self._step + 1) / (self._step + 10))
        for key, value in self._net.state_dict().items():
            self._average[key].lerp_(value, 1 - keep)
        return result

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
            "optimiser": self._optimiser.state_dict(), "random": self._random.bit_generator.state,
        }  # fmt: skip
        torch.save(state, self._checkpoint)
        weights = {key: value.contiguous() for key, value in self._average.items()}
        save_file(weights, self._plan.folder / f"{self._plan.name}.safetensors")

    def _restore(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self._net.load_state_dict(state["net"])
        self._average, self._step = state["average"], state["step"]
        self._optimiser.load_state_dict(state["optimiser"])
        self._random.bit_generator.state = state["random"]


def _flipped(sample: Sample, random: np.random.Generator) -> Sample:
    """The batch mirrored, upside down or on its side, at random."""
    parts = list(sample)
    if random.random() < 0.5:
        parts = [part[:, :, ::-1] for part in parts]
    if random.random() < 0.25:
        parts = [part[:, ::-1] for part in parts]
    if random.random() < 0.25:
        parts = [part.swapaxes(1, 2) for part in parts]
    return Sample(*(np.ascontiguousarray(part) for part in parts))


def _windows(
    sample: Sample, side: int, step: int, random: np.random.Generator
) -> list[tuple[int, int]]:
    """For each picture of the batch, of four random places the one with most band in it."""
    places = []
    for alpha, coarse in zip(sample.alpha, sample.coarse, strict=True):
        open_ = (np.abs(alpha.astype(np.int32) - 32768) < 32000) | (coarse != alpha)
        lasts = [(size - side) // step for size in alpha.shape]
        tried = [
            tuple(int(random.integers(0, last + 1)) * step for last in lasts) for _ in range(4)
        ]
        best = max(
            tried, key=lambda at: int(open_[at[0] : at[0] + side, at[1] : at[1] + side].sum())
        )
        places.append((best[0], best[1]))
    return places


def _cut(sample: Sample, windows: list[tuple[int, int]], side: int) -> Sample:
    """Everything but the cells, which the context needs whole, cut to the windows."""
    parts = [
        np.stack(
            [x[y0 : y0 + side, x0 : x0 + side] for x, (y0, x0) in zip(part, windows, strict=True)]
        )
        for part in sample[:-1]
    ]
    return Sample(*parts, sample.cells)


def _tensors(
    sample: Sample, windows: list[tuple[int, int]], side: int, step: int
) -> tuple[Truth, Tensor]:
    cut = _cut(sample, windows, side)
    rgb, foreground = (
        torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255 for x in (cut.rgb, cut.foreground)
    )
    alpha, coarse = (_unit(x) for x in (cut.alpha, cut.coarse))
    means = functional.avg_pool2d(_unit(sample.alpha), step)
    cells = torch.from_numpy(sample.cells).permute(0, 3, 1, 2).float()
    return Truth(rgb, foreground, alpha, coarse, means), cells


def _unit(fixed: npt.NDArray[np.uint16]) -> Tensor:
    return torch.from_numpy(fixed.astype(np.float32) / 65535)[:, None]


if __name__ == "__main__":
    main()
