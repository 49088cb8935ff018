"""Pass 2: a coarse alpha and the picture give a fine alpha in the boundary band."""

from dataclasses import dataclass
from typing import Protocol

from kernels.band import classify
from kernels.foreground import foreground_planes
from kernels.refine import upsample_band
from kernels.spread import SpreadColours, cell_means, spread
from kernels.types import Alpha, Kinds, Planes

from models.picture import Picture

QUALITIES = ("fast", "balanced", "best")


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What pass 2 found.

    alpha: (H, W) float32 in [0, 1], exactly 0 in OUTSIDE and 1 in INSIDE tiles. kinds: the
    picture's lattice. colours: sure colours of both sides, spread over the whole picture.
    """

    alpha: Alpha
    kinds: Kinds
    colours: SpreadColours


class Refiner(Protocol):
    """Anything that sharpens a coarse alpha of whatever subject."""

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse` ((h, w) float32, any size, laid over the whole picture)."""


class ClassicalRefiner:
    """Refines by colour alone, without learned weights.

    quality: "fast", "balanced" or "best". Raises ValueError on any other.
    """

    def __init__(self, quality: str = "balanced") -> None:
        if quality not in QUALITIES:
            raise ValueError(f"quality must be one of {', '.join(QUALITIES)}, got {quality!r}")
        self._quality = quality

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse`; the same input gives the same bits, whatever the thread count."""
        kinds = classify(coarse, picture.height, picture.width)
        alpha = upsample_band(coarse, kinds, picture.height, picture.width)
        means = cell_means(picture.planes, picture.layout)
        return Refined(alpha, kinds, spread(means, coarse))


def estimate_foreground(
    picture: Picture,
    alpha: Alpha,
    kinds: Kinds,
    colours: SpreadColours,
    out: Planes | None = None,
) -> Planes:
    """The picture's planes with the subject's own colour in BAND tiles.

    alpha: (H, W) float32 in [0, 1]; kinds: the picture's lattice. Bit-identical to the picture
    outside BAND tiles and wherever alpha at a plane's resolution is 1. `out`: planes like the
    picture's, written and returned. Raises ValueError when shapes disagree.
    """
    return foreground_planes(picture.planes, picture.layout, alpha, kinds, colours, out)
