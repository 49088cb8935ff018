"""The steps of the Selfie nets (models.selfie): what they see, and what they judge by it."""

import math
from typing import Any

import numpy as np

from models.kernel_blocks import Block, Packer
from models.maps import Map
from models.packed import LINEAR, RELU, RGB, Matrix
from models.parts import Part, numbers
from models.plan import Plan
from models.sizes import Sized

_MIDDLE, _LATE = (2, 1), (2, 1, 1, 1, 1)
"""Strides of blocks."""


class SelfieEyes:
    """Gives what is seen at a 2nd, 4th, 8th and 16th of the size."""

    def __init__(self, packer: Packer, net: Any) -> None:
        self._stem = packer.first(net.stem, LINEAR)
        self._early = Block(packer, net.early, RELU, 2)
        self._middle = [
            Block(packer, each, RELU, stride)
            for each, stride in zip(net.middle, _MIDDLE, strict=True)
        ]
        self._late = [
            Block(packer, each, RELU, stride, hard=True)
            for each, stride in zip(net.late, _LATE, strict=True)
        ]

    def __call__(self, plan: Plan, picture: Map) -> tuple[Map, Map, Map, Map]:
        """A map of a picture in [0, 1]."""
        first = plan.new(picture.rows // 2, picture.columns // 2, self._stem.outputs)
        plan.sums(picture, self._stem, first)
        plan.swish(first)
        second = self._early(plan, first)
        third = through(self._middle, plan, second)
        return first, second, third, through(self._late, plan, third)


def through(blocks: list[Block], plan: Plan, x: Map) -> Map:
    """One block after another."""
    for block in blocks:
        x = block(plan, x)
    return x


class _Summed:
    """A linear layer of what is the sum of one or two maps."""

    def __init__(self, packer: Packer, layer: Any) -> None:
        self._layer, self._more = packer.sums(layer), packer.more(layer)

    def __call__(self, plan: Plan, *maps: Map) -> Map:
        first, *others = maps
        found = plan.sums(first, self._layer, self._new(plan, first))
        for each in others:
            found = plan.sums(each, self._more, self._new(plan, each), found)
        return found

    def _new(self, plan: Plan, like: Map) -> Map:
        return plan.new(like.rows, like.columns, self._layer.outputs)


class _Merge:
    """Doubles the deep features and gates the shallow ones by both, where these lie."""

    def __init__(self, packer: Packer, merge: Any) -> None:
        self._project = _Summed(packer, merge.project)
        self._gate = packer.gate(merge.gate)
        self._mix, self._filter = packer.sums(merge.mix, RELU), packer.filters(merge.filter, RELU)

    def __call__(self, plan: Plan, deep: tuple[Map, ...], shallow: Map) -> tuple[Map, Map]:
        """deep: maps whose sum is meant, as it is of what this gives."""
        # Linear a pixel, so the projection may come before the doubling, which keeps the mean.
        small = self._project(plan, *deep)
        plan.weigh(shallow, (shallow, small), *self._gate)
        size = shallow.rows, shallow.columns, shallow.channels
        both = plan.lift(small, shallow, plan.new(*size), -math.inf)
        mixed = plan.sums(both, self._mix, plan.new(*size, self._filter.sides // 2))
        return mixed, plan.filters(mixed, self._filter, plan.new(*size))


class _Judge:
    """Logits of alpha, from what is seen."""

    def __init__(self, packer: Packer, net: Any) -> None:
        self._feature = packer.sums(net.feature, RELU)
        self._context = _by_mean(packer, net.context)
        self._merges = [_Merge(packer, each) for each in net.merges]
        self._segment = _Summed(packer, net.segment)

    def __call__(self, plan: Plan, *seen: Map) -> Map:
        first, second, third, fourth = seen
        y = plan.new(fourth.rows, fourth.columns, self._feature.outputs)
        plan.weigh(plan.sums(fourth, self._feature, y), (fourth,), *self._context)
        deep: tuple[Map, ...] = (y,)
        for merge, shallow in zip(self._merges, (third, second, first), strict=True):
            deep = merge(plan, deep, shallow)
        return self._segment(plan, *deep)


def _by_mean(packer: Packer, layer: Any) -> tuple[Matrix, Matrix]:
    """A linear layer as two with a rectifier between: x is what is left of it and of -x."""
    weight, bias = (each.squeeze() for each in numbers(layer))
    inputs = weight.shape[1]
    signs = np.vstack([np.eye(inputs), -np.eye(inputs)]).astype(np.float32)
    nothing = np.zeros(2 * inputs, np.float32)
    store = packer.store
    return (
        store.matrix(signs, nothing, 2 * inputs, inputs),
        store.matrix(np.hstack([weight, -weight]), bias, len(bias), 2 * inputs),
    )


class SelfiePlan:
    """The net on pictures of any size."""

    def __init__(self, net: Part) -> None:
        packer = Packer()
        self._eyes, self._judge = SelfieEyes(packer, net), _Judge(packer, net)
        self._weights = packer.store.numbers()

    def sized(self, height: int, width: int) -> Sized:
        """For pictures of (height, width), multiples of 16."""
        plan = Plan()
        picture, *others = (
            plan.new(height, width, RGB, 2),
            plan.new(height // 2, width // 2, 4 * RGB),
            plan.new(height // 2, width // 2, RGB),
        )
        plan.show(picture, *others)
        plan.tell(self._judge(plan, *self._eyes(plan, picture)))
        plan.keep(picture, *others)
        return Sized(plan.program(self._weights))
