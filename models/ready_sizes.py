"""Sizes of a look that a net is prepared for, where nobody can wait for another."""

import math
from functools import partial

from models.beside import Beside
from models.person_runner import PersonRunner

_Size = tuple[int, int]
_FARTHEST = 1.6
"""Times by which height or width of a look may differ from what was asked for."""


class ReadySizes:
    """Gives the nearest size that is ready, while the one asked for is prepared beside.

    Waits for none but the first.
    """

    def __init__(self, net: PersonRunner) -> None:
        self._net = net
        self._known: list[_Size] = []
        self._preparing: Beside[None] | None = None

    def nearest(self, size: _Size, soon: _Size) -> _Size | None:
        """`size`, (height, width), or one that squashes a little; None where none is near.

        soon: a size that may be asked for next.
        """
        if not self._known:
            self._net.prepare(*size)
        self._know(size)
        self._know(soon)
        ready = [each for each in self._known if self._net.is_prepared(*each)]
        self._prepare([each for each in (size, soon) if not self._net.is_prepared(*each)])
        best = min(ready, key=partial(_distance, size), default=None)
        return best if best and _distance(size, best) <= math.log(_FARTHEST) else None

    def _know(self, size: _Size) -> None:
        if size not in self._known:
            self._known.append(size)

    def _prepare(self, sizes: list[_Size]) -> None:
        """The first of them, unless another is being prepared."""
        if sizes and (self._preparing is None or not self._preparing.is_alive()):
            self._preparing = Beside("prepare", partial(self._net.prepare, *sizes[0]))


def _distance(first: _Size, second: _Size) -> float:
    return max(abs(math.log(one / other)) for one, other in zip(first, second, strict=True))
