"""Scores by group, and the frames that are worst."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import by_group, worst_frames
from benchmarks.by_group import lines, skin_angle, tones
from tests.golden.make_selfie import drawn_person

SKINS = {"light": (244, 208, 177), "medium": (198, 134, 100), "dark": (92, 56, 40)}


def face(colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A disc of one colour before gray, and its alpha."""
    alpha = np.zeros((200, 160), np.float32)
    cv2.circle(alpha, (80, 80), 60, 1, -1)
    rgb = np.where(alpha[..., None] > 0, colour, (90, 90, 90)).astype(np.uint8)
    return rgb, alpha


def test_lighter_skin_has_a_larger_angle() -> None:
    angles = [skin_angle(*face(colour)) for colour in SKINS.values()]
    assert None not in angles
    assert angles == sorted(angles, reverse=True)
    assert angles[0] > 41 > angles[1] > 10 > angles[2]


def test_without_skin_there_is_no_angle() -> None:
    assert skin_angle(*face((40, 40, 200))) is None
    rgb, alpha = face(SKINS["light"])
    assert skin_angle(rgb, np.zeros_like(alpha)) is None


def test_groups_are_compared_with_all() -> None:
    scores = {"a": 2.0, "b": 4.0, "c": 6.0}
    found = lines("row", scores, {"one": ["a", "b"], "two": ["c", "unknown"], "none": ["d"]})
    assert [line.split() for line in found] == [
        ["row", "all", "3", "4.00"], ["one", "2", "3.00", "0.75"], ["two", "1", "6.00", "1.50"],
    ]  # fmt: skip


def test_a_table_is_read_and_a_wrong_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    for name, colour in SKINS.items():
        rgb, alpha = face(colour)
        cv2.imwrite(str(folder / f"{name}.png"), rgb[..., ::-1])
        cv2.imwrite(str(folder / f"{name}_alpha.png"), np.rint(alpha * 255).astype(np.uint8))
    found = tones(folder)
    assert [len(names) for names in found.values()] == [1, 1, 1]
    pictures = [
        {"row": "r", "picture": name, "scores": {"MAD": float(n)}}
        for n, names in enumerate(found.values(), 1)
        for name in names
    ]
    table, named = tmp_path / "table.json", tmp_path / "groups.toml"
    table.write_text(json.dumps({"pictures": pictures}))
    named.write_text(f'"long hair" = ["{pictures[0]["picture"]}"]\n')
    monkeypatch.setattr(sys, "argv", ["by_group", str(table), str(folder), "--groups", str(named)])
    assert by_group.main() == 0
    printed = capsys.readouterr().out
    assert "dark (< 10)                 1     3.00   1.50" in printed
    assert "long hair                   1     1.00   0.50" in printed
    table.write_text("{}")
    assert by_group.main() == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_worst_frames_are_drawn_worst_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "pairs", tmp_path / "worst.png"
    folder.mkdir()
    person = cv2.resize(drawn_person(256, 256), (320, 240))
    for name, true in (("right", 0), ("wrong", 255)):
        cv2.imwrite(str(folder / f"{name}.png"), person[..., ::-1])
        cv2.imwrite(str(folder / f"{name}_alpha.png"), np.full((240, 320), true, np.uint8))
    words = ["worst_frames", str(folder), str(out), "--row", "selfie", "--count", "1"]
    monkeypatch.setattr(sys, "argv", words)
    assert worst_frames.main() == 0
    told = capsys.readouterr().out.split()
    assert len(told) == 3
    assert float(told[0]) > 300
    assert cv2.imread(str(out)).shape == (240, 1280, 3)
    monkeypatch.setattr(sys, "argv", [*words[:-3], "bilinear"])
    assert worst_frames.main() == 1
    assert "no pass 1" in capsys.readouterr().err
