"""What pass 1 alone costs a frame.

python -m benchmarks.bench_segmenter [--clip FILE] [--frames N] [--rounds N] [--rvm ONNX]
[--json PATH]

Prints the median, the 95th percentile and the least of milliseconds a frame of 1280x720: of one
look of the house's net at each size, of each segmenter and quality, and where its file
is there of Robust Video Matting. In the same run, as in benchmarks.bench_refiner, five bare
convolutions tell how fast the machine was just then.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import scaled_frames
from benchmarks.machine import machine
from benchmarks.peers import peer_rows
from benchmarks.rows import chosen
from benchmarks.yardstick import convolutions, timed
from kernels.types import Rgb
from models.person_runner import PersonRunner
from models.person_segmenter import WEIGHTS
from models.segmenter import QUALITIES, SEGMENTERS, open_segmenter
from stream.errors import UsageError
from stream.frame import Frame

_LINES = 720
_DT = 0.04
_SIZES = (144, 256), (192, 192), (256, 256)
Run = Callable[[int], object]


def main() -> None:
    """Measure and print the table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", help="a video; the demo's photograph by default")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rvm", type=Path, help="where RVM's .onnx file lies")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    frames = scaled_frames(options.clip, _LINES, options.frames)
    print(f"{'pass 1':28}{'median':>8}{'p95':>8}{'best':>8}")
    for name, run in _runs(frames, options.rvm).items():
        row: dict[str, Any] = {"row": name, **timed(run, len(frames), options.rounds)}
        rows.append(row)
        spent = "".join(f"{row[key]:8.1f}" for key in ("median", "p95", "best"))
        print(f"{name:28}{spent}", flush=True)
    if options.json:
        found = {"machine": machine(), "rows": rows}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _runs(frames: list[Frame], rvm: Path | None) -> dict[str, Run]:
    """What is timed, by name: a call on the frame of a number."""
    runs: dict[str, Run] = {}
    net = PersonRunner(WEIGHTS)
    for height, width in _SIZES:
        runs[f"one look, {width}x{height}"] = _look(net, frames, height, width)
    for name in SEGMENTERS:
        for quality in QUALITIES:
            runs[f"{name}, {quality}"] = _segment(name, quality, frames)
    try:
        runs["Robust Video Matting"] = _peer(frames, rvm)
    except (UsageError, ImportError) as error:
        print(f"without Robust Video Matting: {error}")
    return runs | {"5 convs": convolutions(False)}


def _look(net: PersonRunner, frames: list[Frame], height: int, width: int) -> Run:
    pictures: list[Rgb] = [np.ascontiguousarray(each.rgb(height, width)) for each in frames]
    _, memory = net(pictures[0])
    return lambda number: net(pictures[number], memory)


def _segment(name: str, quality: str, frames: list[Frame]) -> Run:
    segmenter = open_segmenter(name, quality)
    return lambda number: segmenter(frames[number], _DT if number else None)


def _peer(frames: list[Frame], path: Path | None) -> Run:
    see = chosen(peer_rows(path), ["rvm"])[0].open().see
    if see is None:
        raise UsageError("Robust Video Matting sees nothing")
    return lambda number: see(frames[number], _DT if number else None)


if __name__ == "__main__":
    main()
