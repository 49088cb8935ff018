"""When pass 1 may rest: its last answer still holds, since hardly anything has moved."""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from stream.frame import Frame

_LONG_SIDE = 96
_MOST = 5.0
"""Levels of 8-bit luma by which a cell may change and still count as the same."""
Small = npt.NDArray[np.float32]


class Rest:
    """Keeps the last coarse alpha, and gives it again for a picture like the one it was made of."""

    def __init__(self) -> None:
        self._kept: tuple[int, Alpha] | None = None
        self._seen: Small | None = None

    def keep(self, frame: Frame, number: int, coarse: Alpha) -> None:
        """Pass 1 found `coarse` in `frame`, picture `number` of the camera."""
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
    scale = _LONG_SIDE / max(luma.shape)
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
