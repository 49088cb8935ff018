"""Layers and blocks of nets, told to kernels: torch's, or their weights alone (models.parts)."""

from typing import Any

import numpy as np

from kernels.types import Floats
from models.maps import Map
from models.packed import (
    LINEAR,
    RELU,
    Filters,
    Limits,
    Matrix,
    Squared,
    Store,
    Sums,
    whole,
)
from models.parts import numbers
from models.plan import Plan


class Packer:
    """Packs layers into one memory."""

    def __init__(self) -> None:
        self.store = Store()

    def sums(self, layer: Any, limits: Limits = LINEAR, stride: int = 1, dilation: int = 1) -> Sums:
        """A convolution, or a linear layer of each pixel.

        stride, dilation: pixels from one result to the next, and from one tap to the next; the
        layer itself does not tell.
        """
        return self.store.sums(*numbers(layer), limits, stride, dilation)

    def more(self, layer: Any, limits: Limits = LINEAR) -> Sums:
        """The same linear layer, but for its bias: of what is added to what it had."""
        weight, bias = numbers(layer)
        return self.store.sums(weight, np.zeros_like(bias), limits)

    def squared(self, layer: Any, limits: Limits = LINEAR) -> Squared:
        """A convolution of 3x3 taps."""
        return self.store.squared(*numbers(layer), limits)

    def first(self, layer: Any, limits: Limits) -> Sums:
        """A Filter (models.layers) of stride 2 that reads a picture."""
        weight, bias, begin = _filter(layer, 2)
        return self.store.sums(weight, bias, limits, 2, begin=begin)

    def filters(self, layer: Any, limits: Limits, stride: int = 1) -> Filters:
        """A Filter of each channel by itself."""
        weight, bias, begin = _filter(layer, stride)
        return self.store.filters(weight, bias, limits, stride, begin)

    def matrix(self, layer: Any, outputs: int, inputs: int) -> Matrix:
        """A linear layer, with zeros up to so many."""
        weight, bias = numbers(layer)
        return self.store.matrix(weight[:, :, 0, 0], bias, outputs, inputs)

    def gate(self, gate: Any) -> tuple[Matrix, Matrix]:
        """Squeeze and excite."""
        middle, wide = np.shape(gate.squeeze.weight)
        squeeze = self.matrix(gate.squeeze, middle, whole(wide))
        return squeeze, self.matrix(gate.excite, whole(wide), middle)


def _filter(layer: Any, stride: int) -> tuple[Floats, Floats, int]:
    """Weight and bias, and where the taps begin.

    Of a stride of 2, sides are even where there is a row and a column in front (models.layers).
    These are left out where training has left them zero.
    """
    weight, bias = numbers(layer)
    sides = weight.shape[2]
    if stride == 1:
        return weight, bias, -(sides // 2)
    begin = 1 - sides // 2
    if sides % 2 == 0 and not weight[..., 0, :].any() and not weight[..., 0].any():
        weight, begin = weight[..., 1:, 1:], begin + 1
    return weight, bias, begin


class Block:
    """Widen, filter each channel, gate, narrow; adds its input where the shapes allow.

    As models.selfie and models.efficient_lite have them.
    """

    def __init__(
        self, packer: Packer, block: Any, limits: Limits, stride: int = 1, hard: bool = False
    ) -> None:
        """limits: of what is widened and filtered; hard: it is swished instead."""
        limits = LINEAR if hard else limits
        widen, gate = (getattr(block, name, None) for name in ("widen", "gate"))
        self._wide, self._outer = np.shape(block.filter.weight)[0], np.shape(block.narrow.weight)[0]
        inner = self._wide if widen is None else np.shape(widen.weight)[1]
        self._widen = None if widen is None else packer.sums(widen, limits)
        self._filter = packer.filters(block.filter, limits, stride)
        self._gate = None if gate is None else packer.gate(gate)
        self._narrow, self._hard = packer.sums(block.narrow), hard
        self._adds = stride == 1 and inner == self._outer

    def __call__(self, plan: Plan, x: Map) -> Map:
        """A map of which all is known one pixel around."""
        wide = x
        if self._widen is not None:
            margin = self._filter.sides // 2
            wide = plan.sums(x, self._widen, plan.new(x.rows, x.columns, self._wide, margin))
            self._activate(plan, wide)
        stride = self._filter.stride
        filtered = plan.new(x.rows // stride, x.columns // stride, self._wide)
        plan.filters(wide, self._filter, filtered)
        self._activate(plan, filtered)
        if self._gate is not None:
            plan.gate(filtered, *self._gate)
        out = plan.new(filtered.rows, filtered.columns, self._outer)
        return plan.sums(filtered, self._narrow, out, x if self._adds else None)

    def _activate(self, plan: Plan, maps: Map) -> None:
        if self._hard:
            plan.swish(maps)


class Residual:
    """Adds two convolutions of 3x3 taps to its input."""

    def __init__(self, packer: Packer, layers: Any) -> None:
        self._first, self._second = (
            packer.squared(each, RELU) for each in (layers.first, layers.second)
        )

    def __call__(self, plan: Plan, x: Map) -> Map:
        """A map like `x`."""
        middle, out = (plan.new(x.rows, x.columns, x.channels, x.margin) for _ in range(2))
        plan.squared(x, self._first, middle)
        return plan.squared(middle, self._second, out, x)


class Around:
    """Adds what few channels of cells far apart tell."""

    def __init__(self, packer: Packer, layers: Any, apart: int) -> None:
        """apart: cells from one to the next that are read."""
        self._first = packer.sums(layers.first, RELU, dilation=apart)
        self._second = packer.sums(layers.second, RELU)

    def __call__(self, plan: Plan, x: Map) -> Map:
        """A map like `x`."""
        middle = plan.new(x.rows, x.columns, self._first.outputs)
        out = plan.new(x.rows, x.columns, x.channels, x.margin)
        plan.sums(x, self._first, middle)
        return plan.sums(middle, self._second, out, x)
