"""One live session: a camera, who computes, who decides, and where it all goes."""

import contextlib
import statistics
import time
from collections.abc import Callable
from threading import Event

from kernels.types import Planes
from models.clock import StageClock
from stream.live.capture import Capture
from stream.live.compute import Compute
from stream.live.director import TITLES, Director, Ready, Send, Signs, Wait
from stream.live.governor import Governor
from stream.live.look import Controls
from stream.live.normal import live_frame
from stream.live.outbox import Outbox
from stream.live.outlets import Outlet
from stream.live.plan import Plan
from stream.live.preview import Preview, Shown
from stream.live.slate import slate
from stream.live.status import State, Status
from stream.live.tally import Tally

_LOOK_AROUND = 0.05
"""Seconds after which things are looked at again, whatever happens."""
_STAGE_FRAMES = 60
Say = Callable[[str], None]


class Session:
    """Sends at a steady rate until it is stopped, whatever becomes of camera and computing.

    Give it what it joins; `run` is the sending thread.
    """

    def __init__(
        self, capture: Capture, compute: Compute, outbox: Outbox, outlets: list[Outlet],
        controls: Controls, governor: Governor | None, rate: float, camera: str = "",
    ) -> None:  # fmt: skip
        """outlets: the one that matters first; all take the capture's size.

        rate: frames a second; camera: its name.
        """
        self._capture, self._compute, self._outbox = capture, compute, outbox
        self._outlets, self._controls, self._governor = outlets, controls, governor
        self._rate, self.camera = rate, camera
        self._director, self.tally = Director(rate), Tally(rate)
        self.preview = Preview()
        self._state: State = "starting"
        self._number = 0
        self._has_begun = False
        self._told_of: dict[str, str] = {}

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what is sent."""
        return self._capture.size

    @property
    def clock(self) -> StageClock:
        """How long each stage takes."""
        return self._compute.clock

    @property
    def is_well(self) -> bool:
        """Whether every outlet did what it was asked to."""
        return not any(outlet.trouble for outlet in self._outlets)

    def go_over(self, plan: Plan) -> None:
        """Read another camera from now on; what is sent keeps its size and rate."""
        self.camera = plan.name
        self._capture.reopen(plan.open)

    def run(self, stop: Event, say: Say = print) -> None:
        """Send until `stop` is set. say: told in a line what changes.

        Raises SinkError when an outlet fails.
        """
        try:
            self._has_begun = True
            self._compute.start()
            while not stop.is_set():
                self._turn(say)
        finally:
            self.close()
            self._tell(say)

    def status(self) -> Status:
        """How things stand; for any thread."""
        capture, tally, governor = self._capture, self.tally, self._governor
        stages = {
            name: round(statistics.median(list(seconds)[-_STAGE_FRAMES:]) * 1e3, 2)
            for name, seconds in list(self.clock.seconds.items())
            if seconds
        }
        return Status(
            state=self._state, message=self._message(), camera=self.camera,
            size=capture.size, rate=self._rate, fps=round(tally.fps, 1),
            latency=round(tally.latency(50), 1), latency_99=round(tally.latency(99), 1),
            captured=capture.captured, sent=tally.sent, dropped=capture.dropped, late=tally.late,
            repeated=tally.repeated, stages=stages,
            step=governor.level if governor else 0,
            step_means=str(governor.step) if governor else "",
            processor=round(tally.processor(), 2),
            outputs=tuple(outlet.name for outlet in self._outlets),
        )  # fmt: skip

    def _turn(self, say: Say) -> None:
        self._capture.look_after()
        self._tell(say)
        now, ready = time.monotonic(), self._outbox.ready
        decision = self._director.decide(now, ready, self._signs())
        if isinstance(decision, Wait):
            self._outbox.wait(ready, min(decision.seconds, _LOOK_AROUND))
            return
        self._send(decision)
        if decision.state != self._state:
            self._state = decision.state
            say(self._told())

    def _tell(self, say: Say) -> None:
        """Say what became of the camera and of the governor's step."""
        while self._capture.changed:
            say(f"camera: {self._capture.changed.pop(0)}")
        troubles = {"background": self._compute.trouble}
        troubles |= {outlet.name: outlet.trouble for outlet in self._outlets}
        for name, line in troubles.items():
            if line and line != self._told_of.get(name):
                say(line)
        self._told_of = troubles
        while self._compute.changed:
            say(self._compute.changed.pop(0))

    def _signs(self) -> Signs:
        look = self._controls.look
        return Signs(look.private, self._capture.silent_for, self._outbox.trouble)

    def _send(self, send: Send) -> None:
        ready = send.ready
        planes = self._slate(send.state) if ready is None else ready.picture.planes
        for outlet in self._outlets:
            outlet.send(planes)
        self._count(send)
        if self.preview.wanted:
            self._number += 1
            self.preview.show(_shown(ready, planes, self._number))

    def _count(self, send: Send) -> None:
        now, ready = time.monotonic(), send.ready
        if ready is None:
            self.tally.note_slate(now)
        else:
            self.tally.note(now, ready.at if send.is_new else None)

    def _slate(self, state: State) -> Planes:
        return slate(*self._capture.size, TITLES[state])

    def _message(self) -> str:
        if self._state == "camera lost" or (self._state == "starting" and self._capture.trouble):
            return self._capture.trouble or "the camera sends nothing"
        return self._outbox.trouble or self._compute.trouble

    def _told(self) -> str:
        message = self._message()
        return f"{self._state}: {message}" if message else self._state

    def close(self) -> None:
        """Close everything, the outlets last, whatever happens; a second call does nothing.

        What consumers see to the end is a slate.
        """
        if self._state == "stopped":
            return
        self._state = "stopped"
        with contextlib.ExitStack() as stack:
            for outlet in reversed(self._outlets):
                stack.callback(outlet.close)
            stack.callback(self._compute.close)
            stack.callback(self._capture.close)
            with contextlib.suppress(Exception):
                for outlet in self._outlets if self._has_begun else []:
                    outlet.send(self._slate("private"))


def _shown(ready: Ready | None, planes: Planes, number: int) -> Shown:
    if ready is None:
        return Shown(None, None, live_frame(planes, 0), number)
    return Shown(ready.camera, ready.alpha, ready.picture, number)
