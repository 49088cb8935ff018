"""A picture that tells how long its conversion to RGB took."""

import time

from kernels.layout import Layout
from kernels.types import Planes, Rgb
from models.picture import Box, Picture


class ClockedPicture:
    """`picture` unchanged; `spent` sums the seconds of its `rgb` calls."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.spent = 0.0

    @property
    def height(self) -> int:
        """See Picture."""
        return self._picture.height

    @property
    def width(self) -> int:
        """See Picture."""
        return self._picture.width

    @property
    def planes(self) -> Planes:
        """See Picture."""
        return self._picture.planes

    @property
    def layout(self) -> Layout:
        """See Picture."""
        return self._picture.layout

    def rgb(self, height: int, width: int, box: Box | None = None) -> Rgb:
        """See Picture."""
        started = time.perf_counter()
        rgb = self._picture.rgb(height, width, box)
        self.spent += time.perf_counter() - started
        return rgb
