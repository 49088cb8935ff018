"""Counts what a session does, and tells its last seconds."""

import time
from collections import deque

import numpy as np

from models.clock import samples
from stream.live.processor import spent

_RECENT = 5.0
"""Seconds that figures are told of."""


class Tally:
    """Numbers of one session. Belongs to the thread that sends; any may read.

    all: seconds from capture to send, of the last 10,000 pictures.
    """

    def __init__(self, rate: float) -> None:
        """rate: frames a second."""
        self._period = 1 / rate
        self._sends: deque[float] = deque(maxlen=1000)
        self._latencies: deque[tuple[float, float]] = deque(maxlen=1000)
        self.all: deque[float] = samples()
        self.sent = self.late = self.repeated = 0
        self._processor = deque([(time.monotonic(), spent())], maxlen=2)

    def note(self, now: float, captured_at: float | None) -> None:
        """A picture left at `now`; captured_at: when it was taken, None for one sent again."""
        self._sends.append(now)
        if captured_at is None:
            self.repeated += 1
            return
        latency = now - captured_at
        self.sent += 1
        self.late += latency > self._period
        self._latencies.append((now, latency))
        self.all.append(latency)

    def note_slate(self, now: float) -> None:
        """A slate left at `now`."""
        self._sends.append(now)

    def start_over(self) -> None:
        """Forget what was counted."""
        self.all.clear()
        self.sent = self.late = self.repeated = 0

    @property
    def fps(self) -> float:
        """Pictures a second that left, over the last seconds."""
        now = time.monotonic()
        return sum(now - at < _RECENT for at in list(self._sends)) / _RECENT

    def latency(self, percent: float) -> float:
        """That percentile of milliseconds from capture to send, lately; 0 for none."""
        now = time.monotonic()
        recent = [each for at, each in list(self._latencies) if now - at < _RECENT]
        return float(np.percentile(recent, percent) * 1e3) if recent else 0.0

    def processor(self) -> float:
        """Cores' worth of processor time, lately; whoever asks, and however often."""
        now = time.monotonic()
        if now - self._processor[-1][0] >= 1:
            self._processor.append((now, spent()))
        before, used = self._processor[0]
        return (spent() - used) / max(now - before, 1e-3)
