"""Pass 2: a coarse alpha and the picture give a fine alpha in the boundary band."""

from collections.abc import Sequence
from queue import SimpleQueue

from kernels.types import Alpha
from models.classical_refiner import ClassicalRefiner
from models.picture import Picture
from models.refined import LEARNED, Refined, Refiner, cell_size, estimate_foreground

__all__ = [
    "ClassicalRefiner", "Refined", "Refiner", "Refiners", "cell_size", "estimate_foreground",
    "open_refiner",
]  # fmt: skip


class Refiners:
    """Several refiners as one that as many threads may ask at once; others wait."""

    def __init__(self, refiners: Sequence[Refiner]) -> None:
        """refiners: one or more that find the same; ValueError when there is none."""
        if not refiners:
            raise ValueError("there must be at least one refiner")
        self._free = SimpleQueue[Refiner]()
        for each in refiners:
            self._free.put(each)

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """See Refiner."""
        refiner = self._free.get()
        try:
            return refiner(picture, coarse)
        finally:
            self._free.put(refiner)


def open_refiner(quality: str = "balanced", keep_error: bool = False) -> Refiner:
    """The refiner for `quality`: "fast" goes by colour alone, "balanced" and "best" by nets.

    keep_error: also give the expected error of each pixel, which only a net can tell. Raises
    ValueError on another quality or one that cannot tell it, WeightsError when weights cannot be
    loaded.
    """
    if quality in LEARNED:
        from models.learned_refiner import open_learned

        return open_learned(quality, keep_error=keep_error)
    refiner = ClassicalRefiner(quality)
    if keep_error:
        raise ValueError(f"confidence needs quality {' or '.join(LEARNED)}, got {quality!r}")
    return refiner
