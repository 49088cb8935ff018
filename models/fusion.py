"""One alpha from several looks at the same place."""

import numpy as np

from kernels.types import Alpha

_SUREST = np.float32(1e-3)
_REST = _SUREST**2 / (_SUREST**2 + (1 - _SUREST) ** 2)
"""What two opinions of _SUREST come to."""


def fuse(alphas: list[Alpha]) -> Alpha:
    """The middle alpha a pixel; of an even number, the geometric mean of the middle two.

    alphas: one or more (h, w) float32 in [0, 1]. What most looks give to the subject stays with
    it, so a hand is not lost to one failing look, and what only one sees is dropped.
    Raises ValueError when there is none.
    """
    if not alphas:
        raise ValueError("there must be at least one alpha to fuse")
    count = len(alphas)
    if count == 2:
        return np.asarray(np.sqrt(alphas[0] * alphas[1]))
    ordered = _ascending(alphas)
    if count % 2:
        return ordered[count // 2]
    return np.asarray(np.sqrt(ordered[count // 2 - 1] * ordered[count // 2]))


def agreed(first: Alpha, second: Alpha) -> Alpha:
    """What two opinions that err for different reasons come to: the sum of their logits.

    first, second: (h, w) float32 in [0, 1]. Hinton, "Training Products of Experts by Minimizing
    Contrastive Divergence" (2002): one that is sure outweighs one that is not, and two that are
    sure of opposite things come to 0.5.
    """
    one, other = (each.clip(_SUREST, 1 - _SUREST) for each in (first, second))
    yes, no = one * other, (1 - one) * (1 - other)
    found = yes / (yes + no)
    # What both are sure of stays so.
    return np.asarray((found - _REST) / (1 - 2 * _REST), np.float32).clip(0, 1)


def _ascending(alphas: list[Alpha]) -> list[Alpha]:
    """Sorted a pixel; whole-array swaps take a tenth of the time of np.sort on so few."""
    ordered = list(alphas)
    for end in range(len(ordered) - 1, 0, -1):
        for first in range(end):
            pair = ordered[first : first + 2]
            ordered[first : first + 2] = np.minimum(*pair), np.maximum(*pair)
    return ordered
