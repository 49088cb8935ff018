"""Nets that are planned for pictures of one size, kept for the sizes that were used last."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from models.maps import Map
from models.program import Program

_MOST, _FEW = 6, 4
"""Sizes of pictures that memory is kept for, and those for who seldom calls: 5 MB for 256x144
pixels, 22 MB for 448x448."""


@dataclass(frozen=True, slots=True, eq=False)
class Sized:
    """A net on pictures of one size.

    states: maps that are remembered; running: held by who runs it.
    """

    program: Program
    states: tuple[Map, ...] = ()
    running: threading.Lock = field(default_factory=threading.Lock)


class Sizes:
    """Plans what was not used lately; may be asked by several threads.

    Nothing is compiled for a size: one that was not seen before costs some 4 ms.
    """

    def __init__(self, plan: Callable[[int, int], Sized], most: int = _MOST) -> None:
        self._plan, self._most = plan, most
        self._sized: OrderedDict[tuple[int, int], Sized] = OrderedDict()
        self._choosing = threading.Lock()

    def apart(self) -> "Sizes":
        """The same with memory of its own, for who cannot wait while another thread runs a net."""
        return Sizes(self._plan, _FEW)

    def __call__(self, height: int, width: int) -> Sized:
        """The net for pictures of (height, width)."""
        with self._choosing:
            sized = self._sized.pop((height, width), None) or self._plan(height, width)
            self._sized[height, width] = sized
            while len(self._sized) > self._most:
                self._sized.popitem(last=False)
            return sized
