"""How well a live session holds a camera's rate, beside a bare pass-through.

python -m benchmarks.bench_live [--clip FILE] [--seconds S] [--segmenter S] [--load] [--json PATH]

A clip played in real time, forwards and backwards, is the camera; the outlet copies each picture
as a virtual camera does. Prints, per size: frames a second, the time a frame takes and the latency
from capture to send (median and 99th percentile), frames dropped and late, cores used, and where
the governor stood; and the same for pictures passed through untouched. --load: a second process
keeps one core busy during the second third; which share of the frames took longer than there is
time is then told of the load but for its first two seconds, and of what is five seconds after it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import scaled_clip
from benchmarks.machine import machine
from kernels.types import Planes
from models.segmenter import DEFAULT_SEGMENTER
from stream.live.capture import Capture
from stream.live.compute import FRAME
from stream.live.look import Controls, Look
from stream.live.memory import keep_memory
from stream.live.outlets import Packed
from stream.live.plan import plan_for
from stream.live.session import Session
from stream.live.settings import SPIN, SPINS, LiveSettings
from stream.live.start import open_session
from stream.live.tally import Tally

HEIGHTS = (720, 1080)
RATE = 30
_FRAMES = 300
_SETTLING = 3.0
"""Seconds after the first good picture that are not counted."""
_BUSY = "while True: pass"
_NOTICING, _RECOVERING = 2.0, 5.0
"""Seconds of a load, and after it, that are not asked about."""


class Copying:
    """Does with pictures what a virtual camera does: copies them into one buffer."""

    name, trouble = "copy", ""

    def __init__(self, height: int, width: int) -> None:
        self._packed = Packed(height, width)

    def send(self, planes: Planes) -> None:
        """See Outlet."""
        self._packed(planes)

    def close(self) -> None:
        """Nothing to give back."""


def main() -> None:
    """Measure and print; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", help="a video; the demo's photograph by default")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--heights", type=int, nargs="*", default=list(HEIGHTS))
    parser.add_argument("--quality", default="auto")
    parser.add_argument("--segmenter", default=DEFAULT_SEGMENTER)
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if SPIN not in os.environ:  # what the command line sets is read when libraries load
        os.environ[SPIN] = SPINS
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.bench_live", *sys.argv[1:]])
    keep_memory()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for height in options.heights:
            path = Path(folder) / f"{height}.mp4"
            clip = str(scaled_clip(options.clip, height, _FRAMES, path, RATE, to_and_fro=True))
            for what, measure in (("pass-through", _bare), ("live", _live)):
                rows.append({"lines": height, "what": what, **measure(clip, options)})
                print(_line(rows[-1]), flush=True)
    if options.json:
        text = json.dumps({"machine": machine(), "rows": rows}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


def _bare(clip: str, options: argparse.Namespace) -> dict[str, Any]:
    """The camera's pictures copied to the outlet as they come."""
    plan = plan_for(clip, None, None)
    capture, outlet = Capture(plan.open, plan.size), Copying(*plan.size)
    tally = Tally(RATE)
    number, end = -1, time.monotonic() + min(options.seconds, 10)
    tally.processor()
    while time.monotonic() < end:
        taken = capture.newest(number, 0.1)
        if taken is not None:
            number = taken.number
            outlet.send(taken.captured.frame.planes)
            tally.note(time.monotonic(), taken.captured.at)
    row = _figures(tally, tally.processor(), []) | {"dropped": capture.dropped}
    capture.close()
    return row


def _live(clip: str, options: argparse.Namespace) -> dict[str, Any]:
    plan = plan_for(clip, None, None)
    settings = LiveSettings(
        clip, quality=options.quality, segmenter=options.segmenter, look=Look(background="#203040")
    )
    session = open_session(settings, plan, [Copying(*plan.size)], Controls(settings.look))
    stop, said = threading.Event(), list[str]()
    row: dict[str, Any] = {}
    watcher = threading.Thread(target=_watch, args=(session, options, stop, row))
    watcher.start()
    session.run(stop, said.append)
    watcher.join()
    row["steps"] = said
    return row


def _watch(
    session: Session, options: argparse.Namespace, stop: threading.Event, row: dict[str, Any]
) -> None:
    """Count from when things have settled, put a load on where asked, then stop."""
    began = time.monotonic()
    while session.tally.sent == 0:
        time.sleep(0.005)
    first = time.monotonic() - began
    time.sleep(_SETTLING)
    tally = session.tally
    tally.start_over()
    session.clock.seconds.clear()
    dropped = session.status().dropped
    tally.processor()
    third = options.seconds / 3
    time.sleep(third)
    if options.load:
        row |= _loaded(session, third)
    else:
        time.sleep(2 * third)
    row.update(_figures(tally, tally.processor(), session.clock.seconds[FRAME]))
    status = session.status()
    row["dropped"] = status.dropped - dropped
    row |= {
        "first picture": round(first, 2),
        "step": status.step,
        "means": status.step_means,
        "stages": status.stages,
    }
    stop.set()


def _loaded(session: Session, seconds: float) -> dict[str, Any]:
    """Keep a core busy for some seconds and let it be for as many; shares of slow frames."""
    busy = subprocess.Popen([sys.executable, "-c", _BUSY])
    try:
        under = _waited(session, _NOTICING, seconds)
    finally:
        busy.kill()
        busy.wait()
    return {"slow under load": under, "slow after load": _waited(session, _RECOVERING, seconds)}


def _waited(session: Session, before: float, seconds: float) -> float | None:
    """Wait for some seconds; the share of slow frames but for the time `before`."""
    time.sleep(min(before, seconds))
    first = len(session.clock.seconds[FRAME])
    time.sleep(max(seconds - before, 0))
    return _slow([*session.clock.seconds[FRAME]][first:])


def _slow(frames: Sequence[float]) -> float | None:
    """Share of frames that took longer than there is time; None where there are none."""
    return round(float((np.array(frames) > 1 / RATE).mean()), 4) if frames else None


def _figures(tally: Tally, cores: float, frames: Sequence[float]) -> dict[str, Any]:
    latencies, times = np.array(tally.all) * 1e3, np.array(frames or [0.0]) * 1e3
    return {
        "sent": tally.sent, "fps": round(tally.fps, 2), "cores": round(cores, 2),
        "late": tally.late, "late share": _slow(frames),
        "latency p50": round(float(np.percentile(latencies, 50)), 1),
        "latency p99": round(float(np.percentile(latencies, 99)), 1),
        "frame p50": round(float(np.percentile(times, 50)), 1),
        "frame p99": round(float(np.percentile(times, 99)), 1),
    }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    text = (
        f"{row['lines']:>5} {row['what']:13} {row['fps']:5.1f} fps, frame {row['frame p50']:.1f}/"
        f"{row['frame p99']:.1f} ms, latency {row['latency p50']:.1f}/{row['latency p99']:.1f} ms, "
        f"{row['dropped']} dropped, {row['late']} late of {row['sent']}, {row['cores']:.2f} cores"
    )
    if "step" in row:
        text += f", step {row['step']} ({row['means']}), first picture {row['first picture']} s"
    for name in ("slow under load", "slow after load"):
        if row.get(name) is not None:
            text += f", {name} {row[name]:.1%}"
    return text


if __name__ == "__main__":
    main()
