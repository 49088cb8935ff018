"""Mattes made of a smaller picture than the one that is shown: cheaper, and as sharp inside."""

from dataclasses import replace
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from kernels.foreground import foreground_planes
from kernels.reach import named
from kernels.spread import SpreadColours
from models.matting import Matted
from stream.frame import Frame, Matte

Sample = TypeVar("Sample", bound=np.generic)


def shrunk(frame: Frame, share: float) -> Frame:
    """`frame`, 8-bit 4:2:0, with `share` of its height and width; itself at 1."""
    if share == 1:
        return frame
    height, width = (max(2, round(side * share / 2) * 2) for side in (frame.height, frame.width))
    sizes = (height, width), (height // 2, width // 2), (height // 2, width // 2)
    planes = tuple(_resized(plane, *size) for plane, size in zip(frame.planes, sizes, strict=True))
    return replace(frame, planes=planes, owner=None)


def matte_of(frame: Frame, found: Matted) -> Matte:
    """The matte of `frame`, of which or of whose `shrunk` picture `found` is known.

    An alpha of a smaller picture is enlarged; the foreground's colours in the band are then the
    frame's own, unmixed anew.
    """
    if found.alpha.shape == (frame.height, frame.width):
        return Matte(frame, found.alpha, found.foreground, found.kinds, found.colours, found.error)
    alpha = _resized(found.alpha, frame.height, frame.width)
    kinds, colours = named(alpha), _spread_over(frame, found.colours)
    planes = foreground_planes(frame.planes, frame.layout, alpha, kinds, colours)
    return Matte(frame, alpha, planes, kinds, colours)


def _spread_over(frame: Frame, colours: SpreadColours) -> SpreadColours:
    step = colours.step
    size = -(-frame.height // step), -(-frame.width // step)
    foreground, background = (
        _resized(side, *size) for side in (colours.foreground, colours.background)
    )
    return replace(colours, foreground=foreground, background=background)


def _resized(samples: npt.NDArray[Sample], height: int, width: int) -> npt.NDArray[Sample]:
    resized: Any = cv2.resize(samples, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[arg-type]
    return np.asarray(resized, samples.dtype)
