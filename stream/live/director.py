"""Decides what goes out and when: a new picture at once, else the last one, else a slate."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernels.types import Alpha
from stream.frame import Frame
from stream.live.status import State

STALL = 0.5
"""Seconds without a new picture after which the last one may stand no longer."""
_PICTURES = 2.5
_SLACK = 1.8
"""Frame times that are waited for a new picture before the last is sent again."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A finished picture: `picture` may leave, `camera` and its alpha may not.

    at: seconds of time.monotonic when it was captured; number: counts up.
    """

    picture: Frame
    at: float
    number: int
    camera: Frame | None = None
    alpha: Alpha | None = None


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the stages before.

    private: the operator wants a slate. camera_silent: seconds since the camera's last picture,
    None when there was none. trouble: what went wrong with the matte, or "".
    """

    private: bool = False
    camera_silent: float | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Send:
    """What is to leave now: `ready`, new or once more, or a slate when it is None."""

    state: State
    ready: Ready | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to leave before `seconds` have passed, unless a new picture comes."""

    seconds: float


class Director:
    """Keeps the rate steady for whoever watches. Knows the time from its caller alone."""

    def __init__(self, rate: float) -> None:
        """rate: frames a second."""
        self._period = 1 / rate
        # Slow cameras are not lost between two pictures.
        self._stall = max(STALL, _PICTURES / rate)
        self._sent_at = -np.inf
        self._state: State | None = None
        self._last: Ready | None = None
        self._last_at = -np.inf
        self._back_at: float | None = None

    def decide(self, now: float, ready: Ready | None, signs: Signs) -> Send | Wait:
        """What to send at `now`, in seconds; ready: the newest finished picture, if any."""
        is_new = ready is not None and (self._last is None or ready.number > self._last.number)
        if is_new:
            self._last, self._last_at = ready, now
        state = self._state_at(now, signs)
        if state == "live" and is_new:
            return self._sending(now, Send(state, ready, True))
        due = self._sent_at + self._period * (_SLACK if state == "live" else 1)
        if state == self._state and now < due:
            return Wait(min(due, self._last_at + self._stall if state == "live" else due) - now)
        return self._sending(now, Send(state, self._last if state == "live" else None))

    def _sending(self, now: float, send: Send) -> Send:
        self._sent_at, self._state = now, send.state
        return send

    def _state_at(self, now: float, signs: Signs) -> State:
        if signs.private:
            return "private"
        if now - self._last_at < self._stall:
            return "live"
        if signs.trouble:
            return "no matte"
        if signs.camera_silent is None or signs.camera_silent >= self._stall:
            self._back_at = None
            return "starting" if self._last is None else "camera lost"
        if self._last is None:
            return "starting"
        # A camera that has just come back is given the time that a matte takes.
        self._back_at = now if self._back_at is None else self._back_at
        was_lost = self._state == "camera lost" and now - self._back_at < self._stall
        return "camera lost" if was_lost else "no matte"


TITLES: dict[State, Literal["Starting", "Paused", "Camera lost", "One moment"]] = {
    "starting": "Starting",
    "private": "Paused",
    "camera lost": "Camera lost",
    "no matte": "One moment",
}
"""What slates say; why stays on the operator's side."""
