"""How closely looks may look that run beside other work."""

from collections import deque
from statistics import median

DETAILS = 1.0, 1.4, 1.96
"""Times the pixels of looks by the recipe "fast"; the last are those of "balanced"."""
_FEW, _MANY = 8, 256
"""Looks after which there may be a closer one, at first and at most: as often as that was in vain,
twice as many, and half as many again after so many that changed nothing."""
_LATE = 5
"""Looks of which most must be too late for one that is less close."""


class Detail:
    """As closely as looks would be over in time."""

    def __init__(self) -> None:
        self._level, self._wanted = 0, _FEW
        self._taken: deque[float] = deque(maxlen=_MANY)

    @property
    def now(self) -> float:
        """One of DETAILS."""
        return DETAILS[self._level]

    def note(self, seconds: float, most: float) -> None:
        """A look of this detail took so many `seconds`, where there were `most`, above 0."""
        self._taken.append(seconds / most)
        if self._is_late():
            self._wanted = min(2 * self._wanted, _MANY)
            self._go(-1)
        elif self._is_early():
            self._go(1)
        elif len(self._taken) == _MANY:
            self._wanted = max(self._wanted // 2, _FEW)
            self._taken.clear()

    def _is_late(self) -> bool:
        last = [*self._taken][-_LATE:]
        return self._level > 0 and len(last) == _LATE and median(last) > 1

    def _is_early(self) -> bool:
        """Whether closer looks would have been in time, but for one of eight at most."""
        last = sorted([*self._taken][-self._wanted :])
        if self._level + 1 == len(DETAILS) or len(last) < self._wanted:
            return False
        more = DETAILS[self._level + 1] / self.now
        return last[-1 - self._wanted // _FEW] * more < 1

    def _go(self, by: int) -> None:
        self._level += by
        self._taken.clear()
