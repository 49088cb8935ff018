"""Frames in, mattes out: the one place where a frame meets its alpha."""

from collections.abc import Iterable, Iterator

import numpy as np

from kernels.types import Alpha
from models.matting import Matting, Seen
from stream.errors import SourceError
from stream.frame import Frame, Matte

Look = tuple[Frame, Seen]
"""A frame and what pass 1 found in it."""


def seen(
    frames: Iterable[Frame], matting: Matting, masks: Iterable[Frame] | None = None
) -> Iterator[Look]:
    """Pass 1 on each frame, in order.

    masks: coarse alphas from elsewhere, one a frame, any size; they take pass 1's place.
    Raises SourceError when there are fewer or more masks than frames.
    """
    if masks is None:
        for frame in frames:
            yield frame, matting.see(frame, float(frame.seconds))
        return
    remaining = iter(masks)
    count = 0
    for count, frame in enumerate(frames, 1):
        mask = next(remaining, None)
        if mask is None:
            raise SourceError(f"the masks end after {count - 1} frames, the video goes on")
        yield frame, matting.see(frame, float(frame.seconds), mask_alpha(mask))
    if next(remaining, None) is not None:
        raise SourceError(f"there are more masks than the video's {count} frames")


def matted(looks: Iterable[Look], matting: Matting) -> Iterator[Matte]:
    """The matte of each frame that was seen, in order."""
    for frame, look in looks:
        found = matting.finish(look)
        yield Matte(frame, found.alpha, found.foreground, found.kinds, found.colours, found.error)


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
