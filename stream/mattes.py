"""Frames in, mattes out: the one place where a frame meets its alpha."""

from collections.abc import Iterable, Iterator

import numpy as np

from kernels.types import Alpha
from models.matting import Matting
from stream.errors import SourceError
from stream.frame import Frame, Matte


def matted(
    frames: Iterable[Frame], matting: Matting, masks: Iterable[Frame] | None = None
) -> Iterator[Matte]:
    """The matte of each frame, in order.

    masks: coarse alphas from elsewhere, one a frame, any size; they take pass 1's place.
    Raises SourceError when there are fewer or more masks than frames.
    """
    if masks is None:
        for frame in frames:
            yield _matte(frame, matting, None)
        return
    remaining = iter(masks)
    count = 0
    for count, frame in enumerate(frames, 1):
        mask = next(remaining, None)
        if mask is None:
            raise SourceError(f"the masks end after {count - 1} frames, the video goes on")
        yield _matte(frame, matting, mask_alpha(mask))
    if next(remaining, None) is not None:
        raise SourceError(f"there are more masks than the video's {count} frames")


def mask_alpha(mask: Frame) -> Alpha:
    """The (h, w) float32 alpha that a gray picture means, by its luma and range.

    RGB pictures count by their green plane, which is their gray when they are gray.
    """
    layout = mask.layout
    if layout.model == "rgb" or layout.full_range:
        low, high = 0.0, float(layout.peak)
    else:
        low, high = 16.0 * (1 << layout.depth - 8), 235.0 * (1 << layout.depth - 8)
    alpha: Alpha = (mask.planes[0].astype(np.float32) - low) / (high - low)
    return alpha.clip(0, 1)


def _matte(frame: Frame, matting: Matting, coarse: Alpha | None) -> Matte:
    found = matting(frame, float(frame.seconds), coarse)
    return Matte(frame, found.alpha, found.foreground, found.kinds, found.colours)
