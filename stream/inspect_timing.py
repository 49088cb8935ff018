"""When a stream's pictures are shown: exact intervals, constant or variable."""

import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass(slots=True)
class Clock:
    """Times of a stream's packets as they are met, in units of its time_base."""

    pts: list[int] = field(default_factory=list)
    count: int = 0
    end: int | None = None

    def note(self, pts: int | None, duration: int | None) -> None:
        """Take one packet into account; packets without a time only count."""
        self.count += 1
        if pts is None:
            return
        self.pts.append(pts)
        end = pts + (duration or 0)
        self.end = end if self.end is None else max(self.end, end)

    def seconds(self, time_base: Fraction | None) -> float | None:
        """From the first packet's start to the last one's end; None when times are missing."""
        if not self.pts or self.end is None or time_base is None:
            return None
        return float((self.end - min(self.pts)) * time_base)


def timing(stream: Any, clock: Clock) -> dict[str, Any]:
    """Frame count, rate and exact intervals of a video stream.

    A stream counts as constant when its intervals differ by no more than its time_base rounds.
    """
    base = stream.time_base
    report: dict[str, Any] = {
        "frames": clock.count,
        "time_base": str(base) if base is not None else None,
        "duration": clock.seconds(base),
        "rate": str(stream.average_rate) if stream.average_rate else None,
        "rate_is": "unknown",
    }
    times = sorted(set(clock.pts))
    steps = sorted(b - a for a, b in itertools.pairwise(times))
    if not steps or base is None:
        return report
    mean = Fraction(times[-1] - times[0], len(steps)) * base
    report["rate_is"] = "constant" if _is_even(times) else "variable"
    report["rate_measured"] = round(float(1 / mean), 3) if mean else None
    intervals = (("min", steps[0]), ("median", steps[len(steps) // 2]), ("max", steps[-1]))
    report["interval"] = {name: str(step * base) for name, step in intervals}
    if len(times) < len(clock.pts):
        report["doubled_times"] = len(clock.pts) - len(times)
    return report


def _is_even(times: list[int]) -> bool:
    """Whether the times lie on a straight line to within one unit of rounding."""
    step = Fraction(times[-1] - times[0], len(times) - 1)
    return all(abs(times[0] + number * step - time) <= 1 for number, time in enumerate(times))
