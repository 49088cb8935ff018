"""When pass 1 may rest: its last answer still holds, since hardly anything has moved."""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Plane
from stream.frame import Frame

_CELL = 16
"""Luma pixels a cell: whole ones, which OpenCV averages ten times as fast as broken ones."""
_MOST = 5.0
"""8-bit levels by which a cell of any plane may change and still count as the same."""
Small = list[npt.NDArray[np.float32]]


class Rest:
    """Keeps the last coarse alpha, and gives it again for a picture like the one it was made of."""

    def __init__(self) -> None:
        self._kept: tuple[int, Alpha] | None = None
        self._seen: Small | None = None
        self._now: tuple[Frame, Small] | None = None

    def keep(self, frame: Frame, number: int, coarse: Alpha, every: int) -> None:
        """Pass 1 found `coarse` in `frame`, picture `number` of the camera; every: see below."""
        if every <= 1:
            self.forget()
        else:
            self._kept, self._seen = (number, coarse), self._means_of(frame)

    def forget(self) -> None:
        """The next picture is looked at."""
        self._kept = self._seen = self._now = None

    def coarse_of(self, frame: Frame, number: int, every: int) -> Alpha | None:
        """What was kept, if it is fewer than `every` pictures old and nothing moved since."""
        kept, seen = self._kept, self._seen
        if every <= 1 or kept is None or seen is None or number - kept[0] >= every:
            return None
        # A coarse alpha laid over what has moved would show the room beside it.
        now = self._means_of(frame)
        is_same = all(_alike(one, other) for one, other in zip(now, seen, strict=True))
        return kept[1] if is_same else None

    def _means_of(self, frame: Frame) -> Small:
        """Of each picture once: at 1080p they take a millisecond."""
        if self._now is None or self._now[0] is not frame:
            self._now = frame, _small(frame)
        return self._now[1]


def _alike(now: npt.NDArray[np.float32], then: npt.NDArray[np.float32]) -> bool:
    return now.shape == then.shape and float(np.abs(now - then).max()) <= _MOST


def _small(frame: Frame) -> Small:
    """The means of each plane's cells: what moves may differ from the rest by its hue alone."""
    shifts = (frame.layout.shifts(number) for number in range(len(frame.planes)))
    return [_means(plane, *shift) for plane, shift in zip(frame.planes, shifts, strict=True)]


def _means(plane: Plane, shift_y: int, shift_x: int) -> npt.NDArray[np.float32]:
    tall, wide = _CELL >> shift_y, _CELL >> shift_x
    rows, columns = max(plane.shape[0] // tall, 1), max(plane.shape[1] // wide, 1)
    whole = plane[: rows * tall, : columns * wide]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
