"""Holds the time that a frame may take by giving up quality in small steps, and takes it back."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from models.detail import DETAILS

if TYPE_CHECKING:
    from models.stepped_refiner import Kind


@dataclass(frozen=True, slots=True)
class Step:
    """A way to work.

    pass2: its kind. tiles: share of the boundary band that the learned one refines. every: pass 1
    runs at least on each such picture. beside: pictures from one of its looks beside other work to
    the next (see models.following), 0 for looks here and now. glances: whether these take in a
    third of the pixels. detail: times the pixels of looks here and now. effects: whether costly
    ones are drawn. most: share of the target that most frames may take, at it before the start and
    at the step below it later, for a step up to it; where more of them take more, at it, fewer
    late ones end it.
    """

    pass2: "Kind" = "learned"
    tiles: float = 1.0
    every: int = 1
    beside: int = 0
    glances: bool = False
    detail: float = 1.0
    effects: bool = True
    most: float = 0.65

    def __str__(self) -> str:
        tiles = "" if self.tiles == 1 else f" in {self.tiles:.0%} of the tiles"
        parts = [
            f"{_EDGES[self.pass2]}{tiles}",
            f"pass 1 follows motion for {self.beside} pictures" if self.beside else "",
            "after glances" if self.glances else "",
            "" if self.every == 1 else "pass 1 rests where nothing moves",
            "" if self.effects else "no light wrap",
        ]
        return ", ".join(part for part in parts if part)


_EDGES = {
    "learned": "learned edges", "fine": "fast edges on finer cells", "fast": "fast edges",
}  # fmt: skip
STEPS = (
    Step(detail=DETAILS[-1]),
    Step("learned", 0.5, beside=2, most=0.75),
    Step("fine", every=2, most=0.75),
    Step("fast", every=2, most=0.75),
    Step("fine", beside=2),
    Step("fast", beside=2, most=0.8),
    Step("fast", beside=2, effects=False, most=0.8),
    Step("fast", beside=4, effects=False, most=0.8),
    Step("fast", beside=4, glances=True, effects=False, most=0.8),
)
"""From full quality down: kind of pass 2, pass 1's rate and detail, share of tiles, effects.

After the first step pass 1 follows motion. That makes room for nets, which show more of hair than
edges by colour; and since nobody waits for its looks, they may be as close as at the first step,
where processors are fast (models.detail). Where nets take too long all the same, pass 1 looks at
each picture again, for where looks take long, following loses more. Then it follows as well. It
does so by whole looks: on a third of their pixels, which took as long as following does, alphas
were up to twice as far from the best (see benchmarks.live_steps, which measures these steps). That
is left to machines whose cores others want as well: there looks hold up pictures even from beside,
and a third as many were late.

On half of the tiles, those expected to be most wrong, earlier nets mended nearly as much (on other
frames 54.7 instead of 54.4 where "fast" left 57.5). Light nets, one on cells of 4 pixels and one
for each pixel alone, were tried as well: they took longer than "fine" and were no nearer.

One frame of a hundred takes half as long again as most, so most take two thirds of the time there
is where that one shall be in time, at the steps that lose little. The others may take more: late
pictures show less than what they lose, and a step may be no dearer than the one below it.

