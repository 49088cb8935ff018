"""How long the rows take at the sizes of video."""

import math
import statistics
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from benchmarks.rows import Row
from benchmarks.truths import Truth
from stream.frame import Frame

_SIZES = (720, 1280), (1080, 1920)
_COARSE = 256, 144
_MOST_RUNS, _MOST_SECONDS = 15, 5.0


def times(rows: Sequence[Row], truth: Truth) -> dict[str, dict[str, list[float]]]:
    """Median milliseconds to refine, and for the foreground, by lines and row; prints them too.

    The truth's picture is stretched to 720p and 1080p, its alpha shrunk to 256x144. The
    foreground's time is NaN where a row has none of its own.
    """
    coarse = np.asarray(cv2.resize(truth.alpha, _COARSE, interpolation=cv2.INTER_AREA), np.float32)
    found: dict[str, dict[str, list[float]]] = {}
    print(f"\n{'lines':8}{'row':20}{'refine':>10}{'foreground':>12}  ms, median")
    for height, width in _SIZES:
        frame = Frame.from_rgb(truth.frame.rgb(height, width))
        for row in (row for row in rows if row.see is None):
            foreground = row.refine(frame, coarse).foreground
            spent = [_median(lambda: row.refine(frame, coarse))]  # noqa: B023
            spent.append(_median(foreground) if foreground else math.nan)
            found.setdefault(str(height), {})[row.name] = spent
            print(f"{height:<8}{row.name:20}{spent[0]:10.2f}{spent[1]:12.2f}", flush=True)
    return found


def _median(run: Callable[[], object]) -> float:
    run()
    taken: list[float] = []
    while len(taken) < _MOST_RUNS and sum(taken) < _MOST_SECONDS * 1e3:
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)
