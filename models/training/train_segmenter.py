"""Trains pass 1: `python -m models.training.train_segmenter --config NAME.toml`.

Composes clips as it goes, trains, goes on from the last checkpoint when there is one, and writes
the running average of the weights. The photographs are what models.training.gather and
models.training.label leave. Several plans are trained side by side on the clips of the first.
"""

import argparse
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.person_model import PersonModel
from models.person_shape import WIDTHS
from models.person_sight import People
from models.training.clips import SIZES
from models.training.descent import Clock, Descent, course, pace
from models.training.feed import Block, Clips, fed, joined
from models.training.lite import begin
from models.training.pool import Ring, varied
from models.training.recorded import Recorded, rate_on
from models.training.whole import AROUND, whole_around

_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run.

    photographs: what gather and label filled; folder: of checkpoint, log and weights. steps, clips
    a step and process that composes them, frames a clip, rate: of gradient descent. repeats: steps
    for the clips that one round of all processes composes, each of clips drawn from the last `pool`
    of a size; 1 for a step of just what was composed. widths: of models.person_net. things: share
    of the rate at which the eyes for things learn, 0 for never. every: one photograph, and one
    room, in so many is learnt from. average: share of the running average kept each step. half:
    compute in bfloat16. begin: a file of weights to go on from, "" for those of
    models.efficient_lite and chance; behind: share of a whole run that made them. sharpen: what
    logits are multiplied by once trained, blend: share of what was trained in what is published,
    the rest is what it began from. sizes: (height, width) of clips. whole: train the layers that
    see far around as models.training.whole, for models.training.around to make them narrow. note:
    what else is to be known, for the card.
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
    widths: tuple[int, int, int, int] = WIDTHS
    repeats: int = 1
    pool: int = 600
    things: float = 0.2
    every: int = 1
    begin: str = ""
    behind: float = 0.0
    sharpen: float = 1.0
    blend: float = 1.0
    sizes: tuple[tuple[int, int], ...] = SIZES
    whole: bool = False
    note: str = ""

    @property
    def trained(self) -> Path:
        """The weights that are published, or go into what is."""
        return self.folder / f"{self.name}{'_narrow' if self.whole else ''}.safetensors"


class Costs(NamedTuple):
    """What is made small, and its parts; means over the pixels, by how far labels are trusted."""

    total: Tensor
    decided: Tensor
    alpha: Tensor
    edge: Tensor
    still: Tensor


def costs(logits: Tensor, alpha: Tensor, trust: Tensor, done: float | Tensor = 0) -> Costs:
    """logits, alpha, trust: (T, N, 1, H, W), the latter two in [0, 1]; done: share of the run.

    decided: cross entropy; alpha: L1; edge: L1 of the bands of a Laplacian pyramid, coarser ones
    counting for their larger area; still: squared error of the change from frame to frame. Edges
    count more and more: a net that does not yet know where people are does best to show none.
    """
    weight = trust / trust.mean().clamp_min(1e-3)
    decided = (F.binary_cross_entropy_with_logits(logits, alpha, reduction="none") * weight).mean()
    off = logits.sigmoid() - alpha
    plain = (off.abs() * weight).mean()
    edge = _bands(off.flatten(0, 1), weight.flatten(0, 1))
    still = off.diff(dim=0).square().mean() if len(off) > 1 else off.new_zeros(())
    total = 0.5 * decided + plain + (2 + 6 * done) * edge + 5 * still
    return Costs(total, decided, plain, edge, still)


def _bands(off: Tensor, weight: Tensor) -> Tensor:
    total = off.new_zeros(())
    for level in range(_LEVELS):
        small = F.avg_pool2d(off, 2)
        band = off - F.interpolate(small, scale_factor=2.0, mode="bilinear")
        total = total + 2**level * (band.abs() * weight).mean()
        off, weight = small, F.avg_pool2d(weight, 2)
    return total / float(2**_LEVELS - 1)


