"""What is done to one captured picture, in two halves that may run side by side."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.clock import StageClock
from models.picture import Box
from stream.frame import Frame, Matte
from stream.live.capture import Numbered
from stream.live.director import Ready
from stream.live.effects import Effects
from stream.live.governor import STEPS, Step
from stream.live.look import Controls, Look
from stream.live.rest import Rest
from stream.preparing import made_up

if TYPE_CHECKING:  # takes a second, and the first slate does not wait for it
    from models.matting import Matting, Seen

_SOON = 0.02
Opened = tuple["Matting", Callable[[Step], None]]
OpenMatting = Callable[[StageClock], Opened]


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A picture that pass 1 has seen. seconds: that this took."""

    taken: Numbered
    look: Look
    frame: Frame
    seen: "Seen"
    seconds: float


class Work:
    """Pass 1 in `see`; pass 2, time and effects in `finish`. Each belongs to one thread."""

    def __init__(self, open_matting: OpenMatting, controls: Controls, clock: StageClock) -> None:
        """open_matting: gives the matting, and what makes it follow a step. Raises as that does."""
        self._matting, self._follow = open_matting(clock)
        self._controls, self._clock = controls, clock
        self.effects = Effects()
        self._rest, self._every = Rest(), 1
        self._mirrored = False
        self._seeing = threading.Lock()

    def obey(self, step: Step) -> None:
        """Work as `step` says from the next picture on."""
        self._follow(step)
        self._every = step.every
        self.effects.plain = not step.effects

    def reset(self) -> None:
        """Forget all pictures: the next one starts a new shot."""
        with self._seeing:
            self._matting.reset()
            self._rest.forget()

    def see(self, taken: Numbered) -> Begun:
        """Pass 1 on a picture, or what it last found where it may rest."""
        started, look = time.perf_counter(), self._controls.look
        if look.mirror != self._mirrored:
            self._mirrored = look.mirror
            self.reset()
        with self._seeing:
            frame = self.effects.camera(taken.captured.frame, look)
            kept = self._rest.coarse_of(frame, taken.number, self._every)
            seen = self._matting.see(frame, float(frame.seconds), kept)
            if kept is None:
                self._rest.keep(frame, taken.number, seen.coarse, self._every)
        return Begun(taken, look, frame, seen, time.perf_counter() - started)

    def finish(self, begun: Begun) -> Ready:
        """The picture that may leave."""
        matte = self._matte(begun.frame, begun.seen)
        with self._clock.stage("effects"):
            picture = self.effects.render(matte, begun.look)
        number, captured = begun.taken
        return Ready(picture, captured.at, number, begun.frame, matte.alpha)

    def rehearse(self, height: int, width: int) -> None:
        """Compile what pictures of that size may need, at any step and with any look.

        So that no change holds anything up, nor anybody who comes into the picture.
        """
        frame, coarse = made_up(height, width)
        frame.rgb(4, 4, Box(2, 2, 8, 8))  # as pass 1 looks closer at a subject
        try:
            self._matting.see(frame, 0.0)
            self.reset()
            kinds = {step.pass2: step for step in STEPS}.values()
            for number, step in enumerate(kinds):
                self.obey(step)
                matte = self._matte(frame, self._matting.see(frame, number * _SOON, coarse))
            self.effects.warm_up(matte)
        finally:
            self.obey(STEPS[0])
            self.reset()

    def _matte(self, frame: Frame, seen: "Seen") -> Matte:
        found = self._matting.finish(seen)
        return Matte(frame, found.alpha, found.foreground, found.kinds, found.colours, found.error)

    def close(self) -> None:
        """Let go of the background; safe to call twice."""
        self.effects.close()
