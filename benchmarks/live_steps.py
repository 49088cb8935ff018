"""What live's steps cost, and how near each stays to the best this program can do.

python -m benchmarks.live_steps CLIP... [--frames N] [--skip N] [--json PATH]

Plays some pictures of each clip in real time for each step of the governor's, as live would work on
them; the first clip a few times more before that, which is not counted. Prints how far its alphas
are from those of `--quality best`, which may look at each picture for as long as it likes (band MAD
x 1e3 and MAD outside the band x 1e3, as in benchmarks.metrics), and how long a picture took, median
and 99th percentile in milliseconds. Best is no truth: it tells what is lost by being fast, not what
both do wrong. Pictures that come too late are waited for, not dropped.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from benchmarks import metrics
from benchmarks.machine import machine
from kernels.types import Alpha
from models.clock import StageClock
from models.matting import Matting, open_matting
from stream.frame import Frame
from stream.live.governor import STEPS, Step
from stream.live.memory import keep_memory
from stream.live.normal import Normaliser
from stream.live.settings import SPIN, SPINS, LiveSettings
from stream.live.start import opener

_SETTLING = 5
"""Pictures of each clip that are not counted: nobody begins with them."""
_BEFORE = 3
"""Times that the first clip is played for nothing, while looks become as close as there is time."""


class Film(NamedTuple):
    """Pictures, seconds from one to the next, and the best alpha of each."""

    frames: list[Frame]
    step: float
    best: list[Alpha]


def main() -> None:
    """Measure and print the table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--skip", type=int, default=40, help="pictures of each clip to leave out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if SPIN not in os.environ:  # before numba's threads start, as live has it
        os.environ[SPIN] = SPINS
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.live_steps", *sys.argv[1:]])
    keep_memory()
    films = [_film(each, options.skip, options.frames) for each in options.clips]
    rows = []
    print(f"{'step':66}{'band':>8}{'outside':>9}{'ms':>8}{'p99':>7}")
    for number, step in enumerate(STEPS):
        row = {"step": number, "means": str(step), **_scores(step, films)}
        rows.append(row)
        name = f"{number} {step}"
        print(
            f"{name:66}{row['band']:8.1f}{row['outside']:9.2f}{row['median']:8.1f}{row['p99']:7.1f}",
            flush=True,
        )
    if options.json:
        found = {"machine": machine(), "clips": [each.name for each in options.clips], "rows": rows}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _film(path: Path, skip: int, count: int) -> Film:
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 25)
        decoded = list(itertools.islice(container.decode(video=0), skip, skip + count))
    size = decoded[0].height // 2 * 2, decoded[0].width // 2 * 2
    normal = Normaliser(size, is_webcam=False)
    frames = [normal(each, round(n / rate * 1e6)) for n, each in enumerate(decoded)]
    matting = open_matting(quality="best", smoothing=0)
    best = [matting(frame, float(frame.seconds)).alpha for frame in frames]
    return Film(frames, 1 / rate, best)


def _scores(step: Step, films: Sequence[Film]) -> dict[str, float]:
    taken, near, far = list[float](), list[float](), list[float]()
    matting, follow = opener(LiveSettings("", quality="auto"))(StageClock())
    follow(step)
    for _ in range(_BEFORE):
        list(_played(matting, films[0]))
    for film in films:
        counted = list(_played(matting, film))[_SETTLING:]
        taken += [seconds for seconds, _ in counted]
        truths = film.best[_SETTLING:]
        scores = [_off(found, best) for (_, found), best in zip(counted, truths, strict=True)]
        near.append(statistics.fmean(one for one, _ in scores))
        far.append(statistics.fmean(other for _, other in scores))
    return {
        "band": statistics.fmean(near),
        "outside": statistics.fmean(far),
        "median": statistics.median(taken) * 1e3,
        "p99": float(np.percentile(taken, 99)) * 1e3,
    }


def _off(found: Alpha, best: Alpha) -> tuple[float, float]:
    """How far off, in the band and outside; nothing where nobody is."""
    band = metrics.band(best)
    if not band.any():
        return 0.0, metrics.mad(found, best)
    return metrics.mad(found, best, band), metrics.mad(found, best, ~band)


def _played(matting: Matting, film: Film) -> Iterator[tuple[float, Alpha]]:
    """Seconds that each picture took, and its alpha."""
    matting(film.frames[0], 0.0)  # which may prepare something
    matting.reset()
    moment = time.monotonic()
    for frame in film.frames:
        time.sleep(max(0.0, moment - time.monotonic()))
        moment += film.step
        started = time.perf_counter()
        found = matting(frame, float(frame.seconds))
        yield time.perf_counter() - started, found.alpha


if __name__ == "__main__":
    main()
