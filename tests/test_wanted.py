"""Convolutions in squares where they are wanted, against torch's."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from kernels.convolve import new_map
from kernels.types import Floats, Places, Wanted
from kernels.wanted import (
    BEYOND,
    Transformed,
    blocks_of,
    clear_rest,
    convolve_wanted,
    room_for,
    seen_by,
    transform,
)
from tests.edges import normal

SIZES = [(1, 1), (9, 13), (24, 30)]


def layer_of(inputs: int, outputs: int, dilation: int) -> tuple[Floats, Floats, Transformed]:
    """Weights, and how they are packed."""
    weight = normal(outputs, inputs, 3, 3, seed=2) / np.float32((9 * inputs) ** 0.5)
    bias = normal(outputs, seed=3)
    return weight, bias, transform(weight, bias, dilation, -(-inputs // 16) * 16)


def by_torch(values: Floats, weight: Floats, bias: Floats, dilation: int, add: bool) -> Floats:
    given = torch.from_numpy(values).permute(2, 0, 1)[None]
    weights = (torch.from_numpy(each) for each in (weight, bias))
    found = F.relu(F.conv2d(given, *weights, padding=dilation, dilation=dilation))
    found = found + given if add else found
    return found[0].permute(1, 2, 0).numpy()


def put(values: Floats, margin: int) -> Floats:
    """A map that holds them."""
    rows, columns, channels = values.shape
    found = new_map(rows, columns, -(-channels // 16) * 16, margin, False)
    found[margin : margin + rows, margin : margin + columns, :channels] = values
    return np.asarray(found, np.float32)


def everywhere(rows: int, columns: int, layer: Transformed) -> Places:
    return blocks_of(np.ones((rows, columns), np.bool_), 0, layer.side)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dilation", [1, 2, 4])
@pytest.mark.parametrize(("inputs", "outputs", "add"), [(7, 20, False), (32, 32, True)])
def test_all_of_a_map_is_that_of_torch(
    size: tuple[int, int], dilation: int, inputs: int, outputs: int, add: bool
) -> None:
    weight, bias, layer = layer_of(inputs, outputs, dilation)
    values, margin = normal(*size, inputs), BEYOND * dilation
    source = put(values, margin)
    out = put(np.zeros((*size, outputs), np.float32), margin)
    scratch = np.full(room_for(layer), np.nan, np.float32)
    blocks = everywhere(*size, layer)
    convolve_wanted(source, margin, layer, blocks, *size, add, out, scratch)
    rows, columns = size
    inside = np.s_[margin : margin + rows, margin : margin + columns]
    expected = by_torch(values, weight, bias, dilation, add)
    np.testing.assert_allclose(out[inside][..., :outputs], expected, atol=1e-4)
    out[inside] = 0
    assert not out.any()  # nothing around it was written to


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_what_is_beside_what_was_computed_does_not_count(dilation: int) -> None:
    """Not even in the last digit."""
    weight, bias, layer = layer_of(16, 16, dilation)
    rows, columns, margin = 40, 44, BEYOND * dilation
    wanted = np.zeros((rows, columns), np.bool_)
    wanted[9:12, 30:37] = wanted[35, 2] = True
    near = blocks_of(wanted, dilation, 4)
    values, found = normal(rows, columns, 16), []
    for spoiled in (0, 1e6):
        source = put(np.where(_within(near, 4, rows, columns)[..., None], values, spoiled), margin)
        blocks = blocks_of(wanted, 0, layer.side)
        clear_rest(near, 4, layer, blocks, rows, columns, margin, source)
        out = np.zeros_like(source)
        scratch = np.zeros(room_for(layer), np.float32)
        convolve_wanted(source, margin, layer, blocks, rows, columns, True, out, scratch)
        found.append(out[margin : margin + rows, margin : margin + columns][wanted])
    np.testing.assert_array_equal(*found)
    expected = by_torch(values, weight, bias, dilation, True)[wanted]
    np.testing.assert_allclose(found[0], expected, atol=1e-4)
    seen = seen_by(blocks_of(wanted, 0, layer.side), layer, rows, columns)
    assert (seen & ~_within(near, 4, rows, columns)).any()  # there was something to clear


def _within(blocks: Places, side: int, rows: int, columns: int) -> Wanted:
    held = np.zeros((rows, columns), np.bool_)
    for y, x in blocks:
        held[y : y + side, x : x + side] = True
    return held


@pytest.mark.parametrize("side", [4, 8, 16])
@pytest.mark.parametrize("reach", [0, 1, 5])
def test_blocks_are_those_within_reach_of_what_is_wanted(side: int, reach: int) -> None:
    wanted = np.random.default_rng(1).random((37, 50)) < 0.01
    expected = []
    for y in range(0, 37, side):
        for x in range(0, 50, side):
            above, left = max(y - reach, 0), max(x - reach, 0)
            if wanted[above : y + side + reach, left : x + side + reach].any():
                expected.append((y, x))
    assert len(expected) > 0
    assert list(map(tuple, blocks_of(wanted, reach, side))) == expected
    assert not len(blocks_of(np.zeros((37, 50), np.bool_), reach, side))


def test_squares_see_as_far_around_a_block_as_its_pixels_lie_apart() -> None:
    layer = layer_of(16, 16, 2)[2]
    seen = seen_by(np.array([[8, 0], [16, 24]], np.int32), layer, 22, 30)
    expected = np.zeros((22, 30), np.bool_)
    expected[6:18, 0:10] = expected[14:22, 22:30] = True
    np.testing.assert_array_equal(seen, expected)


def test_what_does_not_fit_is_refused() -> None:
    layer, wide = layer_of(16, 16, 1)[2], layer_of(16, 32, 1)[2]
    source, blocks = put(normal(8, 8, 16), BEYOND), everywhere(8, 8, layer)
    narrow, out = put(normal(8, 8, 16), 1), put(normal(8, 8, 32), BEYOND)
    scratch = np.zeros(room_for(wide), np.float32)
    for each, add, margin, given, taken, room in (
        (layer, False, BEYOND, source, out, scratch),
        (wide, True, BEYOND, source, out, scratch),
        (layer, False, 1, narrow, narrow.copy(), scratch),
        (layer, False, BEYOND, source, narrow, scratch),
        (layer, False, BEYOND, out, source, scratch),
        (layer, False, BEYOND, source, source.copy(), scratch[: room_for(layer) - 1]),
    ):
        with pytest.raises(ValueError, match=r"fit|added"):
            convolve_wanted(given, margin, each, blocks, 8, 8, add, taken, room)
    with pytest.raises(ValueError, match="fit"):
        convolve_wanted(source, BEYOND, layer, blocks, 40, 8, False, source.copy(), scratch)
