"""Steps of a net on maps in one memory, against torch's layers."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kernels.threads import available, use_threads
from kernels.types import Floats
from models.efficient_lite import Block as LiteBlock
from models.heap import Heap
from models.kernel_blocks import Around, Block, Packer, Residual
from models.layers import pad_kernels
from models.maps import Map
from models.packed import LINEAR, RELU, RELU6, Limits, Sums
from models.person_net import Far, _Gated, _Residual
from models.plan import Plan
from models.program import Program
from models.selfie import _Bottleneck, _Gate
from tests.edges import normal

SIZES = [(1, 1), (5, 7), (9, 16), (18, 32), (24, 8)]
Build = Callable[[Plan, Packer, Map], Map]


def planned(
    build: Build, size: tuple[int, int], channels: int, margin: int
) -> tuple[Program, Map, Map]:
    """A program that is given a map, and that and its result."""
    plan, packer = Plan(), Packer()
    given = plan.new(*size, channels, margin)
    found = build(plan, packer, given)
    plan.keep(given, found)
    return plan.program(packer.store.numbers()), given, found


def found_in(program: Program, given: Map, found: Map, values: Floats) -> Floats:
    program.inside(given)[..., : values.shape[2]] = values
    program.run()
    return program.inside(found).copy()


def ran(build: Build, values: Floats, margin: int = 0) -> Floats:
    """What is found, and nothing else but that: what is around maps stays what it was."""
    program, given, found = planned(build, values.shape[:2], values.shape[2], margin)
    result = found_in(program, given, found, values)
    np.testing.assert_array_equal(found_in(program, given, found, values), result)
    return result


def chance(layer: nn.Module, scale: float = 0.3) -> nn.Module:
    torch.manual_seed(7)
    for each in layer.parameters():
        nn.init.normal_(each, 0, scale)
    return layer.eval().requires_grad_(False)


def by(layer: Callable[[Tensor], Tensor], values: Floats) -> Floats:
    """A layer of (N, C, H, W), of what lies in (H, W, C)."""
    with torch.inference_mode():
        found = layer(torch.from_numpy(values).permute(2, 0, 1)[None])
        return np.ascontiguousarray(found[0].permute(1, 2, 0).numpy())


def close(found: Floats, whole: Floats, limits: Limits = LINEAR) -> None:
    """As far as `whole` goes, which is to be limited; idle channels behind are 0."""
    channels, expected = whole.shape[2], np.clip(whole, *limits)
    scale = max(float(np.abs(whole).max()), 1)
    np.testing.assert_allclose(found[..., :channels], expected, atol=2e-5 * scale)
    assert not found[..., channels:].any()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("limits", [LINEAR, RELU, RELU6])
@pytest.mark.parametrize(("inputs", "outputs"), [(3, 16), (12, 20), (32, 48)])
def test_convolutions_are_those_of_torch(
    size: tuple[int, int], limits: Limits, inputs: int, outputs: int
) -> None:
    values = 3 * normal(*size, inputs)
    for sides, dilation in ((1, 1), (3, 1), (3, 2), (3, 4)):
        reach = sides // 2 * dilation
        layer = chance(nn.Conv2d(inputs, outputs, sides, 1, reach, dilation))
        told = partial(Packer.sums, layer=layer, limits=limits, dilation=dilation)

        def build(
            plan: Plan, packer: Packer, given: Map, told: Callable[[Packer], Sums] = told
        ) -> Map:
            return plan.sums(given, told(packer), plan.new(given.rows, given.columns, outputs, 2))

        close(ran(build, values, reach), by(layer, values), limits)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("limits", [LINEAR, RELU, RELU6])
@pytest.mark.parametrize(("inputs", "outputs"), [(12, 4), (16, 16), (48, 32), (128, 128)])
def test_squares_are_those_of_torch(
    size: tuple[int, int], limits: Limits, inputs: int, outputs: int
) -> None:
    values = normal(*size, inputs)
    layer = chance(nn.Conv2d(inputs, outputs, 3, 1, 1))
    for margin in (0, 1):

        def build(plan: Plan, packer: Packer, given: Map, margin: int = margin) -> Map:
            out = plan.new(given.rows, given.columns, outputs, margin)
            return plan.squared(given, packer.squared(layer, limits), out)

        close(ran(build, values, 1), by(layer, values), limits)


@pytest.mark.parametrize("kind", ["sums", "squared"])
@pytest.mark.parametrize("size", SIZES)
def test_what_lies_beside_is_added_before_the_limits(size: tuple[int, int], kind: str) -> None:
    values = normal(*size, 16)
    layer = chance(nn.Conv2d(16, 16, 3, 1, 1))

    def build(plan: Plan, packer: Packer, given: Map) -> Map:
        out = plan.new(given.rows, given.columns, 16, 1)
        packed = getattr(packer, kind)(layer, RELU)
        found: Map = getattr(plan, kind)(given, packed, out, given)
        return found

    close(ran(build, values, 1), by(layer, values) + values, RELU)


@pytest.mark.parametrize("size", [(2, 2), (10, 14), (18, 32)])
def test_half_as_large_each_way_of_reading(size: tuple[int, int]) -> None:
    values = normal(*size, 16)
    layer = chance(nn.Conv2d(16, 32, 3, 2, 1))

    def build(plan: Plan, packer: Packer, given: Map) -> Map:
        return plan.sums(
            given, packer.sums(layer, stride=2), plan.new(given.rows // 2, given.columns // 2, 32)
        )

    close(ran(build, values, 1), by(layer, values))


@pytest.mark.parametrize("size", [(2, 2), (10, 14), (16, 32)])
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize(("sides", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_blocks_of_both_eyes_are_those_of_torch(
    size: tuple[int, int], sides: int, stride: int, trained: bool
) -> None:
    """trained: the zeros in front of a padded kernel are no longer that."""
    values = normal(*size, 24)
    for narrow in (24, 40):
        for hard, gate in ((False, 0), (True, 8)):
            own = chance(_Bottleneck(24, 72, narrow, sides, stride, gate, hard))
            lite = chance(LiteBlock(24, narrow, sides, stride, 3))
            for layer, limits, swished in ((own, RELU, hard), (lite, RELU6, False)):
                pad_kernels(layer)
                if trained:
                    chance(layer)

                block = partial(Block, block=layer, limits=limits, stride=stride, hard=swished)

                def build(
                    plan: Plan, packer: Packer, given: Map, block: partial[Block] = block
                ) -> Map:
                    return block(packer)(plan, given)

                def torchs(x: Tensor, layer: nn.Module = layer) -> Tensor:
                    found: Tensor = layer(x.permute(0, 2, 3, 1))
                    return found.permute(0, 3, 1, 2)

                close(ran(build, values), by(torchs, values))


@pytest.mark.parametrize("size", SIZES)
def test_residuals_and_what_is_far_are_those_of_torch(size: tuple[int, int]) -> None:
    values = normal(*size, 32)
    residual = chance(_Residual(32), 0.1)
    close(ran(lambda plan, packer, given: Residual(packer, residual)(plan, given), values, 1),
          by(residual, values))  # fmt: skip
    far = chance(Far(nn.Conv2d(32, 13, 3, 1, 8, 8), nn.Conv2d(13, 32, 1)))
    close(ran(lambda plan, packer, given: Around(packer, far, 8)(plan, given), values, 8),
          by(far, values))  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (9, 16)])
def test_what_is_everywhere_is_told_to_each_pixel(size: tuple[int, int]) -> None:
    values = normal(*size, 32)
    layer = chance(nn.Linear(32, 32))

    def build(plan: Plan, packer: Packer, given: Map) -> Map:
        plan.everywhere(given, packer.matrix(layer, 32, 32))
        return given

    def torchs(x: Tensor) -> Tensor:
        told: Tensor = layer(x.mean((2, 3)))
        return x + told[..., None, None]

    program, given, _ = planned(build, size, 32, 1)
    close(found_in(program, given, given, values), by(torchs, values))


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (9, 16)])
def test_channels_are_weighed_by_the_means_of_two_others(size: tuple[int, int]) -> None:
    values, first, second = (normal(*size, 32, seed=seed) for seed in (4, 5, 6))
    gate, packer, plan = chance(_Gate(32, 8)), Packer(), Plan()
    maps, one, other = (plan.new(*size, 32, margin) for margin in (1, 0, 2))
    plan.weigh(maps, (one, other), *packer.gate(gate))
    plan.keep(maps, one, other)
    program = plan.program(packer.store.numbers())
    program.inside(one)[:], program.inside(other)[:] = first, second
    found = found_in(program, maps, maps, values)
    with torch.inference_mode():
        weights = gate(torch.from_numpy((first + second).mean((0, 1)))).numpy()
    close(found, values * weights)


def test_a_linear_layer_of_a_sum_may_be_told_of_its_parts() -> None:
    first, second = normal(9, 16, 32, seed=4), normal(9, 16, 32, seed=5)
    layer, packer, plan = chance(nn.Linear(32, 16)), Packer(), Plan()
    one, other = plan.new(9, 16, 32), plan.new(9, 16, 32)
    some, found = plan.new(9, 16, 16), plan.new(9, 16, 16)
    plan.sums(other, packer.more(layer), found, plan.sums(one, packer.sums(layer), some))
    plan.keep(one, other, found)
    program = plan.program(packer.store.numbers())
    program.inside(other)[:] = second
    with torch.inference_mode():
        close(found_in(program, one, found, first), layer(torch.from_numpy(first + second)).numpy())


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (9, 16)])
def test_lifted_maps_are_enlarged_as_torch_does(size: tuple[int, int]) -> None:
    values, shallow = normal(*size, 16), normal(2 * size[0] - 1, 2 * size[1], 16)

    def torchs(x: Tensor) -> Tensor:
        large = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        return F.relu(large[:, :, :-1] + torch.from_numpy(shallow).permute(2, 0, 1))

    plan = Plan()
    deep = plan.new(*size, 16, 1)
    beside, out = (plan.new(*shallow.shape[:2], 16, margin) for margin in (0, 1))
    plan.lift(deep, beside, out, 0)
    plan.keep(deep, beside, out)
    program = plan.program(np.zeros(0, np.float32))
    program.inside(beside)[:] = shallow
    close(found_in(program, deep, out, values), by(torchs, values))


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (18, 32)])
def test_states_are_renewed_as_in_torch(size: tuple[int, int]) -> None:
    values, before = 2 * normal(*size, 64), normal(*size, 32)[..., ::-1].copy()
    layer, packer, plan = chance(_Gated(64, 32), 0.1), Packer(), Plan()
    maps, state = plan.new(*size, 64, 1), plan.new(*size, 32)
    plan.remember(maps, state, packer.squared(layer.gates), packer.squared(layer.candidate))
    plan.keep(maps, state)
    program = plan.program(packer.store.numbers())
    program.inside(state)[:] = before
    found = found_in(program, maps, maps, values)
    with torch.inference_mode():
        given = (torch.from_numpy(each).permute(2, 0, 1)[None] for each in (values, before))
        expected, renewed = (each[0].permute(1, 2, 0).numpy() for each in layer(*given))
    close(found, expected)
    close(program.inside(state), renewed)
    assert np.abs(renewed - before).max() > 0.1


def deep(plan: Plan, packer: Packer, given: Map) -> Map:
    """Some layers of several sizes, whose maps come to lie where others were."""
    layers = [chance(_Residual(16)), chance(_Residual(16)), chance(_Residual(32))]
    x = Residual(packer, layers[0])(plan, given)
    x = plan.sums(
        x, packer.sums(chance(nn.Conv2d(16, 32, 3, 2, 1)), RELU, 2),
        plan.new(given.rows // 2, given.columns // 2, 32, 1),
    )  # fmt: skip
    x = Residual(packer, layers[2])(plan, x)
    x = plan.sums(
        x, packer.sums(chance(nn.Conv2d(32, 16, 3, 1, 1))), plan.new(x.rows, x.columns, 16, 3)
    )
    return Residual(packer, layers[1])(plan, x)


def test_nothing_is_left_of_what_lay_there_before() -> None:
    values = normal(22, 30, 16)
    program, given, found = planned(deep, (22, 30), 16, 1)
    fresh = found_in(program, given, found, values)
    inside = program.inside(given).copy()
    kept = (given, found)
    spoiled = np.full_like(program.memory, 7)
    for each in kept:  # what was kept has zeros around it that nobody may touch
        first = program.told(each)[0] - (each.margin * each.wide + each.margin) * each.channels
        size = (each.rows + 3 + 2 * each.margin) * each.wide * each.channels
        spoiled[first : first + size] = program.memory[first : first + size]
    program.memory[:] = spoiled
    program.inside(given)[:] = inside
    np.testing.assert_array_equal(found_in(program, given, found, values), fresh)


def test_memory_is_used_again() -> None:
    program, given, _ = planned(deep, (64, 64), 16, 1)
    most = 4 * (given.rows + 8) * (given.wide + 8) * given.channels
    assert program.memory.size < most


@pytest.mark.skipif(available() < 2, reason="there is one core")
def test_any_number_of_threads_finds_the_same() -> None:
    values = normal(40, 44, 16)
    program, given, found = planned(deep, (40, 44), 16, 1)
    together = found_in(program, given, found, values)
    use_threads(1)
    try:
        np.testing.assert_array_equal(found_in(program, given, found, values), together)
    finally:
        use_threads(available())


def test_what_does_not_fit_is_refused() -> None:
    packer, plan = Packer(), Plan()
    layer = chance(nn.Conv2d(16, 32, 3, 1, 1))
    narrow, wide, bare = plan.new(8, 8, 16, 1), plan.new(8, 8, 32, 1), plan.new(8, 8, 16)
    small = plan.new(4, 4, 32, 1)
    sums, squared = packer.sums(layer), packer.squared(layer)
    matrix = packer.matrix(chance(nn.Linear(16, 16)), 16, 16)
    refused: list[Callable[[], object]] = [
        lambda: plan.sums(bare, sums, wide),  # reads around it
        lambda: plan.sums(wide, sums, narrow),
        lambda: plan.sums(wide, sums, wide),  # taps that lie farther apart
        lambda: plan.sums(narrow, sums, wide, narrow),  # of other channels
        lambda: plan.sums(small, packer.sums(chance(nn.Conv2d(32, 16, 1))), narrow),
        lambda: plan.squared(bare, squared, wide),
        lambda: plan.squared(narrow, squared, small),
        lambda: plan.squared(wide, squared, wide),
        lambda: plan.squared(narrow, squared, wide, plan.new(8, 8, 32)),
        lambda: plan.lift(small, narrow, narrow, 0),
        lambda: plan.lift(plan.new(2, 2, 32), wide, wide, 0),
        lambda: plan.everywhere(wide, matrix),
        lambda: plan.gate(wide, matrix, matrix),
        lambda: plan.gate(narrow, matrix, packer.matrix(chance(nn.Linear(8, 16)), 16, 8)),
        lambda: plan.weigh(narrow, (narrow, wide), matrix, matrix),
        lambda: plan.weigh(wide, (narrow,), matrix, matrix),
        lambda: plan.everywhere(narrow, packer.matrix(chance(nn.Linear(8, 16)), 16, 8)),
    ]
    for each in refused:
        with pytest.raises(ValueError, match="does not"):
            each()


def test_parts_of_memory_do_not_overlap_while_they_are_in_use() -> None:
    random, heap, taken = np.random.default_rng(3), Heap(10), list[tuple[int, int]]()
    for _ in range(400):
        if taken and random.random() < 0.5:
            heap.give(*taken.pop(int(random.integers(len(taken)))))
            continue
        size = int(random.integers(1, 50))
        at = heap.take(size)
        assert at >= 10
        assert at + size <= heap.end
        assert all(at + size <= other or other + more <= at for other, more in taken)
        taken.append((at, size))
    for each in taken:
        heap.give(*each)
    assert heap.take(heap.end - 10) == 10
