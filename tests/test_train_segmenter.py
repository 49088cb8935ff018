"""Training of pass 1's net from photographs on disk, and the way they get there."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.layers import load_tensors
from models.person_model import PersonModel
from models.person_sight import Things
from models.training import around, carry, feed, gather, publish_segmenter
from models.training.feed import Block, Clips, fed
from models.training.gather import git_folder, read_sources
from models.training.lite import begin
from models.training.material import read_material
from models.training.portraits import read_portrait
from models.training.train_segmenter import Plan, Pupil, Training, costs, read_plan
from models.training.whole import AROUND, whole_around
from tests.golden.make_selfie import drawn_person

CONFIGS = Path(__file__).parents[1] / "models" / "training" / "configs"


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


def training(photographs: Path, folder: Path, **told: Any) -> Training:
    plan = Plan("small", photographs, folder, steps=4, clips=1, frames=2, warm_up=1, half=False)
    return Training([replace(plan, **told)], makers=0)


def state(folder: Path) -> dict[str, Any]:
    return torch.load(folder / "small.checkpoint", weights_only=True)  # type: ignore[no-any-return]


def test_training_descends_and_goes_on_where_it_stopped(opened: Path, tmp_path: Path) -> None:
    training(opened, tmp_path / "one").run(4)
    training(opened, tmp_path / "two").run(2)
    training(opened, tmp_path / "two").run(4)
    logs = [(tmp_path / each / "small.log").read_text().splitlines() for each in ("one", "two")]
    last = [json.loads(log[-1]) for log in logs]
    assert last[0]["step"] == last[1]["step"] == 4
    one, two = (state(tmp_path / each)["average"] for each in ("one", "two"))
    for name, value in one.items():
        torch.testing.assert_close(value, two[name], atol=2e-3, rtol=0.05)


def test_training_ends_when_the_time_is_over(opened: Path, tmp_path: Path) -> None:
    seconds = iter(range(100))
    training(opened, tmp_path).run(1000, 2.5, lambda: next(seconds))
    assert state(tmp_path)["step"] == 3
    assert (tmp_path / "small.safetensors").exists()


def test_eyes_that_do_not_learn_stay_as_they_are(opened: Path, tmp_path: Path) -> None:
    training(opened, tmp_path / "one", things=0.0).run(2)
    training(opened, tmp_path / "two", things=1.0).run(2)
    begun = Things()
    begin(begun)
    for folder, same in (("one", True), ("two", False)):
        net = state(tmp_path / folder)["net"]
        found = [
            torch.equal(value, net[f"things.{name}"]) for name, value in begun.state_dict().items()
        ]
        assert all(found) == same


def test_plans_side_by_side_learn_from_the_same_clips(opened: Path, tmp_path: Path) -> None:
    plan = Plan("a", opened, tmp_path, clips=1, frames=2, half=False)
    Training([plan, replace(plan, name="b")], makers=0).run(2)
    one, two = (load_file(tmp_path / f"{name}.safetensors") for name in "ab")
    for name, value in one.items():
        torch.testing.assert_close(value, two[name])


def test_after_a_pause_training_goes_on_within_a_round(
    opened: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[list[int]] = [[], []]

    def noted(into: list[int], run: Training, steps: int) -> None:
        learn = Pupil.learn

        def told(self: Pupil, block: Block, *rest: Any) -> None:
            into.append(int(block.rgb.sum()))
            learn(self, block, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(Pupil, "learn", told)
            run.run(steps)

    # A pool of one clip holds nothing of earlier rounds, so that a pause changes nothing.
    told: dict[str, Any] = {"repeats": 3, "pool": 1, "sizes": ((64, 64),)}
    noted(learnt[0], training(opened, tmp_path / "one", **told), 5)
    noted(learnt[1], training(opened, tmp_path / "two", **told), 2)
    noted(learnt[1], training(opened, tmp_path / "two", **told), 5)
    assert learnt[0] == learnt[1]
    assert len(set(learnt[0])) == 5


def test_a_net_that_has_grown_begins_as_the_smaller_one(opened: Path, tmp_path: Path) -> None:
    training(opened, tmp_path / "one").run(2)
    whole = load_file(tmp_path / "one" / "small.safetensors")
    small = {name: value for name, value in whole.items() if not name.startswith(AROUND)}
    assert len(small) < len(whole)
    for number, weights in enumerate((small, whole)):
        begin, folder = str(tmp_path / f"{number}.safetensors"), tmp_path / f"grown{number}"
        save_file(weights, begin)
        training(opened, folder, begin=begin, rate=0.0, whole=True).run(1)
        grown = load_file(folder / "small.safetensors")
        for name, value in small.items():
            torch.testing.assert_close(grown[name], value)
        with pytest.raises(RuntimeError, match="around"):
            training(opened, tmp_path / "other", begin=str(folder / "small.safetensors"))
    with pytest.raises(RuntimeError, match="around"):
        training(opened, tmp_path / "narrow", begin=str(tmp_path / "0.safetensors"))


def test_layers_that_see_far_around_add_nothing_until_they_learn() -> None:
    net = PersonModel().net
    given = torch.rand(1, 128, 6, 6)
    for layers in (net.around, whole_around(128)):
        torch.testing.assert_close(layers(given), given)


def test_a_run_of_a_gpu_goes_on_without_one(opened: Path, tmp_path: Path) -> None:
    training(opened, tmp_path).run(2)
    path = tmp_path / "small.checkpoint"
    kept = torch.load(path, weights_only=True)
    for group in kept["optimiser"]["param_groups"]:
        group |= {"capturable": True, "lr": torch.tensor(1e-3)}
    torch.save(kept, path)
    training(opened, tmp_path).run(3)
    assert state(tmp_path)["step"] == 3


def test_several_processes_draw_what_their_number_and_seed_say(opened: Path) -> None:
    runs = []
    for _ in range(2):
        blocks = next(fed(Clips(opened, 1, 5, 1, 2), 2, torch.device("cpu")))
        runs.append(blocks)
    assert len(runs[0]) == 2
    assert runs[0][0][0].shape == runs[0][1][0].shape
    for one, again in zip(*runs, strict=True):
        for part, other in zip(one, again, strict=True):
            assert torch.equal(part, other)


def test_every_fourth_photograph_is_shown_however_many_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def read(_: Path, part: int, parts: int) -> None:
        asked.append((part, parts))
        raise ValueError

    monkeypatch.setattr(feed, "read_material", read)
    monkeypatch.setattr(feed.cv2, "setNumThreads", lambda _: None)
    for number in range(3):
        worker = SimpleNamespace(id=number, num_workers=3)
        monkeypatch.setattr(feed, "get_worker_info", lambda worker=worker: worker)
        with pytest.raises(ValueError):
            next(iter(Clips(Path(), 1, 0, 1, 1, every=4)))
    shown = sorted(n for part, parts in asked for n in range(120)[part::parts])
    assert shown == list(range(0, 120, 4))


def test_plans_side_by_side_are_of_the_same_photographs(tmp_path: Path) -> None:
    plans = [Plan(str(every), tmp_path, tmp_path, every=every) for every in (1, 4)]
    with pytest.raises(ValueError, match="the same photographs"):
        Training(plans, 0)


def test_what_was_trained_is_published_sharpened_with_a_card(
    opened: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training(opened, tmp_path).run(2)
    config, there = tmp_path / "small.toml", tmp_path / "there"
    config.write_text(
        f'name = "small"\nphotographs = "{opened}"\nfolder = "{tmp_path}"\nsharpen = 1.5\n'
    )
    (opened / "index.json").write_text("[]")
    there.mkdir()
    (there / "SHA256SUMS").touch()
    monkeypatch.setattr(publish_segmenter, "WEIGHTS", there)
    monkeypatch.setattr(sys, "argv", ["publish_segmenter", "--config", str(config)])
    publish_segmenter.main()
    kept, weights = load_file(tmp_path / "small.safetensors"), load_tensors("small", there)
    PersonModel().load_state_dict(weights)
    for name, value in kept.items():
        factor = 1.5 if "segment" in name else 1
        torch.testing.assert_close(weights[name], value * factor, atol=1e-3, rtol=2e-3)
    assert "small: 2 steps" in (there / "small.md").read_text()


def test_whole_layers_are_made_narrow(
    opened: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    training(opened, tmp_path, whole=True, rate=0.01).run(4)
    config = tmp_path / "small.toml"
    config.write_text(
        f'name = "small"\nphotographs = "{opened}"\nfolder = "{tmp_path}"\nwhole = true\n'
    )
    monkeypatch.setattr(around, "_SIZES", ((64, 64), (64, 96)))
    monkeypatch.setattr(around, "_BATCHES", 8)
    words = ["around", "--config", str(config), "--steps", "60"]
    monkeypatch.setattr(sys, "argv", words)
    around.main()
    left = float(capsys.readouterr().out.split("change, ")[1].split()[0])
    assert left < 0.9
    whole, narrow = (load_file(tmp_path / f"small{end}.safetensors") for end in ("", "_narrow"))
    PersonModel().load_state_dict(narrow)
    torch.testing.assert_close(whole["net.segment.weight"], narrow["net.segment.weight"])


def test_what_travels_is_read_as_what_was_labelled(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["carry", str(photographs), str(tmp_path / "archives")])
    assert carry.main() == 0
    for path in (tmp_path / "archives").glob("*.tar"):
        with tarfile.open(path) as archive:
            archive.extractall(tmp_path / "there", filter="data")
    here, there = read_material(photographs), read_material(tmp_path / "there")
    assert len(here.people) == len(there.people) == 2
    assert len(here.rooms) == len(there.rooms) == 2
    for one, other in zip(here.people, there.people, strict=True):
        off = np.abs(one.alpha.astype(np.float32) - other.alpha)
        assert off.mean() < 3
        assert np.abs(one.rgb.astype(np.float32) - other.rgb).mean() < 5


def test_parts_hold_each_photograph_once(photographs: Path) -> None:
    parts = [read_material(photographs, n, 2) for n in range(2)]
    assert [len(each.people) for each in parts] == [1, 1]
    assert [len(each.rooms) for each in parts] == [1, 1]


def test_costs_are_least_for_the_truth_and_ignore_what_is_not_trusted() -> None:
    alpha = torch.zeros(2, 1, 1, 32, 32)
    alpha[..., 16:] = 1
    right, wrong = (alpha - 0.5) * 20, (0.5 - alpha) * 20
    trust = torch.ones_like(alpha)
    assert costs(right, alpha, trust).total < 0.01
    assert costs(wrong, alpha, trust).total > 5
    half = right.clone()
    half[..., :16, :] = wrong[..., :16, :]
    trust[..., :17, :] = 0
    assert costs(half, alpha, trust).decided < 0.01


def test_flicker_costs() -> None:
    alpha = torch.zeros(3, 1, 1, 32, 32)
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
    paths = [*CONFIGS.glob("person*.toml"), *CONFIGS.glob("curve*.toml")]
    plans = {path.stem: read_plan(path) for path in paths}
    assert {"person", "person_first", "curve_fourth"} <= {*plans}
    for name, plan in plans.items():
        assert plan.name == name
        before = Path(plan.begin).stem
        assert not before or before.removesuffix("_mean").removesuffix("_narrow") in plans
    sources = read_sources()
    assert len({(each.repository, each.shows) for each in sources}) == len(sources)
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
