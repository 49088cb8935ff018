"""Pass 2: a coarse alpha and the picture give a fine alpha in the boundary band."""

from models.classical_refiner import ClassicalRefiner
from models.refined import Refined, Refiner, cell_size, estimate_foreground

__all__ = ["ClassicalRefiner", "Refined", "Refiner", "cell_size", "estimate_foreground"]
