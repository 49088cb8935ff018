"""When pass 1 may rest: its last answer still holds, since hardly anything has moved."""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from stream.frame import Frame

_CELL = 16
"""Pixels a cell: whole ones, which OpenCV averages ten times as fast as broken ones."""
_MOST = 5.0
"""Levels of 8-bit luma by which a cell may change and still count as the same."""
Small = npt.NDArray[np.float32]


class Rest:
    """Keeps the last coarse alpha, and gives it again for a picture like the one it was made of."""

    def __init__(self) -> None:
        self._kept: tuple[int, Alpha] | None = None
        self._seen: Small | None = None

    def keep(self, frame: Frame, number: int, coarse: Alpha, every: int) -> None:
        """Pass 1 found `coarse` in `frame`, picture `number` of the camera; every: see below."""
        if every <= 1:
            self.forget()
        else:
            self._kept, self._seen = (number, coarse), _small(frame)

    def forget(self) -> None:
        """The next picture is looked at."""
        self._kept = self._seen = None

    def coarse_of(self, frame: Frame, number: int, every: int) -> Alpha | None:
        """What was kept, if it is fewer than `every` pictures old and nothing moved since."""
        kept, seen = self._kept, self._seen
        if every <= 1 or kept is None or seen is None or number - kept[0] >= every:
            return None
        small = _small(frame)
        # A coarse alpha laid over what has moved would show the room beside it.
        if small.shape != seen.shape or float(np.abs(small - seen).max()) > _MOST:
            return None
        return kept[1]


def _small(frame: Frame) -> Small:
    luma = frame.planes[0]
    rows, columns = (max(side // _CELL, 1) for side in luma.shape)
    whole = luma[: rows * _CELL, : columns * _CELL]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
