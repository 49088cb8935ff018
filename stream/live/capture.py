"""Reads a camera for as long as it takes: the newest picture wins, and a lost camera is sought."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from stream.errors import SourceError
from stream.live.feeds import Captured, Feed
from stream.live.normal import Size

PATIENCE, OPENING = 5.0, 30.0
"""Seconds without a picture, and without one since opening began, after which a reader is taken for
stuck and the camera opened anew."""
_MOST_STUCK = 4
"""Readers that may be stuck at once; with more, the last one is waited for."""
_BACK_OFF = (0.2, 3.0)
"""Seconds to wait before a lost camera is tried again: at first, and at most."""
_JOIN = 1.0
Open = Callable[[Size], Feed]


class Numbered(NamedTuple):
    """A captured picture and how many there were before it."""

    number: int
    captured: Captured


class Capture:
    """A camera read in a thread of its own into a box of one picture.

    A picture that nobody took before the next one came is dropped and counted. When the camera is
    lost it is opened again and again. A read that never returns (a loopback device whose writer
    has gone) cannot be broken off: the thread that is stuck in it is left behind.

    captured, dropped: pictures so far. trouble: why there are none just now, or "". changed: lines
    about its being lost and back, for whoever takes them out; none is left out, however soon it was
    back.
    """

    def __init__(self, open_: Open, size: Size) -> None:
        """open_: opens the camera; called in the reading thread. Raises SourceError."""
        self.size = size
        self._open = open_
        self._fresh = threading.Condition()
        self._newest: Numbered | None = None
        self._put_at: float | None = None
        self._taken, self.captured, self.dropped = -1, 0, 0
        self.trouble = ""
        self.changed: list[str] = []
        self._changing, self._closed = threading.Lock(), False
        self._stuck: list[_Reader] = []
        self._reader = _Reader(self)

    @property
    def silent_for(self) -> float | None:
        """Seconds since the last picture came; None before the first."""
        return None if self._put_at is None else time.monotonic() - self._put_at

    def newest(self, after: int, patience: float) -> Numbered | None:
        """The newest picture if it is not the one numbered `after` or older; waits `patience` s."""
        with self._fresh:
            # The newest picture is numbered one below their count.
            self._fresh.wait_for(lambda: self.captured > after + 1, patience)
            newest = self._newest
            if newest is None or newest.number <= after:
                return None
            self._taken = newest.number
            return newest

    def look_after(self) -> None:
        """Open the camera anew when its reader is stuck; to be called now and then."""
        with self._changing:
            if self._closed or not self._reader.is_stuck():
                return
            self.complain(self.trouble or "the camera does not answer")
            self._replace()

    def reopen(self, open_: Open) -> None:
        """Go over to another camera; does nothing once closed."""
        with self._changing:
            if not self._closed:
                self._open = open_
                self._replace(more=1)

    def close(self) -> None:
        """Stop reading; returns soon even when a read is stuck. Safe to call twice."""
        with self._changing:
            self._closed = True
            readers = [self._reader, *self._stuck]
        for reader in readers:
            reader.leave()
        for reader in readers:
            reader.join(_JOIN)

    def _replace(self, more: int = 0) -> None:
        """Leave the reader to itself and begin another, if not too many are stuck."""
        self._stuck = [reader for reader in self._stuck if reader.is_alive()]
        if len(self._stuck) < _MOST_STUCK + more:
            self._reader.leave()
            self._stuck.append(self._reader)
            self._reader = _Reader(self)

    def put(self, captured: Captured) -> None:
        """Called by the reader."""
        with self._fresh:
            self.dropped += self.captured > self._taken + 1
            self._newest, self._put_at = Numbered(self.captured, captured), time.monotonic()
            self.captured += 1
            if self.trouble:
                self.changed.append("back")
            self.trouble = ""
            self._fresh.notify_all()

    def complain(self, line: str) -> None:
        """There are no pictures just now, and why; only the first line since there were is told."""
        with self._fresh:
            if not self.trouble:
                self.changed.append(line)
            self.trouble = line

    def opened(self) -> Feed:
        """Called by the reader."""
        return self._open(self.size)


class _Reader(threading.Thread):
    """Opens the camera and reads it until it is told to leave."""

    def __init__(self, capture: Capture) -> None:
        super().__init__(name="camera", daemon=True)
        self._capture, self._left = capture, threading.Event()
        self._sign, self._has_read = time.monotonic(), False
        self.start()

    def is_stuck(self) -> bool:
        """Whether it has been silent for too long."""
        return time.monotonic() - self._sign > (PATIENCE if self._has_read else OPENING)

    def leave(self) -> None:
        """End after the present read."""
        self._left.set()

    def run(self) -> None:
        """See the class."""
        wait, most = _BACK_OFF
        while not self._left.is_set():
            before = self._capture.captured
            try:
                self._read()
            except SourceError as error:
                self._complain(str(error))
            except Exception as error:  # whatever a driver does, the camera is sought again
                self._complain(f"the camera failed: {type(error).__name__}: {error}")
            wait = _BACK_OFF[0] if self._capture.captured > before else min(2 * wait, most)
            self._sign = time.monotonic()
            self._left.wait(wait)

    def _complain(self, line: str) -> None:
        if not self._left.is_set():
            self._capture.complain(line)

    def _read(self) -> None:
        self._has_read = False
        feed = self._capture.opened()
        try:
            for captured in feed:
                if self._left.is_set():
                    return
                self._sign, self._has_read = time.monotonic(), True
                self._capture.put(captured)
        finally:
            feed.close()
