"""What is known of a source before its first frame is used."""

from dataclasses import dataclass
from fractions import Fraction

from stream.colour import Colour
from stream.pixels import PixelFormat


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Shape and timing of the frames a source yields.

    height, width: upright, in pixels. rate: nominal frames a second, None when unknown.
    frames: an estimate for progress alone. duration: seconds, None when unknown.
    """

    height: int
    width: int
    pixel_format: PixelFormat
    colour: Colour
    time_base: Fraction
    rate: Fraction | None
    sample_aspect: Fraction
    frames: int | None
    duration: Fraction | None
