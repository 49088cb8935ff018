"""Read an alpha out of whatever a net calls its mask."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from models.weights import WeightsError

_SLACK = 1e-3
"""Probabilities may leave [0, 1] by rounding; logits leave it by far more."""


class AlphaReader:
    """One channel is the subject's, of two the second. Logits are recognised and squashed.

    A net's output once found outside [0, 1] counts as logits from then on.
    """

    def __init__(self, path: Path) -> None:
        """path: the net's file, for error texts."""
        self._path = path
        self._logits = False

    def __call__(self, output: npt.NDArray[Any]) -> Alpha:
        """Alpha (h, w) float32 in [0, 1] of an output (1, C, h, w), (1, h, w, C) or (1, h, w).

        Raises WeightsError on another shape, or a number of channels other than 1 or 2.
        """
        planes = self._planes(output)
        self._logits = self._logits or bool(planes.min() < -_SLACK or planes.max() > 1 + _SLACK)
        if not self._logits:
            return np.asarray(np.clip(planes[-1], 0, 1))
        # The softmax of two is the logistic of their difference.
        logit = planes[-1] - planes[0] if len(planes) == 2 else planes[0]
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -60, 60))))

    def _planes(self, output: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        planes = np.asarray(output)
        if planes.ndim in (3, 4) and planes.shape[0] == 1:
            planes = planes[0]
        if planes.ndim == 2:
            planes = planes[None]
        if planes.ndim == 3 and planes.shape[0] > 2 and planes.shape[2] in (1, 2):
            planes = planes.transpose(2, 0, 1)
        if planes.ndim != 3 or planes.shape[0] not in (1, 2):
            raise WeightsError(
                f"segmenter {self._path} must give one alpha of 1 or 2 channels, "
                f"gives {np.shape(output)}"
            )
        return np.ascontiguousarray(planes, np.float32)
