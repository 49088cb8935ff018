"""The Selfie networks as functions of arrays, run by kernels."""

from copy import copy

import numpy as np
import numpy.typing as npt

from models.parts import Part
from models.person_shape import STRIDE
from models.selfie_plan import SelfiePlan
from models.sizes import Sizes
from models.weights import load_weights


class Selfie:
    """A loaded net that takes and gives arrays.

    May be called from several threads where kernels.threads.may_be_shared.
    """

    def __init__(self, name: str) -> None:
        """Load weights `name`; WeightsError when the file is missing or damaged."""
        self._sizes = Sizes(SelfiePlan(Part(load_weights(name))).sized)

    def apart(self) -> "Selfie":
        """See models.sizes.Sizes."""
        other = copy(self)
        other._sizes = self._sizes.apart()
        return other

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Alphas (N, H, W) float32 in [0, 1] of pictures (N, H, W, 3) uint8 RGB.

        Raises ValueError when H or W is no multiple of 16.
        """
        count, height, width, _ = rgb.shape
        if height % STRIDE or width % STRIDE:
            raise ValueError(f"a look is of multiples of {STRIDE}, not of {height}x{width}")
        alphas, sized = np.empty((count, height, width), np.float32), self._sizes(height, width)
        with sized.running:
            for each, alpha in zip(rgb, alphas, strict=True):
                sized.program.run(np.ascontiguousarray(each), alpha)
        return alphas
