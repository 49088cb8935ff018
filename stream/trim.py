"""Which part of a source is wanted."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Trim:
    """From `start` seconds for `duration` seconds (None: to the end).

    Raises ValueError on a negative start or a duration that is not positive.
    """

    start: Fraction = Fraction(0)
    duration: Fraction | None = None

    def __post_init__(self) -> None:
        if self.start < 0:
            raise ValueError(f"start must not be negative, got {float(self.start):g}")
        if self.duration is not None and self.duration <= 0:
            raise ValueError(f"duration must be positive, got {float(self.duration):g}")

    @property
    def end(self) -> Fraction | None:
        """Seconds at which it ends, None for the source's own end."""
        return None if self.duration is None else self.start + self.duration

    def after(self, beginning: Fraction) -> "Trim":
        """The same part on a clock that shows `beginning` at its first moment."""
        if self.start:
            return Trim(self.start + beginning, self.duration)
        return self if self.duration is None else Trim(self.start, self.duration + beginning)
