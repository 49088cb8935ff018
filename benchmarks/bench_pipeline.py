"""Every stage of the whole job, beside a bare transcode of the same file in the same run.

python run.py bench [--sizes 360p,720p] [--clip FILE] [--quality Q] [--json F] [--plot F.png]
"""

import contextlib
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from benchmarks.clips import scaled_clip
from benchmarks.machine import machine
from stream.errors import UsageError
from stream.formats import FORMATS
from stream.job import DEPTH, Outcome, run
from stream.pipeline import prefetch
from stream.report import report_of
from stream.settings import Settings
from stream.sinks import open_sink
from stream.sources import open_source

STAGES = (
    "decode", "to rgb", "pass 1", "cuts", "pass 2", "time", "foreground", "composite", "encode",
)  # fmt: skip
WARM_UP = 8
MEMORY_HEIGHT = 720


def bench(options: Namespace) -> int:
    """Measure and print the table; write JSON and plot where asked. Returns 0."""
    heights = _heights(options.sizes)
    result: dict[str, Any] = {"machine": machine(), "quality": options.quality, "sizes": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for height in heights:
            clip = scaled_clip(options.clip, height, options.frames, folder / f"{height}.mp4")
            row = _measure(clip, height, options.quality, folder)
            result["sizes"].append(row)
            print(_text(row), flush=True)
        result["cold_start_s"] = _cold_start(folder, options)
        result["peak_memory_mib"] = _memory(folder, options)
    print(_closing(result))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        from benchmarks.plot_pipeline import plot

        plot(result, Path(options.plot))
    return 0


def _heights(text: str) -> list[int]:
    try:
        heights = [int(each.strip().removesuffix("p")) for each in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--sizes {text!r}: write heights such as 360p,720p") from error
    if not all(16 <= height <= 4320 and height % 2 == 0 for height in heights):
        raise UsageError(f"--sizes {text!r}: heights are even and lie between 16 and 4320")
    return heights


def _measure(clip: Path, height: int, quality: str, folder: Path) -> dict[str, Any]:
    """One size: warm up, then bare, cut-out, bare; the bare figure is the mean of both."""
    settings = Settings(str(clip), str(folder / "out.mp4"), quality=quality, overwrite=True)
    _cut(settings, WARM_UP)
    bare = [_bare(clip, folder)]
    used, wall = _cpu(), time.perf_counter()
    outcome = run(settings)
    cores = (_cpu() - used) / (time.perf_counter() - wall)
    bare.append(_bare(clip, folder))
    report = report_of(settings, outcome)
    fps = report["fps"]
    return {
        "height": height,
        "width": report["width"],
        "frames": report["frames"],
        "fps": fps,
        "bare_fps": statistics.mean(bare),
        "ratio": fps / statistics.mean(bare),
        "cores": cores,
        "stages_ms": report["stages_ms"],
        "waits_ms": report["waits_ms"],
    }


def _cut(settings: Settings, frames: int) -> Outcome:
    """The first `frames` frames alone, so that compiling and loading are not timed."""
    from threading import Event

    stop = Event()

    def watch(progress: Any) -> None:
        if progress.frames >= frames:
            stop.set()

    return run(settings, stop, watch)


def _bare(clip: Path, folder: Path) -> float:
    """Frames a second of decoding and encoding alone, with the same decoder, encoder, threads."""
    started = time.perf_counter()
    frames = 0
    with open_source(str(clip)) as source:
        sink = open_sink(
            str(folder / "bare.mp4"), FORMATS["mp4"], source.info, source.companions, True
        )
        with sink, contextlib.closing(prefetch(source, DEPTH)) as decoded:
            for frame in decoded:
                sink.write(frame, None)
                frames += 1
    return frames / (time.perf_counter() - started)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _child(clip: Path, folder: Path, quality: str, cache: Path | None) -> tuple[float, float]:
    """(seconds, peak MiB) of a cut-out of `clip` in a process of its own."""
    command = [sys.executable, "run.py", "cutout", str(clip), "-o", str(folder / "child.mp4")]
    command += ["--overwrite", "--quality", quality]
    environment = os.environ | ({"NUMBA_CACHE_DIR": str(cache)} if cache else {})
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[1]
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _peak_mib(process.pid))
        time.sleep(0.05)
    return time.perf_counter() - started, peak


def _peak_mib(process: int) -> float:
    """Peak resident MiB of `process` so far; 0 where /proc does not tell.

    Not ru_maxrss: a child starts with its parent's figure.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def _cold_start(folder: Path, options: Namespace) -> dict[str, float]:
    """Seconds from the command to a finished one-frame file: nothing compiled yet, and after."""
    clip = scaled_clip(options.clip, MEMORY_HEIGHT, 1, folder / "one.mp4")
    cache = folder / "compiled"
    first, _ = _child(clip, folder, options.quality, cache)
    second, _ = _child(clip, folder, options.quality, cache)
    return {"first": first, "second": second}


def _memory(folder: Path, options: Namespace) -> dict[str, float]:
    peaks = {}
    for frames in (100, options.long):
        if frames:
            clip = scaled_clip(options.clip, MEMORY_HEIGHT, frames, folder / f"{frames}.mp4")
            peaks[str(frames)] = _child(clip, folder, options.quality, None)[1]
            clip.unlink()
    return peaks


def _text(row: dict[str, Any]) -> str:
    lines = [
        f"{row['width']}x{row['height']}: {row['fps']:.1f} fps, bare transcode "
        f"{row['bare_fps']:.1f} fps, ratio {row['ratio']:.2f}, {row['cores']:.2f} cores",
        "  stage                       median     p99 ms",
    ]
    named = {name: row["stages_ms"][name] for name in STAGES if name in row["stages_ms"]}
    for name, times in (named | row["waits_ms"]).items():
        if times:
            lines.append(f"  {name:26} {times['median']:7.2f} {times['p99']:7.2f}")
    return "\n".join(lines)


def _closing(result: dict[str, Any]) -> str:
    cold, memory = result["cold_start_s"], result["peak_memory_mib"]
    peaks = ", ".join(f"{mib:.0f} MiB at {frames} frames" for frames, mib in memory.items())
    return (
        f"cold start to a finished frame: {cold['first']:.1f} s, then {cold['second']:.1f} s\n"
        f"peak memory at {MEMORY_HEIGHT}p: {peaks}"
    )
