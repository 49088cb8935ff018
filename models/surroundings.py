"""Whether anything has changed around the subjects since the whole frame was looked at."""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.subject_box import Extent

_CELL = 4
"""Pixels of a look at the whole frame that are averaged, so that noise is no change."""
_MOST = 6.0
"""Levels of 8-bit RGB by which a cell may change and still count as the same."""
_Small = npt.NDArray[np.float32]


class Surroundings:
    """Keeps what the last look at the whole frame was given."""

    def __init__(self) -> None:
        self._seen: _Small | None = None

    def forget(self) -> None:
        """Nothing was looked at."""
        self._seen = None

    def keep(self, rgb: Rgb) -> None:
        """`rgb`, the whole frame as (H, W, 3) uint8, is looked at."""
        self._seen = _small(rgb)

    def are_still(self, rgb: Rgb, boxes: list[Extent], grid: Alpha) -> bool:
        """Whether `rgb` shows what was looked at last wherever no box is.

        boxes: on the pixels of `grid`, whatever its size.
        """
        seen, small = self._seen, _small(rgb)
        if seen is None or seen.shape != small.shape:
            return False
        changed = np.abs(small - seen).max(2) > _MOST
        rows, columns = (a / b for a, b in zip(changed.shape, grid.shape, strict=True))
        for box in boxes:
            top, left = int(box.top * rows), int(box.left * columns)
            changed[top : -int(-box.bottom * rows // 1), left : -int(-box.right * columns // 1)] = 0
        return not changed.any()


def _small(rgb: Rgb) -> _Small:
    rows, columns = (max(side // _CELL, 1) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
