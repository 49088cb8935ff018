"""What is remembered of each of the windows that a picture was seen through."""

from functools import lru_cache

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
        best = max(self._last, key=lambda each: _shared(each[0], window), default=None)
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
    rows, columns, channels = state.shape
    taller = _means(height, rows) @ state.reshape(rows, columns * channels)
    return np.asarray(_means(width, columns) @ taller.reshape(height, columns, channels))


@lru_cache(maxsize=16)
def _means(size: int, given: int) -> Floats:
    """(size, given) float32: by how much each of so many counts among as many as are given.

    Each is the mean of all that it touches, as in torch's interpolation by areas.
    """
    edges = np.arange(size + 1) * given
    first, end = edges[:-1] // size, -(-edges[1:] // size)
    place = np.arange(given)
    touched = (place >= first[:, None]) & (place < end[:, None])
    return np.asarray(touched / touched.sum(1, keepdims=True), np.float32)


def _shared(first: Window, second: Window) -> float:
    """Intersection over union."""
    return overlap(_extent(first), _extent(second))


def _extent(window: Window) -> Extent:
    top, left, height, width = window
    return Extent(top, left, top + height, left + width)
