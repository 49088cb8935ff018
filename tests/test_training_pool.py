"""Clips that are learnt from more than once, and steps that may be recorded."""

import numpy as np
import pytest
import torch

from models.training.feed import Block
from models.training.pool import Ring, varied
from models.training.recorded import Recorded


def block(*levels: int, side: int = 8) -> Block:
    """Clips of two frames, each of one level, its left half bright in alpha."""
    rgb = torch.tensor(levels, dtype=torch.uint8).view(1, -1, 1, 1, 1).repeat(2, 1, side, side, 3)
    alpha = torch.zeros(2, len(levels), side, side, dtype=torch.uint8)
    alpha[..., : side // 2] = 255
    return Block(rgb, alpha, torch.full_like(alpha, 255))


def levels(drawn: Block) -> set[int]:
    return {10 * round(float(each) / 10) for each in drawn.rgb.float().mean((0, 2, 3, 4))}


def test_a_ring_keeps_the_last_clips() -> None:
    ring, random = Ring(3, 1), np.random.default_rng(1)
    ring.put(block(10, 20))
    assert levels(Block(*ring.draw(random, 2))) == {10, 20}
    assert len(ring) == 2
    ring.put(block(30, 40))
    assert levels(Block(*ring.draw(random, 3))) == {20, 30, 40}
    assert len(ring) == 3


def test_a_ring_gives_enough_clips_and_refuses_too_many() -> None:
    ring, random = Ring(2, 1), np.random.default_rng(1)
    ring.put(block(10))
    assert [tuple(each.shape[:2]) for each in ring.draw(random, 3)] == [(2, 3)] * 3
    with pytest.raises(ValueError, match="3 at once, of 2"):
        ring.put(block(1, 2, 3))


def test_in_another_light_picture_and_alpha_stay_together() -> None:
    random = np.random.default_rng(1)
    given = block(*[100] * 40)
    given.rgb[..., 4:, :] = 0
    drawn = varied(random, given)
    bright = drawn.rgb.sum(-1) > 0
    assert torch.equal(bright, drawn.alpha > 0)
    mirrored = drawn.alpha[0, :, 0, 0] == 0
    assert 5 < int(mirrored.sum()) < 35
    assert torch.equal(drawn.rgb[0], drawn.rgb[1])
    assert len(drawn.rgb[..., 0].amax((0, 2, 3)).unique()) > 10


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_recorded_step_does_what_the_step_does(device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU")
    weight = torch.ones(3, device=device)

    def step(given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        weight.mul_(2)
        return (weight * given.sum(),)

    recorded = Recorded(step)
    for n in range(1, 13):
        (found,) = recorded(torch.full((n % 2 + 1,), float(n), device=device))
        expected = 2.0**n * n * (n % 2 + 1)
        torch.testing.assert_close(found.cpu(), torch.full((3,), expected))
