"""Where the subjects are: boxes from a coarse alpha, followed over time."""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha

EVIDENCE = 0.5
"""Alpha above this is evidence of a subject."""
SMALLEST = 0.002
"""A subject covers at least this share of the picture."""
RIVAL = 0.1
"""A further subject covers at least this share of the largest one."""
PAD, LEAST_PAD = 0.10, 0.04
"""Room around a subject unless another is asked for, and the least of it that is left while a box
lags, in longer sides."""
TIME_CONSTANT = 0.5
"""Seconds in which a box closes 63 % of the way to where its subject is."""
LIMIT = 3
"""More subjects than this share one box."""
_Integers = npt.NDArray[np.integer[Any]]


class Extent(NamedTuple):
    """A rectangle on the coarse grid, in its pixels; edges, not pixel centres."""

    top: float
    left: float
    bottom: float
    right: float

    def area(self) -> float:
        """Square pixels; 0 when it is turned inside out."""
        return max(self.bottom - self.top, 0.0) * max(self.right - self.left, 0.0)


class SubjectBoxes:
    """Padded boxes that follow subjects: they grow at once, and shrink and drift slowly."""

    def __init__(self, pad: float = PAD) -> None:
        """pad: room around a subject, in its longer sides."""
        self._pad = pad
        self._boxes: list[Extent] = []

    @property
    def now(self) -> list[Extent]:
        """The boxes that `follow` gave last."""
        return self._boxes

    def follow(self, evidence: Alpha, dt: float | None) -> list[Extent]:
        """Boxes around the subjects in `evidence` (h, w), the largest subject's first.

        dt: seconds since the last call, None to forget it. No subject gives an empty list.
        """
        old = self._boxes if dt is not None else []
        height, width = evidence.shape
        self._boxes = [
            _clipped(_followed(extent, padded(extent, self._pad), old, dt or 0.0), height, width)
            for extent in find_extents(evidence, LIMIT)
        ]
        return self._boxes

    def reset(self) -> None:
        """Forget all boxes."""
        self._boxes = []


def find_extents(alpha: Alpha, limit: int) -> list[Extent]:
    """Boxes of the connected subjects in `alpha` (h, w), the largest first, at most `limit`.

    Boxes that overlap much become one; so do all when they are more than `limit`.
    No subject gives an empty list.
    """
    _, _, stats, counts = _blobs(alpha)
    blobs = sorted(stats[counts].tolist(), key=lambda blob: -int(blob[cv2.CC_STAT_AREA]))
    extents: list[Extent] = []
    for left, top, wide, tall, _ in blobs:
        extents = _joined(extents, Extent(top, left, top + tall, left + wide))
    return extents if len(extents) <= limit else [union(extents)]


def subjects(alpha: Alpha) -> npt.NDArray[np.bool_]:
    """Where `alpha` (h, w) shows the connected subjects that find_extents boxes, and no specks."""
    labels, (top, left, bottom, right), _, counts = _blobs(alpha)
    shown = np.zeros(alpha.shape, np.bool_)
    shown[top:bottom, left:right] = counts[labels]
    return shown


def _blobs(
    alpha: Alpha,
) -> tuple[_Integers, tuple[int, int, int, int], _Integers, npt.NDArray[np.bool_]]:
    """What OpenCV says of the connected evidence: labels, statistics, and which are subjects.

    Of the rectangle (top, left, bottom, right) alone that holds all of it, since every picture
    waits for this.
    """
    seen = (alpha > EVIDENCE).astype(np.uint8)
    left, top, wide, tall = cv2.boundingRect(seen)
    bottom, right = top + max(tall, 1), left + max(wide, 1)
    part = seen[top:bottom, left:right]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    stats += np.array([left, top, 0, 0, 0], stats.dtype)
    areas = stats[1:, cv2.CC_STAT_AREA]
    least = max(SMALLEST * alpha.size, RIVAL * areas.max(initial=0))
    counts = np.append(False, areas >= least)
    return np.asarray(labels), (top, left, bottom, right), np.asarray(stats), counts


def _joined(extents: list[Extent], new: Extent) -> list[Extent]:
    """`extents` and `new`, which swallows those that one look shows as well as two."""
    for number, extent in enumerate(extents):
        both = union([padded(extent, PAD), padded(new, PAD)])
        if both.area() <= padded(extent, PAD).area() + padded(new, PAD).area():
            rest = extents[:number] + extents[number + 1 :]
            return _joined(rest, union([extent, new]))
    return [*extents, new]


def union(extents: list[Extent]) -> Extent:
    """The smallest extent that holds all of `extents`."""
    tops, lefts, bottoms, rights = zip(*extents, strict=True)
    return Extent(min(tops), min(lefts), max(bottoms), max(rights))


def padded(extent: Extent, share: float) -> Extent:
    """`extent` with `share` of its longer side added on every side."""
    top, left, bottom, right = extent
    pad = share * max(bottom - top, right - left)
    return Extent(top - pad, left - pad, bottom + pad, right + pad)


def _followed(extent: Extent, goal: Extent, old: list[Extent], dt: float) -> Extent:
    """The box of `extent`, on its way to `goal` from the one of `old` that overlaps it most."""
    near = max(old, key=lambda box: overlap(box, goal), default=None)
    if near is None or overlap(near, goal) < 0.3:
        return goal
    step = 1 - math.exp(-dt / TIME_CONSTANT)
    eased = Extent(*(a + step * (b - a) for a, b in zip(near, goal, strict=True)))
    return union([eased, padded(extent, LEAST_PAD)])


def overlap(first: Extent, second: Extent) -> float:
    """Intersection over union."""
    top, left = max(first.top, second.top), max(first.left, second.left)
    shared = Extent(top, left, min(first.bottom, second.bottom), min(first.right, second.right))
    common = shared.area()
    return common / max(first.area() + second.area() - common, 1e-9)


def _clipped(extent: Extent, height: int, width: int) -> Extent:
    top, left, bottom, right = extent
    return Extent(max(top, 0), max(left, 0), min(bottom, height), min(right, width))
