"""How long each stage takes, kept frame by frame."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

KEPT = 10_000
"""Frames remembered, so that memory stays flat however long a stream is."""


def samples() -> "deque[float]":
    """An empty list of seconds that forgets its oldest beyond KEPT."""
    return deque(maxlen=KEPT)


class StageClock:
    """Collects wall seconds per stage, from any thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, deque[float]] = defaultdict(samples)
        self._adding = threading.Lock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block and add it to stage `name`, unless it raises."""
        started = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - started)

    def add(self, name: str, seconds: float) -> None:
        """Add one frame's `seconds` to stage `name`."""
        with self._adding:
            self.seconds[name].append(seconds)