A matte made on a smaller picture was tried too: pass 2 costs nearly the same there, and enlarging
takes what the rest saves."""
_WINDOW, _RECENT = 45, 10
"""Frames that a judgement is made of, and those of them that are enough where most are slow."""
_MOST, _SPIKES = 8, 9
"""Slow frames among these that are too many. Fewer are the machine's own, at any step, and a
picture that is a little late shows less than edges that come and go."""
_TRIAL, _TRIAL_SPIKES = 3.0, 4
"""Seconds that a step is on trial for, and slow frames of the window that end it then, or where
most frames take more than they may at it: there slow ones come again and again."""
_HIGH = 1.0
"""Share of the target above which a frame is slow."""
_CALM = 1.0
"""Seconds that times must be low before a step up."""
_REGRET = 20.0
"""Seconds within which a step down after a step up means that the step up was one too many."""
_LONGEST = 60.0
"""Seconds of calm that are asked for at most. Edges that change every few seconds show more than
edges that stay a little worse."""
_REMEMBERED = 300.0
"""Seconds for which it is remembered how many times as long frames took at a step that was tried in
vain: it is not tried again where that many times as long would be too long."""
_BLAME = 3.0
"""Seconds before threads are lost in which whatever took them made frames slow, not the step."""


class Governor:
    """Chooses the step. Knows the time from its caller alone."""

    def __init__(self, target: float) -> None:
        """target: seconds that a frame may take."""
        self._target = target
        self.level = 0
        self.changes = 0
        self._times: deque[float] = deque(maxlen=_WINDOW)
        self._threads = self._most = 0
        self._since = self._raised_at = -_LONGEST
        # What fitted, as (threads, level); the one that was left last, and when.
        self._proved: set[tuple[int, int]] = set()
        self._left: tuple[tuple[int, int], float] | None = None
        self._calm_since: float | None = None
        self._patience: dict[int, float] = {}
        # The median before the last step up, and at one that fewer threads were too few for;
        # whether the step is still the one of other threads; how much dearer what was tried in
        # vain was, and when.
        self._below = self._above = 0.0
        self._is_others = False
        self._dearer: dict[tuple[int, int], tuple[float, float]] = {}

    @property
    def levels(self) -> int:
        """How many steps there are just now; the last one where cores are left to others alone."""
        return len(STEPS) - (self._threads == self._most)

    def fits(self, seconds: float) -> bool:
        """Whether a frame that takes so long at this step leaves some time over."""
        return seconds < self.step.most * self._target

    @property
    def step(self) -> Step:
        """The way to work now."""
        return STEPS[self.level]

    def remember(self, now: float, threads: int, seconds: Mapping[int, float]) -> None:
        """How long a frame took at some levels, with so many threads, before any was noted."""
        for level, taken in seconds.items():
            if level + 1 in seconds:
                self._dearer[threads, level] = taken / seconds[level + 1], now

    def share(self, now: float, threads: int) -> bool:
        """Go by `threads` being there to work with; whether the step changes.

        The step is then the best one that proved to fit with so many.
        """
        if threads == self._threads:
            return False
        if threads < self._threads and self._left and now - self._left[1] < _BLAME:
            self._proved.add(self._left[0])
        # Nor is this step the one that was gone up to.
        self._threads, self._left, self._below, self._above = threads, None, 0.0, 0.0
        self._most = max(self._most, threads)
        proved = [level for count, level in self._proved if count == threads]
        self._is_others = not proved and threads < self._most
        return self._go(now, min(proved, default=self.level))

    def note(self, now: float, seconds: float) -> bool:
        """Take in how long a frame took; whether the step changes. now: seconds of any clock."""
        self._times.append(seconds / self._target)
        if len(self._times) < _RECENT:
            return False
        here = self._threads, self.level
        if self._is_high(now):
            if here in self._proved and self.level + 1 < self.levels:
                self._proved.remove(here)
                self._left = here, now
            above = median(self._times)
            has_changed = self._change(now, 1)
            self._above = above if has_changed and self._is_others else 0.0
            return has_changed
        if now - self._since > _TRIAL:
            self._proved.add(here)
            self._is_others = False
        if self._above:
            self._dearer[self._threads, self.level - 1] = self._above / median(self._times), now
            self._above = 0.0
        usual = _usual(self._times)
        if self.level == 0 or usual > self._low or self._is_too_dear(now, usual):
            self._calm_since = None
            return False
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since < self._patience.get(self._threads, _CALM):
            return False
        self._below = median(self._times)
        return self._change(now, -1)

    @property
    def _low(self) -> float:
        """The share below which most frames must be for a step up."""
        above = self.level - 1
        return _HIGH if (self._threads, above) in self._proved else STEPS[above].most

    def _is_too_dear(self, now: float, usual: float) -> bool:
        """Whether frames would be too slow at the next step up, by what they were there before."""
        above = self._threads, self.level - 1
        times, at = self._dearer.get(above, (0.0, now))
        return above not in self._proved and now - at < _REMEMBERED and usual * times > self._low

    def _is_high(self, now: float) -> bool:
        """Whether most of the last few frames were slow, or too many of the window."""
        slow = [share > _HIGH for share in self._times]
        is_tight = _usual(self._times) > self.step.most
        is_tried = now - self._raised_at < _TRIAL
        spikes = _TRIAL_SPIKES if is_tight or is_tried else _SPIKES
        return sum(slow[-_RECENT:]) >= _MOST or sum(slow) >= spikes

    def _change(self, now: float, by: int) -> bool:
        patience = self._patience.get(self._threads, _CALM)
        if by < 0:
            self._raised_at = now
        elif now - self._raised_at < _REGRET:
            self._patience[self._threads] = min(2 * patience, _LONGEST)
            if self._below:
                times = median(self._times) / self._below  # which a few slow frames do not move
                self._dearer[self._threads, self.level] = times, now
                self._below = 0.0
        elif now - self._raised_at > 4 * patience:
            self._patience[self._threads] = _CALM
        return self._go(now, self.level + by)

    def _go(self, now: float, level: int) -> bool:
        level = min(max(level, 0), self.levels - 1)
        self._times.clear()
        self._calm_since, self._since = None, now
        if level == self.level:
            return False
        self.level = level
        self.changes += 1
        return True


def _usual(times: Iterable[float]) -> float:
    """What three of four do not exceed."""
    ordered = sorted(times)
    return ordered[(len(ordered) - 1) * 3 // 4]
