"""Layers of a net as kernels.steps reads them: numbers in one memory, and where they lie."""

import math
from typing import NamedTuple

import numpy as np

from kernels.registers import LANES
from kernels.squares import squared_taps
from kernels.types import Floats

Limits = tuple[float, float]
LINEAR: Limits = (-math.inf, math.inf)
RELU: Limits = (0.0, math.inf)
RELU6: Limits = (0.0, 6.0)
RGB = 3
"""Channels of a picture, the only ones that are no multiple of LANES."""


class Sums(NamedTuple):
    """A convolution: what kernels.layers.convolve_map takes, and its outputs."""

    weights: int
    bias: int
    down: int
    across: int
    inputs: int
    dilation: int
    stride: int
    begin: int
    limits: Limits
    read: int
    outputs: int


class Squared(NamedTuple):
    """A convolution of 3x3 taps, in squares."""

    weights: int
    bias: int
    limits: Limits
    inputs: int
    outputs: int


class Filters(NamedTuple):
    """A convolution of each channel by itself."""

    weights: int
    bias: int
    sides: int
    stride: int
    begin: int
    limits: Limits
    channels: int


class Matrix(NamedTuple):
    """A linear function of means."""

    weights: int
    bias: int
    outputs: int
    inputs: int


def whole(channels: int) -> int:
    """The multiple of LANES that holds so many."""
    return -(-channels // LANES) * LANES


class Store:
    """The numbers of a net's layers, in one memory."""

    def __init__(self) -> None:
        self._parts: list[Floats] = []
        self._count = 0

    def numbers(self) -> Floats:
        """All, flat."""
        return _joined(self._parts)

    def sums(
        self, weight: Floats, bias: Floats, limits: Limits, stride: int = 1, dilation: int = 1,
        begin: int | None = None,
    ) -> Sums:  # fmt: skip
        """Of (outputs, inputs, sides, sides) and (outputs,).

        begin: by default such that the taps lie evenly around a pixel.
        """
        outputs, inputs, sides, _ = weight.shape
        read = inputs if inputs == RGB else whole(inputs)
        # Taps of a row are read as one, where they lie side by side.
        side = sides > 1 and dilation == 1
        read = read if side else inputs
        wide = _padded(weight, whole(outputs), read)
        split = wide.reshape(-1, LANES, read, sides, sides).transpose(0, 3, 4, 2, 1)
        return Sums(
            self._kept(split), self._kept(_padded(bias, whole(outputs))), sides,
            1 if side else sides, sides * read if side else read, dilation, stride,
            -(sides // 2) * dilation if begin is None else begin, limits, inputs, outputs,
        )  # fmt: skip

    def squared(self, weight: Floats, bias: Floats, limits: Limits) -> Squared:
        """Of (outputs, inputs, 3, 3) and (outputs,)."""
        outputs, inputs = weight.shape[:2]
        taps, told = squared_taps(weight, bias, whole(inputs))
        return Squared(self._kept(taps), self._kept(told), limits, inputs, outputs)

    def filters(
        self, weight: Floats, bias: Floats, limits: Limits, stride: int, begin: int
    ) -> Filters:
        """Of (channels, 1, sides, sides) and (channels,)."""
        count, _, sides, _ = weight.shape
        wide = _padded(weight[:, 0].transpose(1, 2, 0), sides, sides, whole(count))
        told = self._kept(_padded(bias, whole(count)))
        return Filters(self._kept(wide), told, sides, stride, begin, limits, count)

    def matrix(self, weight: Floats, bias: Floats, outputs: int, inputs: int) -> Matrix:
        """Of (rows, columns) and (rows,), with zeros up to `outputs` and `inputs`."""
        told = self._kept(_padded(bias, outputs))
        return Matrix(self._kept(_padded(weight, outputs, inputs)), told, outputs, inputs)

    def _kept(self, numbers: Floats) -> int:
        """Where it begins."""
        self._parts.append(np.ascontiguousarray(numbers, np.float32).reshape(-1))
        at, self._count = self._count, self._count + whole(numbers.size)
        return at


def _joined(parts: list[Floats]) -> Floats:
    """Each begins at a multiple of LANES numbers, where lines of caches do."""
    starts = np.cumsum([0, *(whole(part.size) for part in parts)])
    found = lined(int(starts[-1]))
    for start, part in zip(starts, parts, strict=False):
        found[start : start + part.size] = part
    return found


def lined(count: int) -> Floats:
    """So many zeros, which begin where a line of caches does."""
    numbers = np.zeros(count + LANES, np.float32)
    return numbers[-numbers.ctypes.data // numbers.itemsize % LANES :][:count]


def _padded(array: Floats, *shape: int) -> Floats:
    """With zeros behind."""
    wider = [size - given for size, given in zip(shape, array.shape, strict=False)]
    return np.pad(array, [(0, more) for more in wider] + [(0, 0)] * (array.ndim - len(wider)))
