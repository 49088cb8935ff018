"""What pass 1's net is given, and how its alpha is read."""

import numpy as np
import pytest

from models.plan import Plan
from tests.edges import normal


@pytest.mark.parametrize("size", [(32, 32), (48, 80), (208, 176)])
def test_a_picture_is_shown_in_three_ways(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (*size, 3), np.uint8)
    height, width = size
    plan = Plan()
    picture, squares = plan.new(*size, 3, 2), plan.new(height // 2, width // 2, 12, 1)
    half = plan.new(-(-height // 32) * 16, -(-width // 32) * 16, 3, 1)
    plan.show(picture, squares, half)
    plan.keep(picture, squares, half)
    program = plan.program(np.zeros(0, np.float32))
    program.run(rgb)
    with pytest.raises(ValueError, match="planned for"):
        program.run(rgb[2:])
    scaled = rgb.astype(np.float32) / 255
    np.testing.assert_allclose(program.inside(picture), scaled, atol=1e-6)
    parts = scaled.reshape(height // 2, 2, width // 2, 2, 3).transpose(0, 2, 4, 1, 3)
    expected = parts.reshape(height // 2, width // 2, 12) - 0.5
    np.testing.assert_allclose(program.inside(squares)[..., :12], expected, atol=1e-6)
    mean = (parts.mean((3, 4)) * 255 - 127) / 128
    more = [(0, -(-size // 32) * 16 - size // 2) for size in (height, width)]
    expected = np.pad(mean, [*more, (0, 0)], mode="edge")
    np.testing.assert_allclose(program.inside(half), expected, atol=1e-5)
    total = sum(np.abs(program.inside(each)).sum() for each in (picture, squares, half))
    assert np.abs(program.memory).sum() == pytest.approx(total, rel=1e-4)  # 0 around them


def test_alpha_is_the_sigmoid_of_four_channels_a_square() -> None:
    plan = Plan()
    maps = plan.new(7, 9, 4)
    plan.tell(maps)
    plan.keep(maps)
    program = plan.program(np.zeros(0, np.float32))
    logits = 8 * normal(7, 9, 4)
    logits[0, 0] = -200, 200, -90, 90
    program.inside(maps)[..., :4] = logits
    alpha = np.empty((14, 18), np.float32)
    program.run(alpha=alpha)
    for wrong in (alpha[1:], alpha[:, 1:], np.empty((0, 0), np.float32)):
        with pytest.raises(ValueError, match="planned for"):
            program.run(alpha=wrong)
    wide = logits.astype(np.float64).reshape(7, 9, 2, 2).transpose(0, 2, 1, 3).reshape(14, 18)
    np.testing.assert_allclose(alpha, 1 / (1 + np.exp(-wide)), atol=3e-7)
