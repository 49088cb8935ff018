"""Scenes of people cut out of photographs, with the masks that pass 1 gives of them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.actors import Actors
from models.training.samples import MASK, Sample
from models.training.shards import Recipe, Shards, make_shards
from models.training.textures import Textures
from tests.golden.make_selfie import drawn_person

SIDE = MASK
"""A pixel is a coarse one: pictures are as small as they can be."""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What gather leaves and label makes of it at full size: a person and a room."""
    folder = tmp_path_factory.mktemp("photographs")
    for name in ("people", "rooms", "fine/people"):
        (folder / name).mkdir(parents=True)
    y, x = np.mgrid[0:384, 0:384] / 384 - 0.5
    alpha = np.where((x / 0.3) ** 2 + ((y - 0.2) / 0.5) ** 2 < 1, 255, 0).astype(np.uint8)
    cv2.imwrite(str(folder / "people/00000.jpg"), drawn_person(384, 384)[..., ::-1])
    cv2.imwrite(str(folder / "fine/people/00000.png"), alpha)
    room = np.random.default_rng(1).integers(0, 256, (300, 500, 3), np.uint8)
    cv2.imwrite(str(folder / "rooms/00000.jpg"), cv2.GaussianBlur(room, (0, 0), 9))
    return folder


@pytest.fixture(scope="module")
def samples(photographs: Path) -> list[Sample]:
    actors, random = Actors(photographs, Textures()), np.random.default_rng(3)
    return [each for _ in range(3) for each in actors(random, SIDE, 2)]


def test_samples_have_their_shapes_and_both_sides_of_an_edge(samples: list[Sample]) -> None:
    for each in samples:
        assert each.rgb.shape == each.foreground.shape == (SIDE, SIDE, 3)
        assert each.alpha.shape == (SIDE, SIDE) and each.mask.shape == (MASK, MASK)
        alpha = each.alpha / 65535
        assert min((alpha > 0.98).mean(), (alpha < 0.02).mean()) > 0.03


def test_masks_are_of_the_same_part_of_the_picture_as_alpha(samples: list[Sample]) -> None:
    """Where pass 1 sees the drawn person at all, its mask fits as it lies, and not beside that."""
    pairs = [(each.alpha / 65535, each.mask / 255) for each in samples]
    seen = [pair for pair in pairs if np.abs(pair[0] - pair[1]).mean() < 0.2]
    assert len(seen) >= 2
    for alpha, mask in seen:
        beside = np.abs(alpha - np.roll(mask, SIDE // 4, axis=1)).mean()
        assert np.abs(alpha - mask).mean() < 0.7 * beside


def test_shards_keep_masks(photographs: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        str(tmp_path / "set"), samples=2, shard=2, side=SIDE, views=2, people=str(photographs)
    )
    make_shards(recipe, workers=1)
    assert Shards(recipe).batch(np.arange(2)).mask.any()


def test_a_folder_without_fine_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no fine labels"):
        Actors(tmp_path, Textures())
