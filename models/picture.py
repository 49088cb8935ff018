"""What a model may ask of a frame, without knowing where it came from."""

from typing import NamedTuple, Protocol

from kernels.layout import Layout
from kernels.types import Planes, Rgb


class Box(NamedTuple):
    """A rectangle of whole pixels, inside its picture."""

    top: int
    left: int
    height: int
    width: int


class Picture(Protocol):
    """One upright picture in its decoder's planes."""

    @property
    def height(self) -> int:
        """Rows of the first plane."""

    @property
    def width(self) -> int:
        """Columns of the first plane."""

    @property
    def planes(self) -> Planes:
        """The samples, never to be written to."""

    @property
    def layout(self) -> Layout:
        """What the samples mean."""

    def rgb(self, height: int, width: int, box: Box | None = None) -> Rgb:
        """The picture, or `box` of it, resized to (height, width, 3) uint8 RGB.

        Shrinks by area averaging, enlarges bilinearly.
        """
