"""Times calls, beside a load that tells one machine, and one moment, from another."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

_WARM_UP = 4


def convolutions(half: bool) -> Callable[[int], object]:
    """Five 3x3 convolutions of 16 channels on 164,000 pixels, in bfloat16 or float32."""
    dtype = torch.bfloat16 if half else torch.float32
    flat = torch.zeros(48, 16, 58, 58, dtype=dtype)
    given = flat.contiguous(memory_format=torch.channels_last)
    kernel = torch.randn(16, 16, 3, 3, dtype=dtype).contiguous(memory_format=torch.channels_last)

    def run(_: int) -> object:
        with torch.inference_mode():
            found = given
            for _ in range(5):
                found = functional.relu(functional.conv2d(found, kernel, padding=1))
            return found

    return run


def timed(run: Callable[[int], object], frames: int, rounds: int) -> dict[str, float]:
    """Milliseconds that `run` takes, called with each frame's number in each round."""
    for number in range(min(_WARM_UP, frames)):
        run(number)
    spent = []
    for _ in range(rounds):
        for number in range(frames):
            started = time.perf_counter()
            run(number)
            spent.append((time.perf_counter() - started) * 1e3)
    return {
        "median": statistics.median(spent),
        "p95": float(np.percentile(spent, 95)),
        "best": min(spent),
    }
