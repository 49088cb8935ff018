"""What a sink remembers of what it wrote, for the check afterwards; memory stays flat."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from stream.formats import Format
from stream.frame import Frame
from stream.planes import plane_of

WITNESSES = 8
_PIXELS = 2_000_000
# Channel that tells most, by packed format: alpha where there is one, else green.
_CHANNEL = {"rgba": 3, "argb": 0, "bgra": 3, "rgba64be": 3, "rgb24": 1, "rgb48be": 1, "ya8": 1}
_CHANNELS = {"rgb24": 3, "rgb48be": 3, "ya8": 2}

Witness = npt.NDArray[np.uint8]


def witness_of(picture: av.VideoFrame) -> Witness:
    """(h, w) uint8: the picture's alpha, or its luma or green where it has none.

    Pictures beyond two million pixels are thinned by a whole step; deep samples are rounded to 8
    bits.
    """
    name = picture.format.name
    depth = max(component.bits for component in picture.format.components)
    dtype = np.dtype(np.uint8 if depth == 8 else np.uint16)
    if name.endswith("be"):
        dtype = dtype.newbyteorder(">")
    samples = plane_of(picture, 3 if len(picture.planes) == 4 else 0, dtype)
    if name in _CHANNEL:
        samples = samples[:, _CHANNEL[name] :: _CHANNELS.get(name, 4)]
    step = int(np.ceil(np.sqrt(picture.height * picture.width / _PIXELS)))
    thin = samples[::step, : picture.width : step]
    if depth == 8:
        return np.array(thin, np.uint8)
    return np.rint(thin * (255 / ((1 << depth) - 1))).astype(np.uint8)


@dataclass(slots=True)
class Receipt:
    """Counts, times and a few pictures of one output.

    path: of the output as it is named now. start, end: seconds of the first picture's beginning
    and the last one's end. witnesses: at most `WITNESSES`, evenly spread, by frame number: pts
    seconds and what `witness_of` saw. audio: packets written for each sound track, in order.
    """

    path: Path
    format: Format
    transparent: bool
    frames: int = 0
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    stride: int = 1
    witnesses: dict[int, tuple[Fraction, Witness]] = field(default_factory=dict)
    audio: list[int] = field(default_factory=list)

    def note(self, frame: Frame, picture: av.VideoFrame, seconds: Fraction) -> None:
        """Remember that `picture` was written for `frame` and lasts `seconds`."""
        if self.frames == 0:
            self.start = frame.seconds
        self.end = frame.seconds + seconds
        if self.frames % self.stride == 0:
            self.witnesses[self.frames] = (frame.seconds, witness_of(picture))
        if len(self.witnesses) > WITNESSES:
            self.stride *= 2
            kept = self.witnesses.items()
            self.witnesses = {n: seen for n, seen in kept if n % self.stride == 0}
        self.frames += 1
