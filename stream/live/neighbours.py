"""How much of the processor other programs use: threads that wait for each other must not share
a core with them."""

import os
import time
from pathlib import Path

from stream.live.processor import spent

_STATISTICS = Path("/proc/stat")
_EVERY = 0.2
_MANY, _FEW = 0.5, 0.3
"""Cores' worth of others' work above which a thread is given up, below which it comes back."""
_CALM = 1.0
"""Seconds that it must have been so for."""
_IDLE = slice(3, 5)


class Neighbours:
    """Watches; tells how many threads are best. Where the system does not tell, all of them."""

    def __init__(self, cores: int) -> None:
        """cores: threads that may be used."""
        self._cores, self._threads = cores, cores
        affinity = getattr(os, "sched_getaffinity", None)
        self._reach = max(cores, len(affinity(0)) if affinity else cores)
        self._before = (time.monotonic(), _busy(), spent())
        self._calm_since: float | None = None

    def threads(self) -> int:
        """How many threads to use for the next picture; cheap to ask each time."""
        now = time.monotonic()
        if now - self._before[0] < _EVERY:
            return self._threads
        before, busy, own = self._before
        self._before = after = (now, _busy(), spent())
        others = ((after[1] - busy) - (after[2] - own)) / (now - before)
        self._judge(now, others)
        return self._threads

    def _judge(self, now: float, others: float) -> None:
        # Cores beyond those that threads may use can take the others.
        fewer = max(1, min(self._cores, self._reach - round(others)))
        if others > _MANY + self._reach - self._cores:
            self._threads, self._calm_since = min(self._threads, fewer), None
        elif others < _FEW + self._reach - self._cores:
            self._calm_since = now if self._calm_since is None else self._calm_since
            if now - self._calm_since >= _CALM:
                self._threads = self._cores
        else:
            self._calm_since = None


def _busy() -> float:
    """Seconds that the cores this program may use have worked; 0 where the system does not tell."""
    try:
        with _STATISTICS.open(encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("cpu")]
        cores = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        ticks = [[int(part) for part in line[1:9]] for line in lines if line[0] in cores]
    except (OSError, ValueError, AttributeError):
        return 0.0
    return sum(sum(each) - sum(each[_IDLE]) for each in ticks) / os.sysconf("SC_CLK_TCK")
