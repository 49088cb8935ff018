"""What every training run has: a net, the running average of its weights, a log, a checkpoint."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

Costs = dict[str, Tensor]
Clock = Callable[[], float]


def course(
    step: Callable[[], int], steps: int, whole: int, seconds: float | None, clock: Clock
) -> Iterator[tuple[float, bool]]:
    """For each step of a run how much of it is done, in [0, 1], and whether it is the last.

    step: how many are done; steps: when to stop; whole: of a whole run. seconds: how long a run
    lasts from now by `clock`, in the place of `whole`, where it is not None.
    """
    begun = clock()
    while (at := step()) < steps:
        done = at / whole if seconds is None else (clock() - begun) / seconds
        last = done >= 1 or at + 1 == steps
        yield done, last
        if last:
            break


def pace(step: int, warm_up: int, done: float) -> float:
    """Share of the full rate: a rise over `warm_up` steps, then half a cosine down to a fiftieth.

    done: share of the run, in [0, 1].
    """
    return min(1.0, (step + 1) / warm_up) * (0.51 + 0.49 * math.cos(math.pi * min(done, 1.0)))


class Descent:
    """The state of a run, saved and restored as a whole.

    net: is trained in place; `optimiser` of its parameters begins at the full rates, numbers, or
    tensors where steps are recorded. name, folder: of FOLDER/NAME.checkpoint, .log and
    .safetensors, the running average; a checkpoint that is there is gone on from. average: share of
    the running average kept each step. begin: a file of weights to go on from, "" for none. logged,
    saved: every how many steps. grown: how names of weights begin that `begin` may lack or have of
    another shape, for the net has grown there.
    """

    def __init__(
        self, net: nn.Module, optimiser: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        name: str, folder: Path, average: float, begin: str = "", logged: int = 100,
        saved: int = 500, grown: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.step = 0
        self._net, self._keep, self._stem = net, average, folder / name
        self._every = logged, saved
        if begin:
            _begin(net, load_file(begin), grown)
        self._average = {key: value.clone() for key, value in net.state_dict().items()}
        self._optimiser = optimiser(net.parameters())
        self._rates = [float(group["lr"]) for group in self._optimiser.param_groups]
        folder.mkdir(parents=True, exist_ok=True)
        if self._file("checkpoint").exists():
            self._restore()
        self._spent: dict[str, Tensor | float] = {}
        self._told = 0
        self._started, self._first = time.perf_counter(), self.step

    def down(self, total: Tensor, pace: float) -> None:
        """One step, of the share `pace` of the full rates, that makes `total` smaller."""
        self.set_pace(pace)
        self.descend(total)
        self.count()

    def set_pace(self, pace: float) -> None:
        """Have the next step be of the share `pace` of the full rates."""
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate * pace)
            else:
                group["lr"] = rate * pace

    def descend(self, total: Tensor) -> None:
        """Make `total` smaller: all of a step that may be recorded (models.training.recorded)."""
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimiser.step()

    def count(self) -> None:
        """Take what a step left into the running average."""
        self.step += 1
        keep = min(self._keep, (self.step + 1) / (self.step + 10))
        now = list(self._net.state_dict().values())
        torch._foreach_lerp_(list(self._average.values()), now, 1 - keep)

    def tell(self, costs: Costs, last: bool) -> None:
        """Note what a step cost; log and save now and then, and after the `last`."""
        logged, saved = self._every
        for name, cost in costs.items():
            self._spent[name] = self._spent.get(name, 0) + cost.detach()
        self._told += 1
        if last or self.step % logged == 0:
            self._log()
        if last or self.step % saved == 0:
            self._save()

    def _log(self) -> None:
        pace = (time.perf_counter() - self._started) / (self.step - self._first)
        line = {"step": self.step, "seconds a step": round(pace, 4)}
        line |= {name: round(float(spent) / self._told, 5) for name, spent in self._spent.items()}
        self._spent, self._told = {}, 0
        print(self._stem.name, json.dumps(line), flush=True)
        with self._file("log").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        state = {
            "net": self._net.state_dict(), "average": self._average, "step": self.step,
            "optimiser": self._optimiser.state_dict(),
        }  # fmt: skip
        draft = self._file("draft")
        torch.save(state, draft)
        draft.replace(self._file("checkpoint"))
        weights = {key: value.cpu().contiguous() for key, value in self._average.items()}
        save_file(weights, self._file("safetensors"))

    def _restore(self) -> None:
        state = torch.load(self._file("checkpoint"), weights_only=True, map_location="cpu")
        self._net.load_state_dict(state["net"])
        for key, value in state["average"].items():
            self._average[key].copy_(value)
        self.step = state["step"]
        # Rates, and whether steps are recorded, are of this machine and not of the last.
        groups = state["optimiser"]["param_groups"]
        for group, own in zip(groups, self._optimiser.param_groups, strict=True):
            group |= {key: own[key] for key in ("lr", "capturable")}
        self._optimiser.load_state_dict(state["optimiser"])

    def _file(self, kind: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{kind}")


def _begin(net: nn.Module, weights: dict[str, Tensor], grown: tuple[str, ...]) -> None:
    """Take `weights`; where the net has grown, what does not fit it stays as it was made."""
    new = {name: value for name, value in net.state_dict().items() if name.startswith(grown)}
    for name, value in weights.items():
        if not name.startswith(grown) or (name in new and new[name].shape == value.shape):
            new[name] = value
    net.load_state_dict(new)
