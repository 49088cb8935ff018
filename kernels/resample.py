"""Where samples of a scaled and moved picture come from, along one axis."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Move:
    """How a picture is scaled and moved.

    scale: of its sides. anchor: the point that scaling leaves where it is; offset: how far
    everything moves then. Both in luma pixels, down and right.
    """

    scale: float
    anchor: tuple[float, float]
    offset: tuple[float, float]

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise ValueError(f"scale must be positive and finite, got {self.scale}")
        if not all(math.isfinite(value) for value in (*self.anchor, *self.offset)):
            raise ValueError(f"anchor {self.anchor} and offset {self.offset} must be finite")


class Origins(NamedTuple):
    """For each sample along an axis: which samples it is made of, and how much of it.

    first: (n,) int64; weights: (n, taps) float32, of samples first, first + 1, …; their sum is 1.
    inside: (n,) float32, the share of the sample that the moved picture covers.
    """

    first: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    inside: npt.NDArray[np.float32]


def origins(size: int, shift: int, samples: int, move: Move, axis: int) -> Origins:
    """Origins of the `samples` of a plane subsampled by `shift`, where luma has `size` pixels.

    Area averages where the picture shrinks, else bilinear; the picture's edge is repeated, so that
    only `inside` tells of its end.
    """
    side = 1 << shift
    anchor, offset = move.anchor[axis] / side, move.offset[axis] / side
    edges = (np.arange(samples + 1) - anchor - offset) / move.scale + anchor
    low, high = edges[:-1], edges[1:]
    covered = np.minimum(high, size / side) - np.maximum(low, 0)
    inside = (covered * move.scale).clip(0, 1).astype(np.float32)
    if move.scale >= 1:
        first, weights = _between(low, high, samples)
    else:
        first, weights = _averages(low, high, samples)
    return Origins(first, weights.astype(np.float32), inside)


Doubles = npt.NDArray[np.floating[Any]]


def _between(low: Doubles, high: Doubles, samples: int) -> tuple[npt.NDArray[np.int64], Doubles]:
    centres = ((low + high) / 2 - 0.5).clip(0, samples - 1)
    first = np.minimum(np.floor(centres), max(samples - 2, 0)).astype(np.int64)
    share = centres - first
    return first, np.stack([1 - share, share], axis=1)


def _averages(low: Doubles, high: Doubles, samples: int) -> tuple[npt.NDArray[np.int64], Doubles]:
    first = np.floor(low).clip(0, samples - 1).astype(np.int64)
    count = math.ceil(float((high - low).max())) + 1
    starts = first[:, None] + np.arange(count)
    shares = np.minimum(high[:, None], starts + 1) - np.maximum(low[:, None], starts)
    shares = np.where(starts < samples, shares.clip(0, None), 0)
    total = shares.sum(axis=1)
    # Beyond the picture nothing is covered; any sample will do, since none of it is inside.
    shares[total <= 0, 0] = 1
    return first, shares / shares.sum(axis=1, keepdims=True)
