"""The thread that turns captured pictures into pictures that may leave."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from kernels.threads import available, leave_cores, used
from models.clock import StageClock
from stream.errors import StreamError, UsageError, WeightsError
from stream.frame import Frame, Matte
from stream.live.capture import Capture, Numbered
from stream.live.director import Ready
from stream.live.effects import Effects
from stream.live.governor import Governor, Step
from stream.live.look import Controls
from stream.live.neighbours import Neighbours
from stream.live.outbox import Outbox
from stream.live.rest import Rest

if TYPE_CHECKING:  # takes seconds, and the first slate does not wait for it
    from models.matting import Matting, Seen

FRAME = "frame"
"""The clock's name for all that is done to a picture."""
_PATIENCE = 0.1
_WARM_UP = 4
"""Times that the first picture is worked on at each step of the governor's."""
_APART = 20_000
"""Microseconds between the times that a picture is given then."""
_CHOOSING = 1.5
"""Seconds, at most, that are spent on finding the step to begin with."""
_RETRY = 2.0
"""Seconds before opening the nets is tried again."""
_KNOWN = (StreamError, UsageError, WeightsError)
Opened = tuple["Matting", Callable[[Step], None]]
OpenMatting = Callable[[StageClock], Opened]


class Compute:
    """Pass 1, pass 2, time and effects on the newest picture, over and over.

    Nothing gets past a picture whose matte failed: what went wrong is told to the outbox, memory
    is forgotten, and the next picture is tried.
    """

    def __init__(
        self, capture: Capture, controls: Controls, outbox: Outbox, governor: Governor | None,
        open_matting: OpenMatting, rate: float,
    ) -> None:  # fmt: skip
        """governor: None for one quality throughout. rate: frames a second at most.

        open_matting: called in this thread; gives the matting, and what makes it follow a step.
        """
        self.clock = StageClock()
        self._capture, self._controls, self._outbox = capture, controls, outbox
        self._governor, self._open_matting = governor, open_matting
        self._shortest = 0.75 / rate
        self._effects = Effects()
        self._neighbours = Neighbours(available())
        self._stopping = threading.Event()
        self._rest = Rest()
        self._later = 0
        self._mirrored = False
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self.changed: list[str] = []

    @property
    def trouble(self) -> str:
        """What is wrong with the effects, in one line, or ""."""
        return self._effects.trouble

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, patience: float = 10.0) -> None:
        """Stop after the present picture; waits up to `patience` seconds for it."""
        self._stopping.set()
        self._thread.join(patience)
        self._effects.close()

    def _run(self) -> None:
        matting = self._opened()
        if matting is not None:
            self._warm_up(matting)
        number, last = -1, -1.0
        while matting is not None and not self._stopping.is_set():
            taken = self._capture.newest(number, _PATIENCE)
            if taken is None:
                continue
            number = taken.number
            # A camera may be faster than was asked for.
            if taken.captured.at - last < self._shortest:
                continue
            last = taken.captured.at
            self._try(matting, taken)

    def _opened(self) -> "Matting | None":
        while not self._stopping.is_set():
            try:
                matting, self._follow = self._open_matting(self.clock)
            except Exception as error:  # whatever it is, the slate stays and says so
                self._outbox.fail(_line(error))
                self._stopping.wait(_RETRY)
            else:
                return matting
        return None

    def _warm_up(self, matting: "Matting") -> None:
        """Work on the first picture for nothing, so that the first that leaves is not late.

        Kernels are compiled and nets prepared for it, and the governor begins where the time that
        it takes then fits.
        """
        while (taken := self._capture.newest(-1, _PATIENCE)) is None:
            if self._stopping.is_set():
                return
        steps = range(1 if self._governor is None else self._governor.levels)
        ends = None
        try:
            for level in steps:
                if self._stopping.is_set() or (ends is not None and time.monotonic() > ends):
                    break
                seconds = [self._timed(matting, taken, level) for _ in range(_WARM_UP)]
                if self._governor is None or self._governor.fits(min(seconds[1:])):
                    break
                # Compiling is over with the first one; the rest is for choosing, and people wait.
                ends = ends or time.monotonic() + _CHOOSING
        except Exception as error:  # the pictures to come will show whether it lasts
            self._outbox.fail(_line(error))
        matting.reset()
        self._rest.forget()
        self.clock.seconds.clear()

    def _timed(self, matting: "Matting", taken: Numbered, level: int) -> float:
        """Seconds that the picture of `taken` takes at `level`, as one that follows itself."""
        if self._governor is not None and level != self._governor.level:
            self._governor.level = level
            self._obey()
        self._rest.forget()
        self._later += 1
        frame = taken.captured.frame
        frame = replace(frame, pts=frame.pts + self._later * _APART)
        started = time.perf_counter()
        self._made(matting, taken._replace(captured=replace(taken.captured, frame=frame)))
        return time.perf_counter() - started

    def _share(self) -> None:
        """Leave to other programs the cores that they use."""
        threads = self._neighbours.threads()
        if threads != used():
            leave_cores(available() - threads)
        if self._governor is not None and self._governor.share(time.monotonic(), threads):
            self._obey()
            self.changed.append(f"step {self._governor.level}: {self._governor.step}")

    def _try(self, matting: "Matting", taken: Numbered) -> None:
        self._share()
        started = time.perf_counter()
        try:
            self._outbox.put(self._made(matting, taken))
        except Exception as error:  # no picture without a matte, and the next one may succeed
            self._outbox.fail(_line(error))
            matting.reset()
            self._rest.forget()
            return
        seconds = time.perf_counter() - started
        self.clock.add(FRAME, seconds)
        self._govern(seconds)

    def _made(self, matting: "Matting", taken: Numbered) -> Ready:
        look = self._controls.look
        if look.mirror != self._mirrored:
            self._mirrored = look.mirror
            self._rest.forget()
            matting.reset()
        frame = self._effects.camera(taken.captured.frame, look)
        found = matting.finish(self._see(matting, frame, taken.number))
        matte = Matte(frame, found.alpha, found.foreground, found.kinds, found.colours, found.error)
        with self.clock.stage("effects"):
            picture = self._effects.render(matte, look)
        return Ready(picture, taken.captured.at, taken.number, frame, found.alpha)

    def _see(self, matting: "Matting", frame: Frame, number: int) -> "Seen":
        """Pass 1, or what it last found where the governor lets it rest."""
        every = 1 if self._governor is None else self._governor.step.every
        seconds = float(frame.seconds)
        kept = self._rest.coarse_of(frame, number, every)
        if kept is not None:
            return matting.see(frame, seconds, kept)
        seen = matting.see(frame, seconds)
        self._rest.keep(frame, number, seen.coarse, every)
        return seen

    def _govern(self, seconds: float) -> None:
        governor = self._governor
        if governor is None or not governor.note(time.monotonic(), seconds):
            return
        self._obey()
        self.changed.append(f"step {governor.level}: {governor.step}")

    def _obey(self) -> None:
        if self._governor is not None:
            step = self._governor.step
            self._follow(step)
            self._capture.canvas.share = step.share
            self._effects.plain = not step.effects


def _line(error: Exception) -> str:
    if isinstance(error, _KNOWN):
        return str(error)
    return f"the matte failed: {type(error).__name__}: {error}".splitlines()[0]
