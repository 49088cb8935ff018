"""A step of training as one graph of a GPU, in the place of some thousand calls from Python."""

from collections.abc import Callable

import torch
from torch import Tensor

_TRIES = 3
"""How often what is to be recorded is run first, for its memory to be there and its ways chosen."""

Step = Callable[..., tuple[Tensor, ...]]


def rate_on(device: torch.device, rate: float) -> float | Tensor:
    """`rate` for an optimiser: a recorded step reads its rate where it is written."""
    return rate if device.type == "cpu" else torch.tensor(rate, device=device)


class Recorded:
    """`step` recorded for each set of shapes it is given, and played from then on.

    step: of tensors to tensors, in the same way at each call: what it changes besides lies in
    tensors that stay, optimisers are `capturable`. On a CPU it is called as it is.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._tapes: dict[tuple[torch.Size, ...], _Tape] = {}

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """What `step` gives; on a GPU good until the next call."""
        if given[0].device.type == "cpu":
            return self._step(*given)
        shapes = tuple(each.shape for each in given)
        tape = self._tapes.setdefault(shapes, _Tape(self._step))
        return tape(*given)


class _Tape:
    """A step of one set of shapes."""

    def __init__(self, step: Step) -> None:
        self._step, self._tries = step, 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._given: tuple[Tensor, ...] = ()
        self._found: tuple[Tensor, ...] = ()

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        if self._tries < _TRIES:
            self._tries += 1
            return self._tried(*given)
        if self._graph is None:
            self._given = tuple(each.clone() for each in given)
            self._graph = torch.cuda.CUDAGraph()
            # What another thread asks of the GPU meanwhile does not spoil the graph.
            with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
                self._found = self._step(*self._given)
        for mine, each in zip(self._given, given, strict=True):
            mine.copy_(each)
        self._graph.replay()
        return self._found

    def _tried(self, *given: Tensor) -> tuple[Tensor, ...]:
        """On another stream, as what is recorded will be."""
        here, side = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(here)
        with torch.cuda.stream(side):
            found = self._step(*given)
        here.wait_stream(side)
        return found
