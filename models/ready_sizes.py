"""Sizes of a look that a net is prepared for, where nobody can wait for another."""

import math
from functools import partial

from models.beside import Beside
from models.person_runner import PersonRunner

_Size = tuple[int, int]
_LIKE, _SQUASHED = 1.2, 1.6
"""Times by which height or width may differ for a size to serve for good, for preparing another
takes one of two cores for up to a second; and by which one may squash until another is ready."""


class ReadySizes:
    """Gives the nearest size that is ready, while the one asked for is prepared beside.

    Waits for none but the first.
    """

    def __init__(self, net: PersonRunner) -> None:
        self._net = net
        self._known: list[_Size] = []
        self._preparing: Beside[None] | None = None

    def nearest(self, size: _Size, soon: _Size | None = None) -> _Size | None:
        """One like `size`, (height, width), or one that squashes it; None where each would much.

        soon: a size that may be asked for next. Raises RuntimeError when one could not be prepared.
        """
        if not self._known:
            self._net.prepare(*size)
            self._known.append(size)
        ready = [each for each in self._known if self._net.is_prepared(*each)]
        self._prepare([each for each in (size, soon) if each and not _serves(each, ready)])
        best = min(ready, key=partial(_distance, size), default=None)
        return best if best and _squash(size, best) <= math.log(_SQUASHED) else None

    def _prepare(self, sizes: list[_Size]) -> None:
        """The first of them, unless another is being prepared."""
        if self._preparing is not None and not self._preparing.is_alive():
            done, self._preparing = self._preparing, None
            done.result()
        if sizes and self._preparing is None:
            if sizes[0] not in self._known:
                self._known.append(sizes[0])
            self._preparing = Beside("prepare", partial(self._net.prepare, *sizes[0]), True)


def _serves(size: _Size, ready: list[_Size]) -> bool:
    return any(_distance(size, each) <= math.log(_LIKE) for each in ready)


def _distance(first: _Size, second: _Size) -> float:
    return max(abs(math.log(one / other)) for one, other in zip(first, second, strict=True))


def _squash(first: _Size, second: _Size) -> float:
    return abs(math.log(first[0] / first[1] * second[1] / second[0]))
