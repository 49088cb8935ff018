"""Layers and blocks of torch, told to kernels."""

from typing import Any

from torch import nn

from kernels.types import Floats
from models.layers import Filter
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
from models.plan import Plan


def numbers(layer: nn.Module) -> tuple[Floats, Floats]:
    """Weight and bias of a layer, a linear one's as those of a convolution of one tap."""
    told = layer.state_dict()
    weight, bias = (told[name].float().numpy() for name in ("weight", "bias"))
    return weight if weight.ndim == 4 else weight[:, :, None, None], bias


class Packer:
    """Packs layers into one memory."""

    def __init__(self) -> None:
        self.store = Store()

    def sums(self, layer: Any, limits: Limits = LINEAR) -> Sums:
        """A convolution, or a linear layer of each pixel."""
        stride, dilation = (getattr(layer, name, (1, 1))[0] for name in ("stride", "dilation"))
        return self.store.sums(*numbers(layer), limits, stride, dilation)

    def squared(self, layer: nn.Module, limits: Limits = LINEAR) -> Squared:
        """A convolution of 3x3 taps."""
        return self.store.squared(*numbers(layer), limits)

    def first(self, layer: Filter, limits: Limits) -> Sums:
        """A Filter of stride 2 that reads a picture."""
        weight, bias, begin = _filter(layer)
        return self.store.sums(weight, bias, limits, 2, begin=begin)

    def filters(self, layer: Filter, limits: Limits) -> Filters:
        """A Filter of each channel by itself."""
        weight, bias, begin = _filter(layer)
        return self.store.filters(weight, bias, limits, layer.stride[0], begin)

    def matrix(self, layer: nn.Module, outputs: int, inputs: int) -> Matrix:
        """A linear layer, with zeros up to so many."""
        weight, bias = numbers(layer)
        return self.store.matrix(weight[:, :, 0, 0], bias, outputs, inputs)


def _filter(layer: Filter) -> tuple[Floats, Floats, int]:
    """Weight and bias, and where the taps begin.

    Without the row and column in front (models.layers), where training has left them zero.
    """
    weight, bias = numbers(layer)
    begin = -int(layer.padding[0])
    if layer.stride == (2, 2) and not weight[..., 0, :].any() and not weight[..., 0].any():
        weight, begin = weight[..., 1:, 1:], begin + 1
    return weight, bias, begin


class Block:
    """Widen, filter each channel, gate, narrow; adds its input where the shapes allow.

    As models.selfie and models.efficient_lite have them.
    """

    def __init__(self, packer: Packer, block: Any, limits: Limits, hard: bool = False) -> None:
        """limits: of what is widened and filtered; hard: it is swished instead."""
        limits = LINEAR if hard else limits
        gate = getattr(block, "gate", None)
        self._wide, self._outer = block.filter.weight.shape[0], block.narrow.out_features
        self._widen = None if block.widen is None else packer.sums(block.widen, limits)
        self._filter = packer.filters(block.filter, limits)
        self._gate = None if gate is None else _gate(packer, gate, self._wide)
        self._narrow, self._hard, self._adds = packer.sums(block.narrow), hard, bool(block.residual)

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


def _gate(packer: Packer, gate: Any, wide: int) -> tuple[Matrix, Matrix]:
    """Squeeze and excite."""
    middle = gate.squeeze.out_features
    squeeze = packer.matrix(gate.squeeze, middle, whole(wide))
    return squeeze, packer.matrix(gate.excite, whole(wide), middle)


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

    def __init__(self, packer: Packer, layers: Any) -> None:
        self._first, self._second = (
            packer.sums(each, RELU) for each in (layers.first, layers.second)
        )

    def __call__(self, plan: Plan, x: Map) -> Map:
        """A map like `x`."""
        middle = plan.new(x.rows, x.columns, self._first.outputs)
        out = plan.new(x.rows, x.columns, x.channels, x.margin)
        plan.sums(x, self._first, middle)
        return plan.sums(middle, self._second, out, x)
