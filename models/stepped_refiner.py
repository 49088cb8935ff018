"""Pass 2 that can be made cheaper from one picture to the next."""

from typing import Literal

from kernels.types import Alpha
from models.classical_refiner import ClassicalRefiner
from models.learned_refiner import open_learned
from models.picture import Picture
from models.refined import Refined, Refiner

Kind = Literal["learned", "fine", "fast"]


class SteppedRefiner:
    """The learned refiner within a budget, or one by colour alone, on finer or larger cells.

    Belongs to one thread.
    """

    def __init__(self) -> None:
        """Raises WeightsError when a net cannot be loaded."""
        self._learned = open_learned("balanced")
        self._refiners: dict[Kind, Refiner] = {
            "learned": self._learned,
            "fine": ClassicalRefiner("balanced"),
            "fast": ClassicalRefiner("fast"),
        }
        self._kind: Kind = "learned"

    def set_cost(self, kind: Kind, tiles: float) -> None:
        """From the next picture on. tiles: share of the band that the learned one refines."""
        self._kind = kind
        self._learned.budget = tiles if tiles < 1 else None

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """See models.refined.Refiner."""
        return self._refiners[self._kind](picture, coarse)
