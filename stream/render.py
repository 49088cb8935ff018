"""From a matte to the samples an output format is made of."""

from dataclasses import dataclass, replace

from kernels.composite import composite, cut
from kernels.types import Alpha, Planes
from stream.backgrounds import Background, Solid
from stream.frame import Frame, Matte

BLACK = (0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What a sink writes: final samples, and alpha unless the picture is opaque."""

    frame: Frame
    alpha: Alpha | None


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
        if self._background is None:
            blank = self._blank.planes(matte)
            planes = cut(
                matte.foreground, blank, matte.alpha, matte.kinds, frame.layout,
                foreground_known=matte.colours.foreground_known,
            )  # fmt: skip
            return Rendered(_with(frame, planes), matte.alpha)
        behind = self._background.planes(matte)
        planes = composite(matte.foreground, behind, matte.alpha, matte.kinds, frame.layout)
        return Rendered(_with(frame, planes), None)


def _with(frame: Frame, planes: Planes) -> Frame:
    return replace(frame, planes=planes, owner=None)
