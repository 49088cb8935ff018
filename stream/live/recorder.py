"""Keeps a live session in a file, without ever making it wait."""

import contextlib
import queue
import threading
import time
from fractions import Fraction

from kernels.types import Planes
from stream.errors import StreamError
from stream.formats import choose_format
from stream.frame import Frame
from stream.live.normal import LIVE_COLOUR, LIVE_FORMAT, MICROSECONDS, live_frame
from stream.sinks import open_sink
from stream.source_info import SourceInfo

_DEPTH = 30
"""Pictures that may wait for the encoder; further ones are left out and counted."""
_PATIENCE, _POLL = 60.0, 0.2


class Recorder:
    """An outlet that encodes in a thread of its own. Raises SinkError or UsageError on opening.

    name: of the file; left_out: pictures that the encoder had no time for; trouble: why writing
    ended before its time, or "".
    """

    def __init__(
        self, out: str, height: int, width: int, rate: Fraction, overwrite: bool = False
    ) -> None:
        self.name, self.left_out, self.trouble = out, 0, ""
        info = SourceInfo(
            height, width, LIVE_FORMAT, LIVE_COLOUR, MICROSECONDS, rate, Fraction(1), None, None
        )
        format_ = choose_format(out, None, False)
        self._sink = open_sink(out, format_, info, None, overwrite, False)
        self._box: queue.Queue[Frame | None] = queue.Queue(_DEPTH)
        self._began: float | None = None
        self._ending = threading.Event()
        self._last = -1
        self._thread = threading.Thread(target=self._write, name="record", daemon=True)
        self._thread.start()

    def send(self, planes: Planes) -> None:
        """Keep 8-bit 4:2:0 `planes`, which must not be written to any more, as shown now."""
        if self._ending.is_set():
            return
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        # Times must rise even where two pictures leave within a microsecond.
        self._last = max(round((now - self._began) * 1e6), self._last + 1)
        try:
            self._box.put_nowait(live_frame(planes, self._last))
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Finish the file and give it its name; a second call does nothing."""
        end = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and not self._ending.is_set():
            with contextlib.suppress(queue.Full):
                self._box.put(None, timeout=_POLL)
                break
        self._thread.join(max(end - time.monotonic(), 0))

    def _write(self) -> None:
        try:
            while (frame := self._box.get()) is not None:
                self._sink.write(frame, None)
            self._settle()
        except Exception as error:  # whatever it is, the session goes on without a file
            known = isinstance(error, StreamError)
            self.trouble = str(error) if known else f"{self.name}: {type(error).__name__}: {error}"
            self._ending.set()
            with contextlib.suppress(StreamError, OSError):
                self._sink.abandon()

    def _settle(self) -> None:
        if self._last < 0:
            self._sink.abandon()
        else:
            self._sink.close()
