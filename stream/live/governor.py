"""Holds the time that a frame may take by giving up quality in small steps, and takes it back."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

Pass2 = Literal["learned", "classical"]


@dataclass(frozen=True, slots=True)
class Step:
    """A way to work. tiles: of the boundary band that pass 2 refines at most, None for all;
    looks: times its scout looks; pass2: its kind; every: pass 1 runs on each such picture;
    effects: whether costly ones are drawn; share: of the picture's sides that is worked on.
    """

    tiles: int | None = None
    looks: int = 2
    pass2: Pass2 = "learned"
    every: int = 1
    effects: bool = True
    share: float = 1.0

    def __str__(self) -> str:
        parts = [
            "all tiles" if self.tiles is None else f"{self.tiles} tiles",
            "" if self.looks > 1 else "one look",
            "" if self.pass2 == "learned" else "classical edges",
            "" if self.every == 1 else f"pass 1 on every {self.every}nd picture",
            "" if self.effects else "no light wrap",
            "" if self.share == 1 else f"{self.share:.0%} size",
        ]
        if self.pass2 == "classical":
            parts[0] = parts[1] = ""
        return ", ".join(part for part in parts if part)


_TILES = (None, 640, 480, 360, 270, 200, 150)
STEPS = (
    *(Step(tiles) for tiles in _TILES),
    Step(150, looks=1),
    Step(150, looks=1, every=2),
    Step(pass2="classical", every=2),
    Step(pass2="classical", every=2, effects=False),
    Step(pass2="classical", every=2, effects=False, share=0.75),
    Step(pass2="classical", every=2, effects=False, share=0.5),
)
"""From full quality down: tiles, looks, pass 1's rate, kind of pass 2, effects, size."""
_WINDOW = 12
"""Frames that a judgement is made of."""
_HIGH, _LOW = 0.95, 0.72
"""Shares of the target above which quality goes, and below which it may come back."""
_CALM = 2.0
"""Seconds that times must be low before a step up."""
_REGRET = 4.0
"""Seconds within which a step down after a step up means that the step up was one too many."""
_LONGEST = 60.0


class Governor:
    """Chooses the step. Knows the time from its caller alone."""

    def __init__(self, target: float) -> None:
        """target: seconds that a frame may take."""
        self._target = target
        self.level = 0
        self.changes = 0
        self._times: deque[float] = deque(maxlen=_WINDOW)
        self._calm_since: float | None = None
        self._raised_at = -_LONGEST
        self._patience = _CALM

    @property
    def levels(self) -> int:
        """How many steps there are."""
        return len(STEPS)

    def fits(self, seconds: float) -> bool:
        """Whether a frame that takes so long leaves some time over."""
        return seconds < _HIGH * self._target

    @property
    def step(self) -> Step:
        """The way to work now."""
        return STEPS[self.level]

    def note(self, now: float, seconds: float) -> bool:
        """Take in how long a frame took; whether the step changes. now: seconds of any clock."""
        self._times.append(seconds / self._target)
        if self._is_high():
            return self._change(now, 1)
        if len(self._times) < _WINDOW or max(self._times) > _LOW:
            self._calm_since = None
            return False
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since < self._patience:
            return False
        return self._change(now, -1)

    def _is_high(self) -> bool:
        """Whether two of the last few frames took too long, or one far too long."""
        recent = sorted(list(self._times)[-6:])
        return len(recent) >= 3 and (recent[-2] > _HIGH or recent[-1] > 2 * _HIGH)

    def _change(self, now: float, by: int) -> bool:
        level = min(max(self.level + by, 0), len(STEPS) - 1)
        self._times.clear()
        self._calm_since = None
        if level == self.level:
            return False
        if by < 0:
            self._raised_at = now
        elif now - self._raised_at < _REGRET:
            self._patience = min(2 * self._patience, _LONGEST)
        elif now - self._raised_at > 4 * self._patience:
            self._patience = _CALM
        self.level = level
        self.changes += 1
        return True
