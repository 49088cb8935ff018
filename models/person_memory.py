"""What is remembered of each of the windows that a picture was seen through."""

import numpy as np
import torch
import torch.nn.functional as F

from kernels.types import Floats
from models.person_net import STEPS
from models.person_runner import Memory
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
    maps = torch.from_numpy(state).permute(2, 0, 1)[None]
    resized = F.interpolate(maps, (height, width), mode="area")[0]
    return np.ascontiguousarray(resized.permute(1, 2, 0).numpy())


def _shared(first: Window, second: Window) -> float:
    """Intersection over union."""
    return overlap(_extent(first), _extent(second))


def _extent(window: Window) -> Extent:
    top, left, height, width = window
    return Extent(top, left, top + height, left + width)
