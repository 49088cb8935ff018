"""Pass 2 that can be made cheaper from one picture to the next."""

from kernels.types import Alpha
from models.classical_refiner import ClassicalRefiner
from models.learned_refiner import open_learned
from models.picture import Picture
from models.refined import Refined


class SteppedRefiner:
    """The learned refiner within a budget, or the classical one where that is too dear.

    Belongs to one thread.
    """

    def __init__(self) -> None:
        """Raises WeightsError when the net cannot be loaded."""
        self._learned, self._classical = open_learned("refiner_balanced"), ClassicalRefiner("fast")
        self.is_learned = True

    def set_cost(self, finest: int, tiles: float, looks: int, is_learned: bool) -> None:
        """From the next picture on; see LearnedRefiner. tiles: share of the band, 1 for all."""
        self._learned.finest, self._learned.looks = finest, looks
        self._learned.budget = tiles if tiles < 1 else None
        self.is_learned = is_learned

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """See models.refined.Refiner."""
        refine = self._learned if self.is_learned else self._classical
        return refine(picture, coarse)
