"""A box of one finished picture between those who compute and who sends."""

import threading

from stream.live.director import Ready


class Outbox:
    """Holds the newest finished picture, and what went wrong since."""

    def __init__(self) -> None:
        self._fresh = threading.Condition()
        self._ready: Ready | None = None
        self.trouble = ""

    @property
    def ready(self) -> Ready | None:
        """The newest finished picture."""
        return self._ready

    def put(self, ready: Ready) -> None:
        """Put a picture in; whatever went wrong before is over."""
        with self._fresh:
            self._ready, self.trouble = ready, ""
            self._fresh.notify_all()

    def fail(self, line: str) -> None:
        """Say in one line why there is no picture."""
        with self._fresh:
            self.trouble = line
            self._fresh.notify_all()

    def wait(self, after: Ready | None, seconds: float) -> None:
        """Return when another picture than `after` is there, or after `seconds`."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._ready is not after, seconds)
