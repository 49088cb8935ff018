"""What a live session says in the terminal."""

import sys
import threading
import time
from collections.abc import Callable

from stream.live.status import Status


class Console:
    """Lines as things happen; a line of figures every second where that was asked for."""

    def __init__(self, stats: bool) -> None:
        self._stats = stats
        self._began = time.monotonic()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, line: str) -> None:
        """Print `line` with the seconds since the start before it."""
        print(f"{time.monotonic() - self._began:7.2f} s  {line}", file=sys.stderr, flush=True)

    def watch(self, status: Callable[[], Status]) -> None:
        """Begin with the figures, if they were asked for."""
        if self._stats:
            self._thread = threading.Thread(target=self._tell, args=(status,), name="stats")
            self._thread.daemon = True
            self._thread.start()

    def _tell(self, status: Callable[[], Status]) -> None:
        while not self._stopping.wait(1.0):
            self.say(figures(status()))

    def close(self) -> None:
        """Say no more figures; safe to call twice."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()


def figures(status: Status) -> str:
    """One line of what matters."""
    stages = " ".join(f"{name} {ms:.1f}" for name, ms in status.stages.items())
    latency = f"{status.latency:.0f}/{status.latency_99:.0f}"
    return (
        f"{status.state} {status.fps:.1f} fps, latency {latency} ms, {status.dropped} dropped, "
        f"{status.late} late, {status.processor:.2f} cores, step {status.step}; ms: {stages}"
    )
