"""Training of pass 1's net from photographs on disk, and the way they get there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from models.training import gather
from models.training.gather import git_folder, read_sources
from models.training.portraits import read_portrait
from models.training.train_segmenter import Plan, Training, costs, read_plan
from tests.golden.make_selfie import drawn_person

CONFIGS = Path(__file__).parents[1] / "models" / "training" / "configs"


class Here(Executor):
    """Computes at once, in this process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What gather and label leave, of two people and two rooms."""
    folder = tmp_path_factory.mktemp("photographs")
    for name in ("people", "rooms", "alpha/people", "second/people"):
        (folder / name).mkdir(parents=True)
    y, x = np.mgrid[0:96, 0:96] / 96 - 0.5
    alpha = np.where((x / 0.3) ** 2 + ((y - 0.2) / 0.5) ** 2 < 1, 255, 0).astype(np.uint8)
    for n in range(2):
        cv2.imwrite(str(folder / f"people/{n:05}.jpg"), drawn_person(96, 96)[..., ::-1])
        for kind in ("alpha", "second"):
            cv2.imwrite(str(folder / f"{kind}/people/{n:05}.png"), alpha)
        room = np.random.default_rng(n).integers(0, 256, (300, 260, 3), np.uint8)
        cv2.imwrite(str(folder / f"rooms/{n:05}.jpg"), room)
    return folder


@pytest.fixture
def opened(photographs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(cv2, "setNumThreads", lambda _: None)
    yield photographs
    torch.set_num_threads(threads)


def training(photographs: Path, folder: Path) -> Training:
    plan = Plan("small", photographs, folder, steps=4, clips=1, frames=2, warm_up=1, half=False)
    return Training(plan, Here())


def test_training_descends_and_goes_on_where_it_stopped(opened: Path, tmp_path: Path) -> None:
    training(opened, tmp_path / "one").run(4)
    two = training(opened, tmp_path / "two")
    two.run(2)
    training(opened, tmp_path / "two").run(4)
    logs = [(tmp_path / each / "small.log").read_text().splitlines() for each in ("one", "two")]
    last = [json.loads(log[-1]) for log in logs]
    assert last[0]["step"] == last[1]["step"] == 4
    states = [
        torch.load(tmp_path / each / "small.checkpoint", weights_only=True)
        for each in ("one", "two")
    ]
    for name, value in states[0]["average"].items():
        torch.testing.assert_close(value, states[1]["average"][name], atol=2e-3, rtol=0.05)


def test_costs_are_least_for_the_truth_and_ignore_what_is_not_trusted() -> None:
    alpha = torch.zeros(2, 1, 1, 8, 8)
    alpha[..., 4:] = 1
    right, wrong = (alpha - 0.5) * 20, (0.5 - alpha) * 20
    trust = torch.ones_like(alpha)
    assert costs(right, alpha, trust).total < 0.01
    assert costs(wrong, alpha, trust).total > 5
    half = right.clone()
    half[..., :4, :] = wrong[..., :4, :]
    trust[..., :5, :] = 0
    assert costs(half, alpha, trust).decided < 0.01


def test_flicker_costs() -> None:
    alpha = torch.zeros(3, 1, 1, 8, 8)
    still, flicker = alpha - 1, alpha - 1
    flicker = flicker.clone()
    flicker[1] += 2
    ones = torch.ones_like(alpha)
    assert costs(still, alpha, ones).still < 1e-6
    assert costs(flicker, alpha, ones).still > 0.01


def test_labels_that_disagree_are_not_believed(photographs: Path, tmp_path: Path) -> None:
    assert read_portrait(photographs, "people", "00000") is not None
    other = np.zeros((96, 96), np.uint8)
    other[:20, :20] = 255
    path = photographs / "second" / "people" / "00001.png"
    kept = path.read_bytes()
    cv2.imwrite(str(path), other)
    assert read_portrait(photographs, "people", "00001") is None
    path.write_bytes(kept)


def test_the_committed_plan_and_list_can_be_read() -> None:
    assert read_plan(CONFIGS / "person.toml").name == "person"
    sources = read_sources()
    assert len({each.repository for each in sources}) == len(sources)
    assert {each.shows for each in sources} == {"people", "rooms", "held_out"}
    assert all(len(each.commit) == 40 and each.licence for each in sources)


def test_gather_drops_copies_gray_and_small_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirrors, out = tmp_path / "mirrors", tmp_path / "out"
    work = mirrors / "some+one" / "repo"
    (work / "p").mkdir(parents=True)
    picture = cv2.resize(drawn_person(300, 300), (320, 300))
    for name, each in (
        ("a.png", picture), ("b.jpg", picture), ("small.png", picture[:100]),
        ("gray.png", np.repeat(picture[..., :1], 3, axis=2)), ("other.png", picture[::-1]),
    ):  # fmt: skip
        cv2.imwrite(str(work / "p" / name), each)
    (work / "p" / "text.png").write_text("no picture")
    git = ["git", "-C", str(work), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "m"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    source = f'repository = "some/one"\ncommit = "{head.stdout.strip()}"\nlicence = "MIT"\n'
    listed = tmp_path / "list.toml"
    listed.write_text(
        f'[[source]]\n{source}shows = "people"\npaths = ["p/*"]\n'
        f"[[source]]\n{source.replace('some/one', 'no/where')}"
        'shows = "rooms"\npaths = ["*"]\n'
    )
    monkeypatch.setattr(gather, "read_sources", lambda: read_sources(listed))
    monkeypatch.setattr(sys, "argv", ["gather", str(mirrors), str(out)])
    assert git_folder(mirrors, "some/one") == work / ".git"
    assert gather.main() == 0
    assert "missing: no/where" in capsys.readouterr().err
    assert len(list((out / "people").glob("*.jpg"))) == 2
    assert [each["repository"] for each in json.loads((out / "index.json").read_text())] == [
        "some/one"
    ] * 2
