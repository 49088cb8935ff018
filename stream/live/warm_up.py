"""Works on the first picture for nothing, so that the first that leaves is not late."""

import threading
import time
from dataclasses import replace
from statistics import median

from kernels.threads import used
from stream.live.capture import Capture, Numbered
from stream.live.governor import STEPS, Governor
from stream.live.rehearsal import PARTS
from stream.live.work import Work
from stream.preparing import prepare

_TIMES = 4
"""Times that the first picture is worked on at each step of the governor's."""
_LONGEST = 1.5
"""Seconds, at most, that are spent on finding the step to begin with."""
_APART = 20_000
"""Microseconds between the times that the picture is given."""
_RESTED = max(step.every for step in STEPS)
"""Pictures of the camera's from one of these times to the next: so many that pass 1 never rests, as
it hardly will where somebody moves."""
_PATIENCE = 0.1


def warm_up(
    work: Work, capture: Capture, governor: Governor | None, stopping: threading.Event
) -> None:
    """Compile kernels, prepare nets, and have the governor begin where the time then fits.

    Waits for the camera's first picture; leaves early when `stopping` is set.
    """
    prepare(PARTS, stopping.is_set)
    if stopping.is_set():
        return
    work.rehearse(*capture.size)
    while (taken := capture.newest(-1, _PATIENCE)) is None:
        if stopping.is_set():
            return
    levels = 1 if governor is None else governor.levels
    ends, usual = None, dict[int, float]()
    for number in range(levels):
        if stopping.is_set():
            return
        # Where time is over and nothing fitted, the last step alone is left.
        is_over = ends is not None and time.monotonic() > ends
        level = levels - 1 if is_over else number
        if governor is not None:
            governor.level = level
            work.obey(governor.step)
        work.reset()  # what still runs beside is the last step's
        seconds = _times(work, taken, level)
        usual[level] = median(seconds[1:])
        # By the slowest: who begins low soon climbs, who begins high has late pictures meanwhile.
        if governor is None or is_over or governor.fits(max(seconds[1:])):
            break
        # Preparing is over with the first one; the rest is for choosing, and people wait.
        ends = ends or time.monotonic() - sum(seconds[1:]) + _LONGEST
    if governor is not None:
        governor.remember(time.monotonic(), used(), usual)


def _times(work: Work, taken: Numbered, level: int) -> list[float]:
    """Seconds that the picture takes, at least twice; the first time may prepare something."""
    seconds = [_timed(work, taken, level * _TIMES)]
    while len(seconds) < _TIMES and sum(seconds[1:]) < _LONGEST:
        seconds.append(_timed(work, taken, level * _TIMES + len(seconds)))
    return seconds


def _timed(work: Work, taken: Numbered, later: int) -> float:
    """Seconds that the picture of `taken` takes, as one that follows itself."""
    frame = taken.captured.frame
    frame = replace(frame, pts=frame.pts + later * _APART)
    again = Numbered(taken.number + later * _RESTED, replace(taken.captured, frame=frame))
    started = time.perf_counter()
    work.finish(work.see(again))
    return time.perf_counter() - started
