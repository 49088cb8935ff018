"""Shows how far a run has come: a live bar on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kernels.compiled import is_compiled
from stream.job import Progress as Run
from stream.preparing import PREPARING

PLAIN_INTERVAL = 5.0
"""Seconds between two plain lines."""
RECENT = 50
SHOWN = ("decode", "to rgb", "pass 1", "pass 2", "time", "foreground", "composite", "encode")


class Display:
    """A context manager whose `update` is given to stream.job.run; writes to standard error."""

    def __init__(self, source: str, out: str) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._label = f"{source} → {out}"
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._next_line = 0.0
        self._last_show = 0.0

    def update(self, run: Run) -> None:
        """Show `run`; cheap enough for every frame."""
        now = time.perf_counter()
        if run.frames == 0:
            if self._bar is None and not is_compiled():
                print(f"{self._label}: {PREPARING}", file=sys.stderr, flush=True)
        elif self._bar is not None:
            if now - self._last_show > 0.1:
                self._last_show = now
                self._show(self._bar, run)
        elif now >= self._next_line:
            self._next_line = now + PLAIN_INTERVAL
            print(plain_line(run), file=sys.stderr, flush=True)

    def _show(self, bar: Progress, run: Run) -> None:
        if self._task is None:
            return
        bar.update(
            self._task, completed=run.frames, total=run.info.frames, description=self._label,
            detail=f"{rate(run):.1f} fps  {stages(run)}",
        )  # fmt: skip

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False), BarColumn(bar_width=20),
                TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
                TimeRemainingColumn(), TextColumn("{task.fields[detail]}"), console=self._console,
            )  # fmt: skip
            self._bar.start()
            what = self._label if is_compiled() else PREPARING
            self._task = self._bar.add_task(what, total=None, detail="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def rate(run: Run) -> float:
    """Frames a second since the run began."""
    return run.frames / max(time.perf_counter() - run.started, 1e-9)


def stages(run: Run) -> str:
    """Mean milliseconds of the last frames, stage by stage."""
    parts = []
    for name in SHOWN:
        recent = list(run.clock.seconds.get(name, ()))[-RECENT:]
        if recent:
            parts.append(f"{name} {1000 * sum(recent) / len(recent):.0f}")
    return ", ".join(parts) + " ms"


def plain_line(run: Run) -> str:
    """One line for a log: frames, rate, time left, stages."""
    total, speed = run.info.frames, rate(run)
    if not total:
        return f"{run.frames} frames, {speed:.1f} fps; {stages(run)}"
    left = max(0, total - run.frames) / speed
    share = 100 * run.frames / total
    done = f"{run.frames}/{total} frames ({share:.0f} %)"
    return f"{done}, {speed:.1f} fps, {left:.0f} s left; {stages(run)}"
