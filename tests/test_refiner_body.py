"""A stack of convolutions run by kernels, against torch's."""

import numpy as np
import pytest
import torch

from kernels.convolve import fill
from models.refiner_body import SparseBody
from models.refiner_net import Body, Context, Scout, Trunk
from models.refiner_shape import Shape
from tests.edges import normal

BODIES = {
    "scout": Scout(Shape()),
    "context": Context(Shape()),
    "wide": Scout(Shape(scout=48, noticed=16)),
    "odd": Scout(Shape(scout=20)),  # between widths of registers
    "flat": Scout(Shape(scout_dilations=())),
}


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_says_what_torch_says_where_it_is_wanted(name: str, half: bool) -> None:
    body: Body = BODIES[name]
    rows, columns, inputs = 21, 26, body.stem.in_channels
    runner = SparseBody(body, [each.dilation[0] for each in body.blocks], half)
    wanted = np.zeros((rows, columns), np.bool_)
    wanted[3:6, 19:23] = wanted[17, 2] = True
    with torch.inference_mode():
        # Twice, another picture first: nothing of it may be left.
        for seed in (5, 6):
            values = normal(rows, columns, inputs, seed=seed)
            fill(values, runner.margin, 0, runner.given(rows, columns))
            found = runner(wanted if seed == 6 else np.ones_like(wanted))
            expected = body(torch.from_numpy(values).permute(2, 0, 1)[None])[0]
    expected = expected.permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found[wanted], expected[wanted], atol=0.05 if half else 1e-4)
    assert not found[~wanted].any()


def test_a_body_that_is_not_padded_says_the_same_further_in() -> None:
    trunk = Trunk(Shape())
    values = normal(20, 22, trunk.stem.in_channels)
    runner = SparseBody(trunk, Shape().trunk_dilations, half=False)
    fill(values, runner.margin, 0, runner.given(20, 22))
    inner = slice(runner.reach, -runner.reach)
    wanted = np.zeros((20, 22), np.bool_)
    wanted[inner, inner] = True
    with torch.inference_mode():
        expected = trunk(torch.from_numpy(values).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    np.testing.assert_allclose(runner(wanted)[inner, inner], expected.numpy(), atol=1e-4)


def test_what_is_wanted_must_be_of_the_size_that_was_given() -> None:
    runner = SparseBody(Context(Shape()), Shape().context_dilations, half=False)
    runner.given(4, 6)
    with pytest.raises(ValueError, match=r"\(6, 4\)"):
        runner(np.ones((6, 4), np.bool_))
