"""Frames in, mattes out: the one place where a frame meets its alpha."""

import contextlib
from collections.abc import Generator, Iterable, Iterator
from functools import partial

import numpy as np

from kernels.threads import available, use_threads
from kernels.types import Alpha
from models.matting import Matted, Matting, Seen
from models.refined import Refined
from stream.errors import SourceError
from stream.frame import Frame, Matte
from stream.pipeline import side_by_side

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


def matted(looks: Iterable[Look], matting: Matting) -> Generator[Matte, None, None]:
    """The matte of each frame that was seen, in order.

    As many frames are refined at once as `matting` allows: one in this thread; several in threads
    of their own, among which kernels and nets share the cores. Close it to end them.
    """
    if matting.refiners == 1:
        for frame, look in looks:
            yield _matte(frame, matting.finish(look))
        return

    def refined(look: Look) -> tuple[Frame, Seen, Refined]:
        return *look, matting.refine(look[1])

    count = matting.refiners
    share = partial(use_threads, available() // count)
    with contextlib.closing(side_by_side(refined, looks, count, "pass 2", share)) as done:
        for frame, look, edge in done:
            yield _matte(frame, matting.finish(look, edge))


def _matte(frame: Frame, found: Matted) -> Matte:
    return Matte(frame, found.alpha, found.foreground, found.kinds, found.colours, found.error)


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
