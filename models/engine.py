"""What runs a net that never changes: OpenVINO where it is installed, torch elsewhere."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.frozen import frozen
from models.torch_threads import torch_threads

Given: TypeAlias = npt.NDArray[Any]
Found: TypeAlias = npt.NDArray[np.float32]
Shapes: TypeAlias = tuple[tuple[int, ...], ...]


class Engine(Protocol):
    """Runs a net on arrays; may be called from several threads."""

    def __call__(self, *given: Given) -> list[Found]:
        """What the net finds, in memory that nobody else writes to."""

    def prepare(self, shapes: Shapes) -> None:
        """Do now, where that takes long, what the first run on arrays of `shapes` would."""

    def is_prepared(self, shapes: Shapes) -> bool:
        """Whether a run on arrays of `shapes` begins at once."""


class TorchEngine:
    """Torch, on one thread: where another core is not sure to be free, two took longer."""

    def __init__(self, net: nn.Module, example: Sequence[Tensor]) -> None:
        """example: what the net may be given."""
        self._net = frozen(net, tuple(example))

    def __call__(self, *given: Given) -> list[Found]:
        """See Engine."""
        with torch.inference_mode(), torch_threads(1):
            found = self._net(*(torch.from_numpy(each) for each in given))
            return [each.numpy() for each in found]

    def prepare(self, shapes: Shapes) -> None:
        """Nothing takes long."""

    def is_prepared(self, shapes: Shapes) -> bool:
        """Always."""
        return True


def open_engine(
    build: Callable[[torch.dtype, bool], nn.Module], example: Sequence[Tensor], dtype: torch.dtype
) -> Engine:
    """The quicker engine of those that work on this machine.

    build: gives the net, ready for inference, that computes in a type and is planar inside (see
    models.layers) or not; what it takes and gives, each several tensors, does not depend on that.
    example: what it may be given; all but the number of channels may change. dtype: what to
    compute in.
    """
    try:
        from models.sized_engine import SizedEngine

        return SizedEngine(build(torch.float32, True), example, dtype)
    except (ImportError, OSError, RuntimeError):  # not installed, or not for this processor
        return TorchEngine(build(dtype, False), example)
