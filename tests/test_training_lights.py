"""Shadows and strong light in the rooms of clips."""

from collections.abc import Callable

import numpy as np
import pytest

from models.training.lights import shaded, shadowed, sunlit


@pytest.mark.parametrize("light", [shaded, sunlit])
@pytest.mark.parametrize("size", [(1, 1), (33, 47), (160, 288)])
def test_rooms_stay_pictures_and_change(
    light: Callable[..., np.ndarray], size: tuple[int, int]
) -> None:
    room = np.random.default_rng(1).random((*size, 3), np.float32)
    kept, changed = room.copy(), 0
    for seed in range(10):
        lit = light(np.random.default_rng(seed), room)
        assert lit.shape == room.shape and lit.dtype == np.float32
        assert lit.min() >= 0 and lit.max() <= 1
        changed += bool(np.abs(lit - room).max() > 0.05)
    np.testing.assert_array_equal(room, kept)
    assert changed >= 5 or size == (1, 1)


def test_people_cast_a_shadow_beside_them_and_nobody_casts_none() -> None:
    shown = np.full((2, 40, 60, 3), 0.8, np.float32)
    share = np.zeros((2, 40, 60, 1), np.float32)
    np.testing.assert_array_equal(shadowed(np.random.default_rng(1), shown, share), shown)
    share[:, 10:30, 20:40] = 1
    beside = 0
    for seed in range(10):
        dark = shadowed(np.random.default_rng(seed), shown, share)
        assert dark.dtype == np.float32 and (dark <= shown).all() and dark.min() >= 0
        beside += bool((dark[share[..., 0] == 0] < 0.75).any())
    assert beside >= 5
