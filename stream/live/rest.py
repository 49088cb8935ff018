"""When pass 1 may rest: its last answer still holds, since hardly anything has moved."""

import cv2

from kernels.spread import pooled_planes
from kernels.types import Alpha, Plane, Planes
from stream.frame import Frame

_CELL = 16
"""Luma pixels a cell."""
_MOST = 5.0
"""8-bit levels by which a cell of any plane may change and still count as the same."""


class Rest:
    """Keeps the last coarse alpha, and gives it again for a picture like the one it was made of."""

    def __init__(self) -> None:
        self._kept: tuple[int, Alpha] | None = None
        self._seen: Planes | None = None
        self._now: tuple[Frame, Planes] | None = None

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

    def _means_of(self, frame: Frame) -> Planes:
        """Of each picture once. All planes', for what moves may differ by its hue alone."""
        if self._now is None or self._now[0] is not frame:
            self._now = frame, pooled_planes(frame.planes, frame.layout, _CELL)
        return self._now[1]


def _alike(now: Plane, then: Plane) -> bool:
    return now.shape == then.shape and float(cv2.norm(now, then, cv2.NORM_INF)) <= _MOST
