"""The newest picture, for whoever looks at the control page."""

import threading
import time
from dataclasses import dataclass

from kernels.types import Alpha
from stream.frame import Frame

_WANTED = 2.0
"""Seconds for which a picture is kept after somebody asked for one."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One picture on its way out.

    camera: what the camera saw, for the operator's own eyes; None with a slate. alpha: (H, W)
    float32 of it, likewise. picture: what was sent. number: counts up.
    """

    camera: Frame | None
    alpha: Alpha | None
    picture: Frame
    number: int


class Preview:
    """A box of one picture, filled only while somebody asks for it."""

    def __init__(self) -> None:
        self._shown: Shown | None = None
        self._asked = -_WANTED
        self._fresh = threading.Condition()

    @property
    def wanted(self) -> bool:
        """Whether anybody asked lately."""
        return time.monotonic() - self._asked < _WANTED

    def show(self, shown: Shown) -> None:
        """Put a picture in. It must not be written to any more."""
        with self._fresh:
            self._shown = shown
            self._fresh.notify_all()

    def newest(self, after: int = -1, patience: float = 1.0) -> Shown | None:
        """The newest picture whose number is above `after`; None if none comes in `patience` s."""
        self._asked = time.monotonic()

        def is_newer() -> bool:
            return self._shown is not None and self._shown.number > after

        with self._fresh:
            return self._shown if self._fresh.wait_for(is_newer, patience) else None
