"""Where the subjects are: boxes from a coarse alpha, followed over time."""

from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha

EVIDENCE = 0.5
"""Alpha above this is evidence of a subject."""
SMALLEST = 0.002
"""A subject covers at least this share of the picture."""
RIVAL = 0.15
"""A further subject covers at least this share of the largest one."""


class Extent(NamedTuple):
    """A rectangle in shares of the picture's height and width, 0 to 1."""

    top: float
    left: float
    bottom: float
    right: float


def find_extents(alpha: Alpha, limit: int) -> list[Extent]:
    """Boxes of the connected subjects in `alpha` (h, w), the largest first, at most `limit`.

    More than `limit` subjects share one box around them all. No subject gives an empty list.
    """
    height, width = alpha.shape
    seen = (alpha > EVIDENCE).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=8)
    stats = stats[1:count]
    stats = stats[stats[:, cv2.CC_STAT_AREA] >= SMALLEST * height * width]
    if not len(stats):
        return []
    stats = stats[np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable")]
    stats = stats[stats[:, cv2.CC_STAT_AREA] >= RIVAL * stats[0, cv2.CC_STAT_AREA]]
    extents = [
        Extent(top / height, left / width, (top + tall) / height, (left + wide) / width)
        for left, top, wide, tall, _ in stats.tolist()
    ]
    return extents if len(extents) <= limit else [union(extents)]


def union(extents: list[Extent]) -> Extent:
    """The smallest extent that holds all of `extents`."""
    tops, lefts, bottoms, rights = zip(*extents, strict=True)
    return Extent(min(tops), min(lefts), max(bottoms), max(rights))