def main() -> None:
    """Read the plans, train, write weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, nargs="+")
    parser.add_argument("--steps", type=int, help="stop after this many, for a trial")
    parser.add_argument("--seconds", type=float, help="stop by then, the rate having fallen")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--makers", type=int, default=1, help="processes that compose clips")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plans = [read_plan(each) for each in arguments.config]
    training = Training(plans, arguments.makers)
    training.run(arguments.steps or plans[0].steps, arguments.seconds)


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file describes; TypeError on a key that no plan has."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    if "widths" in told:
        told["widths"] = tuple(told["widths"])
    if "sizes" in told:
        told["sizes"] = tuple((height, width) for height, width in told["sizes"])
    return Plan(photographs=Path(told.pop("photographs")), folder=Path(told.pop("folder")), **told)


class Training:
    """Runs side by side: what they are given, and what is made of it."""

    def __init__(self, plans: list[Plan], makers: int = 1) -> None:
        """makers: processes that compose clips, 0 for this one. A GPU is used if there is one."""
        if len({each.every for each in plans}) > 1:
            raise ValueError("plans that are trained side by side learn from the same photographs")
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._people = People().to(self._device)
        self._pupils = [Pupil(each, self._device) for each in plans]
        self._plan = first = plans[0]
        number, learnt = divmod(self._pupils[0].descent.step, first.repeats)
        clips = Clips(
            first.photographs, first.seed, number, first.clips, first.frames, first.sizes,
            first.every,
        )  # fmt: skip
        self._blocks = fed(clips, makers, self._device)
        self._lessons = self._drawn(number, learnt)

    def run(self, steps: int, seconds: float | None = None, clock: Clock = time.monotonic) -> None:
        """Descend until `steps` are done, or as many as `seconds` are enough for."""
        descent = self._pupils[0].descent
        for done, last in course(lambda: descent.step, steps, steps, seconds, clock):
            block = next(self._lessons)
            seen = self._seen(block.rgb)
            for pupil in self._pupils:
                pupil.learn(block, seen, done, last)

    def _drawn(self, first: int, learnt: int) -> Iterator[Block]:
        """What each step learns from, from round `first` on, of which `learnt` steps are done.

        After a pause the pool begins empty.
        """
        repeats, rings = self._plan.repeats, dict[tuple[int, ...], Ring]()
        for number, blocks in enumerate(self._blocks, first):
            block = joined(blocks, 1)
            if repeats == 1:
                yield block
                continue
            rings.setdefault(tuple(block.alpha.shape[2:]), Ring(self._plan.pool, 1)).put(block)
            random = np.random.default_rng([self._plan.seed, number])
            for turn in range(repeats):
                size = sorted(rings)[int(random.integers(len(rings)))]
                drawn = varied(random, Block(*rings[size].draw(random, block.rgb.shape[1])))
                if number > first or turn >= learnt:
                    yield drawn

    def _seen(self, rgb: Tensor) -> tuple[Tensor, ...]:
        """What is seen of people in clips (T, N, H, W, 3) uint8: each (T, N, C, h, w)."""
        flat = rgb.flatten(0, 1).float() * (1 / 255)
        # bfloat16 would cost more than it saves on a CPU: its convolutions are a channel each.
        half = rgb.device.type == "cuda"
        with torch.no_grad(), torch.autocast(rgb.device.type, torch.bfloat16, enabled=half):
            seen: tuple[Tensor, ...] = self._people(flat)
        return tuple(each.view(*rgb.shape[:2], *each.shape[1:]) for each in seen)


class Pupil:
    """A net in training."""

    def __init__(self, plan: Plan, device: torch.device) -> None:
        torch.manual_seed(plan.seed)
        self._plan = plan
        model = PersonModel(plan.widths)
        if plan.whole:
            model.net.around = whole_around(plan.widths[-1])
        begin(model.things)
        model.things.requires_grad_(plan.things > 0)
        self._model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.descent = Descent(
            self._model, partial(_optimiser, self._model, plan), plan.name, plan.folder,
            plan.average, plan.begin, grown=(AROUND,) if plan.whole else (),
        )  # fmt: skip
        self._step = Recorded(self._descend)

    def learn(self, block: Block, seen: tuple[Tensor, ...], done: float, last: bool) -> None:
        """One step. seen: of People; done: share of the run, in [0, 1]."""
        plan = self._plan
        whole = plan.behind + (1 - plan.behind) * min(done, 1.0)
        self.descent.set_pace(pace(self.descent.step, plan.warm_up, whole))
        found = Costs(*self._step(torch.full((), whole, device=block.rgb.device), *block, *seen))
        self.descent.count()
        self.descent.tell(found._asdict(), last)

    def _descend(self, whole: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        """Costs of the parts of a block and what is seen in it, and a step to make them less."""
        rgb, alpha, trust = (each.float() * (1 / 255) for each in given[:3])
        people = [each.flatten(0, 1) for each in given[3:]]
        with torch.autocast(rgb.device.type, torch.bfloat16, enabled=self._plan.half):
            logits = self._model(rgb, people)
        result = costs(logits.float(), alpha[:, :, None], trust[:, :, None], whole)
        self.descent.descend(result.total)
        return tuple(each.detach() for each in result)


def _optimiser(model: PersonModel, plan: Plan, _: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    device = next(model.parameters()).device
    recorded = device.type != "cpu"

    groups = [
        {"params": list(part.parameters()), "lr": rate_on(device, plan.rate * share)}
        for part, share in ((model.net, 1.0), (model.things, plan.things))
        if share
    ]
    return torch.optim.AdamW(groups, weight_decay=1e-2, capturable=recorded)


if __name__ == "__main__":
    main()
