"""The memory between frames: a recursive filter whose time constant shrinks with evidence."""

from dataclasses import dataclass

import numpy as np

from kernels.layout import Layout
from kernels.smooth import LEVELS, Reference, Weights, remember, smooth
from kernels.types import Alpha, Kinds
from models.picture import Picture

TIME_CONSTANT = 0.1
"""Seconds in which a still edge moves 63 % of the way to a new alpha."""
STRIDE = 0.2
"""Most that a still pixel's alpha travels within a time constant: one wild frame hardly shows."""


@dataclass(slots=True)
class _Memory:
    """What is kept of the previous frame; `spare` takes the next reference, then they swap."""

    alpha: Alpha
    kinds: Kinds
    layout: Layout
    reference: Reference
    spare: Reference

    def fits(self, picture: Picture) -> bool:
        """Whether `picture` has the size and the samples of the remembered one."""
        shape = picture.height, picture.width
        return self.alpha.shape == shape and self.layout == picture.layout


class TemporalSmoother:
    """Calms the flicker of still edges and follows moving ones at once.

    time_constant: seconds, 0 switches the smoother off. Depends on time, not on the number of
    frames: 15 and 60 frames a second look alike. Raises ValueError when it is negative.
    """

    def __init__(self, time_constant: float = TIME_CONSTANT) -> None:
        if not time_constant >= 0:
            raise ValueError(f"time_constant must not be negative, got {time_constant}")
        self.time_constant = time_constant
        self._memory: _Memory | None = None

    def __call__(
        self, picture: Picture, alpha: Alpha, kinds: Kinds, dt: float | None
    ) -> tuple[Alpha, Kinds]:
        """The calmed (H, W) float32 alpha of `picture` and its lattice.

        alpha, kinds: this picture's, never written to. dt: seconds since the previous picture, or
        None for the first of a shot, which passes through and starts the memory anew, as does a
        change of size or sample layout. What is returned is remembered, so it must not be written
        to. Raises ValueError when the shapes disagree or dt is not positive.
        """
        if dt is not None and not dt > 0:
            raise ValueError(f"dt must be positive seconds, got {dt}")
        shape = picture.height, picture.width
        if alpha.shape != shape:
            raise ValueError(f"alpha must be {shape} like its picture, got {alpha.shape}")
        if self.time_constant == 0:
            return alpha, kinds
        memory = self._memory
        if dt is None or memory is None or not memory.fits(picture):
            return self._start(picture, alpha, kinds)
        return self._continue(memory, picture, alpha, kinds, dt)

    def reset(self) -> None:
        """Forget everything: the next picture passes through."""
        self._memory = None

    def _start(self, picture: Picture, alpha: Alpha, kinds: Kinds) -> tuple[Alpha, Kinds]:
        reference = remember(picture.planes[0], picture.layout.depth)
        spare = np.empty_like(reference)
        self._memory = _Memory(alpha, kinds, picture.layout, reference, spare)
        return alpha, kinds

    def _continue(
        self, memory: _Memory, picture: Picture, alpha: Alpha, kinds: Kinds, dt: float
    ) -> tuple[Alpha, Kinds]:
        out = np.empty_like(alpha)
        ratio = dt / self.time_constant
        memory.kinds = smooth(
            alpha, kinds, picture.planes[0], picture.layout.depth,
            memory.alpha, memory.kinds, memory.reference,
            weights_after(ratio), min(STRIDE * ratio, 1.0), out, memory.spare,
        )  # fmt: skip
        memory.alpha = out
        memory.reference, memory.spare = memory.spare, memory.reference
        return memory.alpha, memory.kinds


def weights_after(ratio: float) -> Weights:
    """Weights of the new alpha after `ratio` time constants, by level of evidence.

    Evidence e from 0 to 1 shortens the time constant to (1 - e) of itself: weight
    1 - exp(-ratio / (1 - e)), exactly 1 at the end.
    """
    patience = 1 - np.arange(LEVELS - 1) / (LEVELS - 1)
    return np.append(1 - np.exp(-ratio / patience), 1).astype(np.float32)
