"""The weights of a net by the names of its layers, without torch, which takes seconds to load."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kernels.types import Floats


class Part:
    """A layer, or what holds some.

    What stands before the first dot of its tensors' names is an attribute: an array where nothing
    follows, else a Part. Numbered ones are what it iterates over.
    """

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        self._inside: dict[str, Any] = {}
        deeper: dict[str, dict[str, Floats]] = {}
        for name, array in tensors.items():
            first, _, rest = name.partition(".")
            if rest:
                deeper.setdefault(first, {})[rest] = array
            else:
                self._inside[first] = array
        self._inside |= {name: Part(inside) for name, inside in deeper.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self._inside[name]
        except KeyError:
            raise AttributeError(f"the weights hold no {name}") from None

    def __iter__(self) -> Iterator[Any]:
        return (self._inside[str(number)] for number in range(len(self._inside)))


def numbers(layer: Any) -> tuple[Floats, Floats]:
    """Weight and bias of a layer, torch's or a Part; a linear one's as those of one tap."""
    weight, bias = (_array(each) for each in (layer.weight, layer.bias))
    return weight if weight.ndim == 4 else weight[:, :, None, None], bias


def _array(values: Any) -> Floats:
    return np.asarray(values.detach() if hasattr(values, "detach") else values, np.float32)
