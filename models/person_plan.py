"""The steps of pass 1's own net: its eyes (models.person_sight), then models.person_net."""

import math
from typing import Any

from models.kernel_blocks import Around, Block, Packer, Residual
from models.maps import Map
from models.packed import RELU, RELU6, RGB
from models.person_shape import APART, STAGES, STATES, STEPS
from models.plan import Plan
from models.selfie_plan import SelfieEyes, through
from models.sizes import Sized


class _Things:
    """See models.person_sight."""

    def __init__(self, packer: Packer, net: Any) -> None:
        self._stem = packer.first(net.stem, RELU6)
        stages = [
            [Block(packer, each, RELU6, 1 if n else stride) for n, each in enumerate(blocks)]
            for blocks, (_, _, stride) in zip(net.stages, STAGES, strict=True)
        ]
        self._near, self._far = (
            [block for stage in part for block in stage] for part in (stages[:3], stages[3:])
        )

    def __call__(self, plan: Plan, half: Map) -> tuple[Map, Map]:
        x = plan.new(half.rows // 2, half.columns // 2, self._stem.outputs, 1)
        near = through(self._near, plan, plan.sums(half, self._stem, x))
        return near, through(self._far, plan, near)


class _Net:
    """See models.person_net."""

    def __init__(self, packer: Packer, net: Any) -> None:
        self._stem = packer.squared(net.stem, RELU)
        self._down = [packer.sums(each, RELU, 2) for each in net.down]
        self._seen = [packer.sums(each) for each in net.seen]
        self._fourth, self._sixteenth, self._deepest, self._edge = (
            Residual(packer, each) for each in (net.fourth, net.sixteenth, net.deepest, net.edge)
        )
        self._eighth = [Residual(packer, each) for each in net.eighth]
        deep = len(net.everywhere.weight)
        self._everywhere = packer.matrix(net.everywhere, deep, deep)
        self._around = [
            Around(packer, each, apart) for each, apart in zip(net.around, APART, strict=True)
        ]
        self._project = [packer.sums(each) for each in net.project]
        self._gated = [
            (packer.squared(each.gates), packer.squared(each.candidate)) for each in net.gated
        ]
        self._mix = [packer.squared(each, RELU) for each in net.mix]
        self._segment = packer.squared(net.segment)
        self._margin = max(APART)

    def __call__(
        self, plan: Plan, squares: Map, people: tuple[Map, ...], things: tuple[Map, Map],
        states: tuple[Map, ...],
    ) -> Map:  # fmt: skip
        told = self._told(plan, 0, people[0], 1)
        first = plan.squared(squares, self._stem, plan.new(*told[3:5], told.channels, 1), told)
        second = self._fourth(plan, self._lower(plan, 0, first, self._told(plan, 1, people[1], 1)))
        third = self._lower(plan, 1, second, self._told(plan, 2, people[2], 1))
        for block in self._eighth:
            third = block(plan, third)
        told = self._told_deep(plan, people[3], *things)
        y = self._deep(plan, self._lower(plan, 2, third, told))
        plan.remember(y, states[1], *self._gated[1])
        y = self._up(plan, 2, y, third)
        plan.remember(y, states[0], *self._gated[0])
        y = self._edge(plan, self._up(plan, 0, self._up(plan, 1, y, second), first))
        return plan.squared(y, self._segment, plan.new(y.rows, y.columns, self._segment.outputs))

    def _told(self, plan: Plan, level: int, seen: Map, margin: int = 0) -> Map:
        layer = self._seen[level]
        return plan.sums(seen, layer, plan.new(seen.rows, seen.columns, layer.outputs, margin))

    def _told_deep(self, plan: Plan, people: Map, near: Map, far: Map) -> Map:
        """All that is seen at a 16th. A layer of single pixels may come before the enlarging."""
        own = self._told(plan, 3, people, self._margin)
        both, every = (plan.new(own.rows, own.columns, own.channels, own.margin) for _ in range(2))
        plan.sums(near, self._seen[4], both, own)
        return plan.lift(self._told(plan, 5, far), both, every, -math.inf)

    def _lower(self, plan: Plan, level: int, x: Map, told: Map) -> Map:
        out = plan.new(told.rows, told.columns, told.channels, told.margin)
        return plan.sums(x, self._down[level], out, told)

    def _deep(self, plan: Plan, x: Map) -> Map:
        y = self._sixteenth(plan, x)
        plan.everywhere(y, self._everywhere)
        y = self._deepest(plan, y)
        for each in self._around:
            y = each(plan, y)
        return y

    def _up(self, plan: Plan, level: int, deep: Map, shallow: Map) -> Map:
        """The deep features twice as large, with the shallow ones."""
        small = plan.new(deep.rows, deep.columns, shallow.channels)
        plan.sums(deep, self._project[level], small)
        both, out = (plan.new(*shallow[3:5], shallow.channels, 1) for _ in range(2))
        return plan.squared(plan.lift(small, shallow, both, 0), self._mix[level], out)


class PersonPlan:
    """The net on pictures of any size."""

    def __init__(self, model: Any, people: Any) -> None:
        """model: a PersonModel's layers; people: those of a SelfieNet."""
        packer = Packer()
        self._people = SelfieEyes(packer, people)
        self._things = _Things(packer, model.things.net)
        self._net, self._weights = _Net(packer, model.net), packer.store.numbers()

    def sized(self, height: int, width: int) -> Sized:
        """For pictures of (height, width), multiples of 16."""
        plan = Plan()
        picture = plan.new(height, width, RGB, 2)
        squares = plan.new(height // 2, width // 2, 4 * RGB, 1)
        half = plan.new(-(-height // 32) * 16, -(-width // 32) * 16, RGB, 1)
        eighth, sixteenth = (
            plan.new(height // step, width // step, own)
            for own, step in zip(STATES, STEPS, strict=True)
        )
        states = eighth, sixteenth
        plan.show(picture, squares, half)
        seen = self._people(plan, picture), self._things(plan, half)
        logits = self._net(plan, squares, *seen, states)
        plan.tell(logits)
        plan.keep(picture, squares, half, *states)
        return Sized(plan.program(self._weights), states)
