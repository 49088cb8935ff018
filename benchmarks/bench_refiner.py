"""What pass 2 alone costs a frame, behind pass 1's own coarse alphas.

python -m benchmarks.bench_refiner [--clip FILE] [--frames N] [--rounds N] [--json PATH]

Prints, per size and refiner, the median and 95th percentile of milliseconds a frame, the share of
the picture in the boundary band, and, in the same run, what a bare stack of five 3x3 convolutions
of 16 channels on 164,000 pixels takes: machines, and moments on shared ones, differ by more than
refiners do.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import scaled_frames
from benchmarks.machine import machine
from benchmarks.yardstick import convolutions, timed
from kernels.band import BAND
from kernels.types import Alpha
from models.learned_refiner import open_learned
from models.refined import LEARNED, Refiner
from models.refiner import ClassicalRefiner
from models.segmenter import open_segmenter
from stream.frame import Frame

HEIGHTS = (720, 1080)
Seen = list[tuple[Frame, Alpha]]


def main() -> None:
    """Measure and print the table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", help="a video; the demo's photograph by default")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "rows": []}
    print(f"{'lines':>6} {'refiner':18}{'median':>8}{'p95':>8}{'best':>8}  band")
    for height in HEIGHTS:
        seen = _seen(options.clip, height, options.frames)
        band = _band(seen)
        for name, run in _runs(seen).items():
            row = {"lines": height, "refiner": name, **timed(run, len(seen), options.rounds)}
            row["band"] = band if name.startswith("balanced") else None
            result["rows"].append(row)
            print(_line(row), flush=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _line(row: dict[str, Any]) -> str:
    spent = "".join(f"{row[key]:8.1f}" for key in ("median", "p95", "best"))
    band = "" if row["band"] is None else f"{row['band']:6.1%}"
    return f"{row['lines']:>6} {row['refiner']:18}{spent}{band}"


def _seen(clip: str | None, height: int, frames: int) -> Seen:
    """Frames of `clip` at `height` lines, and pass 1's coarse alpha of each."""
    segmenter = open_segmenter("hairline", "balanced")
    return [(frame, segmenter(frame, 0.04)) for frame in scaled_frames(clip, height, frames)]


def _runs(seen: Seen) -> dict[str, Callable[[int], object]]:
    """What is timed, by name: a call on the frame of a number."""
    refiners: dict[str, Refiner] = {"fast": ClassicalRefiner("fast")}
    kinds = {"bf16": True, "fp32": False}
    for name, half in kinds.items():
        for quality in LEARNED:
            refiners[f"{quality} {name}"] = open_learned(quality, half=half)
    runs = {name: _refine(refiner, seen) for name, refiner in refiners.items()}
    return runs | {f"5 convs {name}": convolutions(half) for name, half in kinds.items()}


def _refine(refiner: Refiner, seen: Seen) -> Callable[[int], object]:
    return lambda number: refiner(*seen[number])


def _band(seen: Seen) -> float:
    """Share of the picture's tiles that the learned refiner looks at closely."""
    refiner = open_learned("balanced")
    return float(np.mean([np.mean(refiner(*each).kinds == BAND) for each in seen]))


if __name__ == "__main__":
    main()
