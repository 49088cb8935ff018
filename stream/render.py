"""From a matte to the samples an output format is made of."""

from dataclasses import dataclass, replace

import numpy as np

from kernels.composite import composite, cut
from kernels.types import Alpha, Planes
from stream.backgrounds import Background, Solid
from stream.frame import Frame, Matte

BLACK = (0, 0, 0)
_DOUBT = 2
"""Confidence lost per unit of expected error: 0.5, the alpha that says nothing, errs by half."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What sinks write of one picture.

    frame: final samples. alpha: what belongs to them, None when they are opaque. matte: alpha for
    outputs that show it, opaque or not. confidence: see confidence_of, None unless it was asked
    for. All three (H, W) float32 in [0, 1].
    """

    frame: Frame
    alpha: Alpha | None
    matte: Alpha
    confidence: Alpha | None = None


class Renderer:
    """Puts each matte over `background`, or cuts it out straight when that is None."""

    def __init__(self, background: Background | None) -> None:
        self._background = background
        self._blank = Solid(BLACK)

    def __call__(self, matte: Matte) -> Rendered:
        """The frame to write for `matte`, with its time, tags and shape.

        Straight colour is the subject's own in the band and black beyond, so that the room is
        nowhere in the file; where the subject's is unknown, black wherever alpha is 0.
        """
        frame = matte.frame
        confidence = None if matte.error is None else confidence_of(matte.error)
        if self._background is None:
            blank = self._blank.planes(matte)
            planes = cut(
                matte.foreground, blank, matte.alpha, matte.kinds, frame.layout,
                foreground_known=matte.colours.foreground_known,
            )  # fmt: skip
            return Rendered(_with(frame, planes), matte.alpha, matte.alpha, confidence)
        behind = self._background.planes(matte)
        planes = composite(matte.foreground, behind, matte.alpha, matte.kinds, frame.layout)
        return Rendered(_with(frame, planes), None, matte.alpha, confidence)


def confidence_of(error: Alpha) -> Alpha:
    """How sure alpha is, (H, W) float32: 1 for no expected `error`, 0 for a half or more.

    error: (H, W) float32, expected absolute error of alpha. What is no number counts as unsure.
    """
    confidence: Alpha = np.fmax(1 - _DOUBT * error, np.float32(0))
    return confidence


def _with(frame: Frame, planes: Planes) -> Frame:
    return replace(frame, planes=planes, owner=None)
