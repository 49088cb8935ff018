"""Scenes of people cut out of photographs, with the masks that pass 1 gives of them."""

import json
import shutil
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training import carry, label
from models.training.actors import Actors
from models.training.samples import MASK, Sample
from models.training.scenes import Recipe, Scenes
from models.training.textures import Textures
from tests.golden.make_selfie import drawn_person

SIDE = MASK
"""A pixel is a coarse one: pictures are as small as they can be."""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What label makes of a person at full size, and a room that gather leaves."""
    folder = tmp_path_factory.mktemp("photographs")
    for name in ("rooms", "fine/people", "fine/own"):
        (folder / name).mkdir(parents=True)
    y, x = np.mgrid[0:384, 0:384] / 384 - 0.5
    alpha = np.where((x / 0.3) ** 2 + ((y - 0.2) / 0.5) ** 2 < 1, 255, 0).astype(np.uint8)
    cv2.imwrite(str(folder / "fine/own/00000.png"), drawn_person(384, 384)[..., ::-1])
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
        assert each.alpha.shape == (SIDE, SIDE)
        assert each.mask is not None and each.mask.shape == (MASK, MASK)
        alpha = each.alpha / 65535
        assert min((alpha > 0.98).mean(), (alpha < 0.02).mean()) > 0.03


def test_masks_are_of_the_same_part_of_the_picture_as_alpha(samples: list[Sample]) -> None:
    """Where pass 1 sees the drawn person at all, its mask fits as it lies, and not beside that."""
    pairs = [(s.alpha / 65535, s.mask / 255) for s in samples if s.mask is not None]
    seen = [pair for pair in pairs if np.abs(pair[0] - pair[1]).mean() < 0.2]
    assert len(seen) >= 2
    for alpha, mask in seen:
        beside = np.abs(alpha - np.roll(mask, SIDE // 4, axis=1)).mean()
        assert np.abs(alpha - mask).mean() < 0.7 * beside


def test_lessons_of_people_have_the_masks_of_pass_1(photographs: Path) -> None:
    recipe = Recipe(side=SIDE, step=4, window=20, subject_side=0, views=2, spoilt=2)
    lesson = next(iter(Scenes(photographs, 1, 0, (recipe,), (0,))))
    assert lesson.rgb.shape == (4, 80, 80, 3)
    assert lesson.coarse.std() > 0.1


def test_a_folder_without_fine_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lacks fine labels"):
        Actors(tmp_path, Textures())


def test_people_that_travelled_are_read_as_those_that_stayed(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ["carry", str(photographs), str(tmp_path / "archives"), "--fine"]
    monkeypatch.setattr(sys, "argv", argv)
    assert carry.main() == 0
    for path in (tmp_path / "archives").glob("*.tar"):
        with tarfile.open(path) as archive:
            archive.extractall(tmp_path / "there", filter="data")
    drawn = (
        next(iter(Actors(folder, Textures())(np.random.default_rng(3), SIDE, 1)))
        for folder in (photographs, tmp_path / "there")
    )
    here, there = (each.rgb.astype(np.float32) for each in drawn)
    assert np.abs(here - there).mean() < 4


def test_a_fine_label_comes_with_the_colours_of_the_person_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pymatting")
    alpha = np.zeros((440, 660), np.float32)
    alpha[100:400, 200:450] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 6)
    colours = [np.array(each, np.float32) for each in ((200, 40, 30), (20, 60, 220))]
    rgb = alpha[..., None] * colours[0] + (1 - alpha[..., None]) * colours[1]
    (tmp_path / "people").mkdir()
    (tmp_path / "alpha/people").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "people/00000.png"), rgb[..., ::-1].astype(np.uint8))
    cv2.imwrite(str(tmp_path / "alpha/people/00000.png"), (alpha * 255).astype(np.uint8))
    index = [{"file": "people/00000.png", "repository": "somebody/something"}]
    (tmp_path / "index.json").write_text(json.dumps(index))
    monkeypatch.setattr(label, "rvm_teacher", lambda *_: lambda _: alpha)
    argv = ["label", str(tmp_path), "--rvm", "none.onnx", "--fine", "5"]
    monkeypatch.setattr(sys, "argv", argv)
    label.main()
    found = cv2.imread(str(tmp_path / "fine/people/00000.png"), cv2.IMREAD_GRAYSCALE)
    assert np.abs(found / 255 - alpha).max() < 0.01
    own = cv2.imread(str(tmp_path / "fine/own/00000.png"))[..., ::-1]
    edge = (alpha > 0.3) & (alpha < 0.7)
    assert np.abs(own[edge] - colours[0]).mean() < 12
    assert np.abs(rgb[edge] - colours[0]).mean() > 50


def test_labels_without_colours_of_their_own_are_refused(photographs: Path, tmp_path: Path) -> None:
    shutil.copytree(photographs, tmp_path / "old")
    (tmp_path / "old/fine/own/00000.png").unlink()
    with pytest.raises(ValueError, match="lacks fine labels, colours"):
        Actors(tmp_path / "old", Textures())
