"""What every training run has: a net, the running average of its weights, a log, a checkpoint."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

Costs = dict[str, Tensor]


class Descent:
    """The state of a run, saved and restored as a whole.

    net: is trained in place. name, folder: of FOLDER/NAME.checkpoint, .log and .safetensors, the
    running average; a checkpoint that is there is gone on from. average: share of the running
    average kept each step. begin: a file of weights to go on from, "" for none.
    """

    def __init__(
        self, net: nn.Module, optimiser: Callable[[Iterable[Tensor]], torch.optim.Optimizer],
        name: str, folder: Path, average: float, begin: str = "",
    ) -> None:  # fmt: skip
        self.step = 0
        self._net, self._keep, self._stem = net, average, folder / name
        if begin:
            net.load_state_dict(load_file(begin))
        self._average = {key: value.clone() for key, value in net.state_dict().items()}
        self._optimiser = optimiser(net.parameters())
        folder.mkdir(parents=True, exist_ok=True)
        if self._file("checkpoint").exists():
            self._restore()

    def run(
        self, steps: int, descend: Callable[[], Costs], log_every: int, save_every: int
    ) -> None:
        """Call `descend`, which goes `down` once and gives its costs, until `steps` are done."""
        seen: list[Costs] = []
        started, first = time.perf_counter(), self.step
        while self.step < steps:
            seen.append({name: cost.detach() for name, cost in descend().items()})
            if self.step % log_every == 0 or self.step == steps:
                self._log(seen, (time.perf_counter() - started) / (self.step - first))
                seen = []
            if self.step % save_every == 0 or self.step == steps:
                self._save()

    def down(self, total: Tensor, rate: float) -> None:
        """One step of `rate` that makes `total` smaller."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimiser.step()
        self.step += 1
        keep = min(self._keep, (self.step + 1) / (self.step + 10))
        for key, value in self._net.state_dict().items():
            self._average[key].lerp_(value, 1 - keep)

    def _log(self, seen: list[Costs], pace: float) -> None:
        line = {"step": self.step, "seconds a step": round(pace, 4)}
        for name in seen[0]:
            line[name] = round(sum(costs[name].item() for costs in seen) / len(seen), 5)
        print(json.dumps(line), flush=True)
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
        weights = {key: value.contiguous() for key, value in self._average.items()}
        save_file(weights, self._file("safetensors"))

    def _restore(self) -> None:
        state = torch.load(self._file("checkpoint"), weights_only=True)
        self._net.load_state_dict(state["net"])
        self._average, self.step = state["average"], state["step"]
        self._optimiser.load_state_dict(state["optimiser"])

    def _file(self, kind: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{kind}")
