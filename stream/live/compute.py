"""The threads that turn captured pictures into pictures that may leave."""

import contextlib
import threading
import time
from collections.abc import Generator, Iterator

from kernels.threads import available, may_be_shared, use_threads
from models.clock import StageClock
from stream.errors import StreamError, UsageError, WeightsError
from stream.live.capture import Capture, Numbered
from stream.live.governor import Governor
from stream.live.look import Controls
from stream.live.neighbours import Neighbours
from stream.live.outbox import Outbox
from stream.live.warm_up import warm_up
from stream.live.work import Begun, OpenMatting, Work
from stream.pipeline import prefetch

FRAME = "frame"
"""The clock's name for all that is done to a picture; of two halves side by side, the longer."""
_PATIENCE = 0.1
_RETRY = 2.0
"""Seconds before opening the nets is tried again."""
_KNOWN = (StreamError, UsageError, WeightsError)


class Compute:
    """Pass 1, pass 2, time and effects on the newest picture, over and over.

    Nothing gets past a picture whose matte failed: what went wrong is told to the outbox, memory
    is forgotten, and the next picture is tried. changed: lines about the governor's steps, for
    whoever takes them out.
    """

    def __init__(
        self, capture: Capture, controls: Controls, outbox: Outbox, governor: Governor | None,
        open_matting: OpenMatting, rate: float, latency: int = 0,
    ) -> None:  # fmt: skip
        """governor: None for one quality throughout. rate: frames a second at most.

        open_matting: called in this thread. latency: 1 to have pass 1 see a picture while the one
        before is finished.
        """
        self.clock = StageClock()
        self.changed: list[str] = []
        self._capture, self._controls, self._outbox = capture, controls, outbox
        self._governor, self._open_matting = governor, open_matting
        self._shortest, self._latency = 0.75 / rate, latency
        self._threads = available()
        self._neighbours = Neighbours(self._threads)
        self._stopping = threading.Event()
        self._work: Work | None = None
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)

    @property
    def trouble(self) -> str:
        """What is wrong with the effects, in one line, or ""."""
        return "" if self._work is None else self._work.effects.trouble

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, patience: float = 2.0) -> None:
        """Stop after the present picture; waits up to `patience` seconds for it.

        Compiling and opening nets, which take longer, are left behind.
        """
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(patience)
        if self._work is not None:
            self._work.close()

    def _run(self) -> None:
        work = self._work = self._opened()
        if work is None:
            return
        try:
            warm_up(work, self._capture, self._governor, self._stopping)
        except Exception as error:  # the pictures to come will show whether it lasts
            self._outbox.fail(_line(error))
        self.clock.seconds.clear()
        self._capture.dropped = 0
        while not self._stopping.is_set():
            try:
                self._go_on(work)
            except Exception as error:  # a slate that stays for ever must at least say why
                self._outbox.fail(_line(error))
                self._stopping.wait(_RETRY)

    def _go_on(self, work: Work) -> None:
        """Picture after picture, until it is time to stop or something unforeseen is raised."""
        work.reset()
        room, over = threading.Semaphore(1), threading.Event()
        looks: Generator[Begun | Exception, None, None] = self._begun(work, room, over)
        if self._latency and may_be_shared():
            looks = prefetch(looks, 1, "pass 1", halt=self._stopping)
        with contextlib.closing(looks):
            try:
                for begun in looks:
                    room.release()
                    self._finish(work, begun)
            finally:
                over.set()  # there will be no more room for who waits for it

    def _opened(self) -> Work | None:
        while not self._stopping.is_set():
            try:
                return Work(self._open_matting, self._controls, self.clock)
            except Exception as error:  # whatever it is, the slate stays and says so
                self._outbox.fail(_line(error))
                self._stopping.wait(_RETRY)
        return None

    def _begun(
        self, work: Work, room: threading.Semaphore, over: threading.Event
    ) -> Generator[Begun | Exception, None, None]:
        """Each picture after pass 1, or why there is none; see _pictures."""
        for taken in self._pictures(room, over):
            use_threads(self._threads)  # each thread counts its own
            try:
                yield work.see(taken)
            except Exception as error:  # no picture without a matte, and the next may succeed
                yield error

    def _pictures(self, room: threading.Semaphore, over: threading.Event) -> Iterator[Numbered]:
        """The newest picture whenever there is `room` for one, until it is `over`."""
        number, last = -1, -1.0
        while not (over.is_set() or self._stopping.is_set()):
            if not room.acquire(timeout=_PATIENCE):
                continue
            taken = self._capture.newest(number, _PATIENCE)
            number = number if taken is None else taken.number
            # A camera may be faster than was asked for.
            if taken is None or taken.captured.at - last < self._shortest:
                room.release()
                continue
            last = taken.captured.at
            yield taken

    def _finish(self, work: Work, begun: Begun | Exception) -> None:
        self._share()
        started = time.perf_counter()
        try:
            if isinstance(begun, Exception):
                raise begun
            self._outbox.put(work.finish(begun))
        except Exception as error:  # as above
            self._outbox.fail(_line(error))
            work.reset()
            return
        seconds = time.perf_counter() - started
        seconds = max(seconds, begun.seconds) if self._latency else seconds + begun.seconds
        self.clock.add(FRAME, seconds)
        if self._governor is not None and self._governor.note(time.monotonic(), seconds):
            self._obey(self._governor)

    def _share(self) -> None:
        """Leave to other programs the cores that they use."""
        threads = self._threads = self._neighbours.threads()
        use_threads(threads)
        if self._governor is not None and self._governor.share(time.monotonic(), threads):
            self._obey(self._governor)

    def _obey(self, governor: Governor) -> None:
        if self._work is not None:
            self._work.obey(governor.step)
        self.changed.append(f"step {governor.level}: {governor.step}")


def _line(error: Exception) -> str:
    if isinstance(error, _KNOWN):
        return str(error)
    return f"the matte failed: {type(error).__name__}: {error}".splitlines()[0]
