"""What pass 2 gives, and what it is."""

from dataclasses import dataclass
from typing import Protocol

from kernels.band import TILE
from kernels.foreground import foreground_planes
from kernels.spread import SpreadColours
from kernels.types import Alpha, Kinds, Planes
from models.picture import Picture

LEARNED = "balanced", "best"
"""Qualities that nets are there for; "fast" goes by colour alone."""
# Hair is wider in pictures of this many lines and more, so their cells may be too.
_LARGE = 900


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What pass 2 found.

    alpha: (H, W) float32 in [0, 1], exactly 0 in OUTSIDE and 1 in INSIDE tiles. kinds: the
    picture's lattice. colours: sure colours of both sides, spread over the whole picture. error:
    (H, W) float32 expected absolute error of alpha where it was asked for, 0 where alpha is sure;
    not a number where the net gave none.
    """

    alpha: Alpha
    kinds: Kinds
    colours: SpreadColours
    error: Alpha | None = None


class Refiner(Protocol):
    """Anything that sharpens a coarse alpha of whatever subject."""

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse` ((h, w) float32, any size, laid over the whole picture)."""


def cell_size(finest: int, height: int, width: int) -> int:
    """Luma pixels a cell of a (height, width) picture: `finest`, doubled per doubling from 900."""
    step, lines = finest, min(height, width)
    while lines >= _LARGE and step < TILE:
        step, lines = step * 2, lines // 2
    return step


def estimate_foreground(
    picture: Picture,
    alpha: Alpha,
    kinds: Kinds,
    colours: SpreadColours,
    out: Planes | None = None,
) -> Planes:
    """The picture's planes with the subject's own colour in BAND tiles.

    alpha: (H, W) float32 in [0, 1]; kinds: the picture's lattice. Bit-identical to the picture
    outside BAND tiles and wherever alpha at a plane's resolution is 1, and everywhere when the
    subject's colours are unknown. `out`: planes like the picture's, written and returned.
    Raises ValueError when shapes disagree.
    """
    return foreground_planes(picture.planes, picture.layout, alpha, kinds, colours, out)
