"""What each output format costs a frame, and what it keeps.

python -m benchmarks.bench_encoders [--clip FILE] [--frames N] [--formats a,b] [--json PATH]

Prints, per format and encoder, the median and 95th percentile of milliseconds a frame that the
writing thread spends (packing, encoding, muxing), CPU milliseconds, kilobytes a frame, and how far
the alpha or picture read back is from what was sent.
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import RATE, scaled_clip
from benchmarks.machine import machine
from kernels.types import Alpha
from stream.formats import FORMATS, Format
from stream.frame import Frame
from stream.sinks import open_sink
from stream.source_info import SourceInfo
from stream.sources import open_source
from stream.verify import verify

HEIGHTS = (720, 1080)
WARM_UP = 3


def main() -> None:
    """Measure and print the table; write JSON where asked."""
    parser = argparse.ArgumentParser(description="cost of each output format")
    parser.add_argument("--clip")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for height in HEIGHTS:
            clip = scaled_clip(options.clip, height, options.frames, Path(name) / "in.mp4")
            for row in _rows(clip, options.formats.split(","), Path(name)):
                rows.append(row | {"height": height})
                print(_text(rows[-1]), flush=True)
    if options.json:
        result = {"machine": machine(), "rows": rows}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _rows(clip: Path, names: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    with open_source(str(clip)) as source:
        info, frames = source.info, list(source)
    for name in names:
        # Every encoder of a format, not the preferred one alone, so that the choice shows.
        for encoder in FORMATS[name].encoders:
            form = replace(FORMATS[name], encoders=(encoder,))
            yield _measure(form, info, frames, folder)


def _measure(form: Format, info: SourceInfo, frames: list[Frame], folder: Path) -> dict[str, Any]:
    out = folder / f"out{form.suffix}"
    alphas = [_alpha(number, info.height, info.width) for number in range(8)]
    laps: list[float] = []
    with open_sink(str(out), form, info, overwrite=True) as sink:
        used = time.process_time()
        for frame, alpha in zip(frames, itertools.cycle(alphas), strict=False):
            started = time.perf_counter()
            sink.write(frame, None if form.needs_background else alpha)
            laps.append((time.perf_counter() - started) * 1e3)
    used = time.process_time() - used
    files = [out] if out.is_file() else list(out.iterdir())
    steady = sorted(laps[WARM_UP:])
    return {
        "format": form.name,
        "encoder": form.encoders[0].name,
        "median_ms": statistics.median(steady),
        "p95_ms": steady[int(0.95 * (len(steady) - 1))],
        "cpu_ms": used * 1e3 / len(frames),
        "kb": sum(each.stat().st_size for each in files) / len(frames) / 1e3,
        "verdict": verify(sink.receipt).line,
    }


def _alpha(number: int, height: int, width: int) -> Alpha:
    """A soft-edged oval with a rough outline: costs an encoder about what a person's alpha does."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    roughness = np.random.default_rng(0).standard_normal((height, width), np.float32)
    distance = np.hypot((y - 0.6 * height) / 1.4, x - width / 2 - 4 * number)
    edge = (0.3 * height - distance) / (height / 80) + 0.5 * roughness
    alpha: Alpha = np.clip(edge + 0.5, 0, 1).astype(np.float32)
    return alpha


def _text(row: dict[str, Any]) -> str:
    return (
        f"{row['height']:5d} {row['format']:11s} {row['encoder']:11s} "
        f"median {row['median_ms']:6.1f} ms  p95 {row['p95_ms']:6.1f} ms  "
        f"cpu {row['cpu_ms']:6.1f} ms  {row['kb']:6.0f} kB  at {RATE} fps "
        f"{float(row['kb'] * 8 * Fraction(RATE) / 1000):5.0f} Mb/s  {row['verdict']}"
    )


if __name__ == "__main__":
    main()
