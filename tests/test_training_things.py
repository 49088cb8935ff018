"""What stands beside people in clips and is none of them, and strong light on them."""

import numpy as np
import pytest

from models.training import things
from models.training.material import Material
from models.training.placing import glared
from models.training.things import draw_thing

KINDS = "_back", "_bars", "_beam", "_lump"


@pytest.fixture
def front() -> np.ndarray:
    layer = np.zeros((60, 80, 4), np.float32)
    layer[10:, 5:75] = 0.8, 0.7, 0.6, 1
    return layer


@pytest.fixture
def material() -> Material:
    room = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    return Material([], [room])


@pytest.mark.parametrize("kind", KINDS)
def test_things_of_each_kind_are_layers_near_people(
    kind: str, front: np.ndarray, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KINDS:
        monkeypatch.setattr(things, name, getattr(things, kind))
    seen = 0
    for seed in range(20):
        thing = draw_thing(np.random.default_rng(seed), material, front)
        assert thing.shape == front.shape and thing.dtype == np.float32
        assert thing.min() >= 0 and thing[..., 3].max() <= 1
        assert (thing[..., :3] <= thing[..., 3:] + 1e-6).all()
        seen += 0.001 < (thing[..., 3] > 0.5).mean() < 0.95
    assert seen >= 15, seen


def test_where_nobody_is_there_is_no_thing(material: Material) -> None:
    empty = np.zeros((40, 50, 4), np.float32)
    assert not draw_thing(np.random.default_rng(1), material, empty).any()


def test_things_in_the_colour_of_clothes_take_it_mostly_from_below() -> None:
    layer = np.zeros((60, 80, 4), np.float32)
    layer[10:30, 20:60] = 0, 0, 0.8, 1
    layer[30:, 20:60] = 0.8, 0, 0, 1
    worn = [things._worn(np.random.default_rng(seed), layer) for seed in range(50)]
    assert 25 < sum(colour[0] > colour[2] for colour in worn) < 50
    faint = things._worn(np.random.default_rng(1), layer * np.float32(0.6))
    assert faint.shape == (3,) and (faint >= 0).all() and (faint <= 1).all()


def test_strong_light_fades_colours_and_keeps_alpha(front: np.ndarray) -> None:
    bright = 0
    for seed in range(10):
        lit = glared(np.random.default_rng(seed), front)
        np.testing.assert_array_equal(lit[..., 3], front[..., 3])
        assert (lit[..., :3] >= front[..., :3]).all() and (lit[..., :3] <= lit[..., 3:]).all()
        bright += bool((lit[..., :3] == lit[..., 3:])[front[..., 3] > 0].any())
    assert bright
