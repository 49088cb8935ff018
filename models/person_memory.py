"""What is remembered of each of the windows that a picture was seen through."""

from itertools import pairwise

import numpy as np

from kernels.types import Floats
from models.person_runner import Memory
from models.person_shape import STEPS
from models.subject_box import Extent, overlap
from models.window import Window

_SAME = 0.5
"""Intersection over union, above which a window shows what an earlier one showed."""


class Memories:
    """Of the last picture, to be recalled, and of this one, to be kept."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._last: list[tuple[Window, Memory]] = []
        self._next: list[tuple[Window, Memory]] = []

    def turn(self) -> None:
        """Begin the next picture."""
        self._last, self._next = self._next, []

    def keep(self, window: Window, memory: Memory) -> None:
        """Remember it until the next picture is over."""
        self._next.append((window, memory))

    def recall(self, window: Window, height: int, width: int) -> Memory | None:
        """What the last picture's window at the same place left, for (height, width) pixels.

        Windows follow their subjects slowly, so what moved within them is left to the net.
        """
        return _recalled(self._last, window, height, width)

    def peek(self, window: Window, height: int, width: int) -> Memory | None:
        """As `recall`, but of what was kept last, while another thread may keep more."""
        return _recalled([*self._next, *self._last], window, height, width)


def _recalled(
    kept: list[tuple[Window, Memory]], window: Window, height: int, width: int
) -> Memory | None:
    best = max(kept, key=lambda each: _shared(each[0], window), default=None)
    if best is None or _shared(best[0], window) < _SAME:
        return None
    eighth, sixteenth = (
        _resized(state, height // step, width // step)
        for state, step in zip(best[1], STEPS, strict=True)
    )
    return Memory(eighth, sixteenth)


def _resized(state: Floats, height: int, width: int) -> Floats:
    if state.shape[:2] == (height, width):
        return state
    return _means(_means(state, height, 0), width, 1)


def _means(state: Floats, size: int, axis: int) -> Floats:
    """`state` with so many means along `axis`, each of all that it touches.

    So torch interpolates by areas. A product with a matrix would do as well, but numpy's has its
    threads spin for 30 milliseconds after each, which live pictures would wait for.
    """
    lines = np.moveaxis(state, axis, 0)
    edges = [number * len(lines) for number in range(size + 1)]
    touched = [lines[a // size : -(-b // size)] for a, b in pairwise(edges)]
    return np.stack([each.mean(axis=0) for each in touched], axis)


def _shared(first: Window, second: Window) -> float:
    """Intersection over union."""
    return overlap(_extent(first), _extent(second))


def _extent(window: Window) -> Extent:
    top, left, height, width = window
    return Extent(top, left, top + height, left + width)
