"""Trains pass 2: `python -m models.training.train_refiner --config NAME.toml`.

Draws scenes as it goes, trains, goes on from the last checkpoint when there is one, and writes the
running average of the weights. Several plans are trained side by side on the scenes of the first.
"""

import argparse
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.refiner_net import RefinerNet
from models.refiner_shape import Shape
from models.refiner_whole import refine_close, view
from models.training.descent import Clock, Descent, course, pace
from models.training.feed import fed, joined
from models.training.lessons import Lesson, told_of, truth_of
from models.training.losses import PLAIN, Costs, Taste, costs
from models.training.pool import Ring
from models.training.recorded import Recorded, rate_on
from models.training.scenes import Recipe, Scenes


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    photographs: what gather and label filled, None for textures that are made up and no people;
    folder: of checkpoint, log and weights. shape: the nets'; recipes: kinds of scenes; turns: the
    numbers of those that are drawn and learnt from in turn. steps, rate: of gradient descent;
    batch: lessons a step. repeats: steps for the scenes that one round of all processes draws, each
    of lessons drawn from the last `pool` of a kind; 1 for a step of just what was drawn. average:
    share of the running average kept each step; half: compute in bfloat16 where that is exact
    enough; seed. taste: of the costs. begin: a file of weights to go on from, "" for none; blend:
    share of what was trained in what is published, the rest is `begin`. For the card: run, the
    options of the run that made what is published; machine, what it ran on; note, what else is to
    be said.
    """

    name: str
    folder: Path
    recipes: tuple[Recipe, ...]
    photographs: Path | None = None
    shape: Shape = field(default_factory=Shape)
    turns: tuple[int, ...] = (0,)
    steps: int = 10000
    batch: int = 16
    repeats: int = 1
    pool: int = 4096
    rate: float = 2e-3
    warm_up: int = 300
    average: float = 0.999
    seed: int = 1
    half: bool = True
    taste: Taste = PLAIN
    begin: str = ""
    blend: float = 1.0
    run: str = ""
    machine: str = ""
    note: str = ""


def main() -> None:
    """Read the plans, train, write weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, nargs="+")
    parser.add_argument("--steps", type=int, help="stop after this many, for a trial")
    parser.add_argument(
        "--seconds", type=float, help="stop by then, the rate having fallen; counts anew"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--makers", type=int, default=1, help="processes that draw scenes")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plans = [read_plan(each) for each in arguments.config]
    Training(plans, arguments.makers).run(arguments.steps or plans[0].steps, arguments.seconds)


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file describes; TypeError on a key that no plan has."""
    told = _tupled(tomllib.loads(path.read_text(encoding="utf-8")))
    shape, recipes = Shape(**told.pop("shape", {})), told.pop("recipes")
    folder, taste = Path(told.pop("folder")), Taste(**told.pop("taste", {}))
    photographs = told.pop("photographs", None)
    return Plan(
        folder=folder, taste=taste, shape=shape, recipes=tuple(Recipe(**each) for each in recipes),
        photographs=photographs and Path(photographs), **told,
    )  # fmt: skip


def _tupled(told: Any) -> Any:
    """What TOML tells, lists as tuples."""
    if isinstance(told, dict):
        return {key: _tupled(value) for key, value in told.items()}
    return tuple(_tupled(each) for each in told) if isinstance(told, list) else told


class Training:
    """Runs side by side: what they are given, and what is made of it."""

    def __init__(self, plans: list[Plan], makers: int = 1) -> None:
        """makers: processes that draw scenes, 0 for this one. A GPU is used if there is one.

        Raises ValueError when checkpoints of `plans` are of different steps.
        """
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._pupils = [Pupil(each, device) for each in plans]
        if len({each.descent.step for each in self._pupils}) > 1:
            raise ValueError("what is trained side by side has not come equally far: begin anew")
        self._plan = first = plans[0]
        number, learnt = divmod(self._pupils[0].descent.step, first.repeats)
        scenes = Scenes(first.photographs, first.seed, number, first.recipes, first.turns)
        self._lessons = self._drawn(fed(scenes, makers, device), number, learnt)

    def run(self, steps: int, seconds: float | None = None, clock: Clock = time.monotonic) -> None:
        """Descend until `steps` are done, or as many as `seconds` are enough for."""
        descent = self._pupils[0].descent
        for done, last in course(lambda: descent.step, steps, self._plan.steps, seconds, clock):
            recipe, lesson = next(self._lessons)
            for pupil in self._pupils:
                pupil.learn(recipe, lesson, done, last)

    def _drawn(
        self, rounds: Iterator[list[Lesson]], first: int, learnt: int
    ) -> Iterator[tuple[Recipe, Lesson]]:
        """What each step learns from, from round `first` on, of which `learnt` steps are done.

        After a pause the rings begin empty.
        """
        plan, rings = self._plan, dict[int, Ring]()
        for number, some in enumerate(rounds, first):
            kind, lesson = plan.turns[number % len(plan.turns)], joined(some, 0)
            if plan.repeats == 1:
                yield plan.recipes[kind], lesson
                continue
            rings.setdefault(kind, Ring(plan.pool)).put(lesson)
            random = np.random.default_rng([plan.seed, number, 0])
            there = [each for each in plan.turns if each in rings]
            for turn in range(plan.repeats):
                kind = there[int(random.integers(len(there)))]
                drawn = Lesson(*rings[kind].draw(random, plan.batch))
                if number > first or turn >= learnt:
                    yield plan.recipes[kind], drawn


class Pupil:
    """Nets in training."""

    def __init__(self, plan: Plan, device: torch.device) -> None:
        torch.manual_seed(plan.seed)
        self._plan = plan
        self._net = RefinerNet(plan.shape).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.descent = Descent(
            self._net, self._optimiser, plan.name, plan.folder, plan.average,
            plan.begin, logged=200, saved=1000,
        )  # fmt: skip
        self._steps: dict[int, Recorded] = {}

    def learn(self, recipe: Recipe, lesson: Lesson, done: float, last: bool) -> None:
        """One step. done: share of the run, in [0, 1]."""
        plan = self._plan
        self.descent.set_pace(pace(self.descent.step, plan.warm_up, done))
        step = recipe.step
        if step not in self._steps:
            self._steps[step] = Recorded(lambda *given: self._descend(step, Lesson(*given)))
        found = Costs(*self._steps[step](*lesson))
        self.descent.count()
        self.descent.tell(found._asdict(), last)

    def _descend(self, step: int, lesson: Lesson) -> tuple[Tensor, ...]:
        """Costs of a lesson on cells of `step` pixels, and a step to make them less."""
        plan, truth = self._plan, truth_of(lesson)
        with torch.autocast(lesson.rgb.device.type, torch.bfloat16, enabled=plan.half):
            views = view(self._net, told_of(lesson.wide), told_of(lesson.cells))
            found = refine_close(
                self._net, truth.rgb, truth.coarse, views.near, step, lesson.window
            )
        result = costs(found, views, truth, plan.shape.reach * step // 2, plan.taste)
        self.descent.descend(result.total)
        return tuple(each.detach() for each in result)

    def _optimiser(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        device = next(self._net.parameters()).device
        rate, recorded = rate_on(device, self._plan.rate), device.type != "cpu"
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=1e-4, capturable=recorded)


if __name__ == "__main__":
    main()
