"""How closely looks may look that run beside other work."""

from collections import deque
from statistics import median

SHARES = 1.0, 1.4, 1.96
"""Times the pixels of the quickest recipe's looks: the last is as close as the others look."""
_FEW, _MANY = 8, 256
"""Looks that must have been in time before a closer one, at first and at most: as often as that
was in vain, twice as many."""
_LATE = 5
"""Looks of which most must be too late for one that is less close."""


class Detail:
    """As closely as looks are over in time."""

    def __init__(self) -> None:
        self._level, self._wanted = 0, _FEW
        self._taken: deque[float] = deque(maxlen=_MANY)

    @property
    def share(self) -> float:
        """One of SHARES."""
        return SHARES[self._level]

    def note(self, seconds: float, most: float) -> None:
        """A look at this share took so many `seconds`, where there were `most`, above 0."""
        taken = self._taken
        taken.append(seconds / most)
        if self._level and len(taken) >= _LATE and median([*taken][-_LATE:]) > 1:
            self._wanted = min(2 * self._wanted, _MANY)
            self._go(-1)
        elif len(taken) >= self._wanted and self._level + 1 < len(SHARES):
            more = SHARES[self._level + 1] / self.share
            if max([*taken][-self._wanted :]) * more < 1:
                self._go(1)

    def _go(self, by: int) -> None:
        self._level += by
        self._taken.clear()
