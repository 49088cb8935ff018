"""What a finished run tells: a few lines for people, JSON for programs."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from stream.job import Outcome
from stream.settings import Settings

MANY = 5


def lines_of(outcome: Outcome) -> list[str]:
    """The lines printed at the end: warnings, what was written, whether it checked out."""
    lines = [f"warning: {line}" for line in outcome.warnings[:MANY]]
    if len(outcome.warnings) > MANY:
        lines.append(f"warning: and {len(outcome.warnings) - MANY} more like these")
    if outcome.truncated:
        lines.append(f"warning: the input is not whole: {outcome.truncated}")
    frames, seconds = outcome.progress.frames, outcome.seconds
    names = ", ".join(str(path) for path in outcome.paths)
    reached = float(outcome.progress.position)
    if outcome.interrupted:
        lines.append(f"interrupted after {frames} frames ({reached:.2f} s); kept in {names}")
    else:
        lines.append(f"{names}: {frames} frames in {seconds:.1f} s, {frames / seconds:.1f} fps")
    lines += [verdict.line for verdict in outcome.verdicts]
    return lines


def report_of(settings: Settings, outcome: Outcome) -> dict[str, Any]:
    """Everything about a run as plain JSON values; stage times in milliseconds a frame."""
    progress = outcome.progress
    info = progress.info
    return {
        "source": settings.source,
        "outputs": [str(path) for path in outcome.paths],
        "quality": settings.quality,
        "width": info.width,
        "height": info.height,
        "pixel_format": info.pixel_format.name,
        "colour": asdict(info.colour),
        "time_base": str(info.time_base),
        "frames": progress.frames,
        "last_frame_seconds": float(progress.position),
        "seconds": outcome.seconds,
        "fps": progress.frames / outcome.seconds,
        "stages_ms": {name: summary(spent) for name, spent in progress.clock.seconds.items()},
        "waits_ms": {
            "decode waits for pass 1": summary(progress.decoded.full),
            "pass 1 waits for decode": summary(progress.decoded.empty),
            "pass 1 waits for compute": summary(progress.seen.full),
            "compute waits for pass 1": summary(progress.seen.empty),
            "compute waits for encode": summary(progress.rendered.full),
            "encode waits for compute": summary(progress.rendered.empty),
        },
        "interrupted": outcome.interrupted,
        "truncated": outcome.truncated,
        "warnings": outcome.warnings,
        "checks": [{"ok": verdict.ok, "line": verdict.line} for verdict in outcome.verdicts],
    }


def summary(seconds: Iterable[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile of `seconds`, in milliseconds; empty for no samples."""
    ordered = sorted(1000 * each for each in seconds)
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {
        "median": statistics.median(ordered),
        "p95": ordered[round(0.95 * last)],
        "p99": ordered[round(0.99 * last)],
    }
