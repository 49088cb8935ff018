"""One alpha from several looks at the same place."""

import numpy as np

from kernels.types import Alpha


def fuse(alphas: list[Alpha]) -> Alpha:
    """The middle alpha a pixel; of an even number, the geometric mean of the middle two.

    alphas: one or more (h, w) float32 in [0, 1]. A pixel that most looks give to the subject stays
    with it, so a hand is not lost to one failing look, and what only one sees is dropped.
    Raises ValueError when there is none.
    """
    if not alphas:
        raise ValueError("there must be at least one alpha to fuse")
    if len(alphas) == 1:
        return alphas[0]
    ordered = np.sort(np.stack(alphas), axis=0)
    low, high = ordered[(len(alphas) - 1) // 2], ordered[len(alphas) // 2]
    return low if low is high or len(alphas) % 2 else np.sqrt(low * high)
