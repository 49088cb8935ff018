import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from kernels.context import CELL_INPUTS, KNOWN, PRIOR
from models.refiner_net import RefinerNet
from models.refiner_shape import SHAPES, Shape
from models.refiner_whole import Views, Whole, refine_close, view
from models.training import publish
from models.training.lessons import draw_lesson, stacked, told_of, truth_of, turned
from models.training.losses import Truth, costs
from models.training.samples import MASK, Sample, held_out
from models.training.scenes import Recipe, Scenes
from models.training.train_refiner import Plan, Training, read_plan
from models.weights import digest

SMALL = Shape(
    scout=4, scout_dilations=(1,), noticed=3, context=4, context_dilations=(1,), trunk=4,
    trunk_dilations=(1,), last=4,
)  # fmt: skip
CONFIGS = Path(__file__).parents[1] / "models" / "training" / "configs"
RECIPE = Recipe(side=64, step=4, window=8, subject_side=96, views=2, spoilt=2)


def sample(side: int = 64) -> Sample:
    """A picture whose every part is the same ramp, down and across."""
    y, x = np.mgrid[:side, :side]
    ramp = (2 * y + x).astype(np.uint8)
    rgb = np.repeat(ramp[..., None], 3, axis=2)
    return Sample(rgb, rgb.copy(), ramp * np.uint16(256))


def test_equal_seeds_draw_equal_lessons_which_differ_and_hold_an_edge() -> None:
    once, again = (next(iter(Scenes(None, 9, 3, (RECIPE,), (0,)))) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        assert torch.equal(one, other)
    assert once.rgb.shape == (4, 32, 32, 3)
    assert len({picture.numpy().tobytes() for picture in once.rgb}) == 4
    assert once.means.amax((1, 2)).min() > 0.9
    assert once.means.amin((1, 2)).max() < 0.1


def test_training_goes_on_where_it_stopped_as_if_it_had_not(tmp_path: Path) -> None:
    torch.use_deterministic_algorithms(True)
    plans = [
        Plan("tiny", tmp_path / name, (RECIPE,), shape=SMALL, steps=4, warm_up=1)
        for name in ("broken", "whole")
    ]
    Training(plans[:1], 0).run(2)
    Training(plans[:1], 0).run(4)
    Training(plans[1:], 0).run(4)
    torch.use_deterministic_algorithms(False)
    lines = [json.loads(line) for line in (tmp_path / "broken" / "tiny.log").open()]
    assert [line["step"] for line in lines] == [2, 4]
    broken, whole = (load_file(plan.folder / "tiny.safetensors") for plan in plans)
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, atol=1e-5, rtol=1e-3)
    net = RefinerNet(SMALL)
    net.load_state_dict(broken)
    assert any(parameter.any() for parameter in net.fine.last.parameters())


def test_plans_are_trained_side_by_side_on_lessons_that_come_again(tmp_path: Path) -> None:
    wider = Recipe(side=64, step=8, window=6, subject_side=96, views=2, spoilt=1)
    plans = [
        Plan(name, tmp_path, (RECIPE, wider), shape=shape, turns=(0, 1), batch=3, repeats=2)
        for name, shape in (("one", SMALL), ("two", replace(SMALL, trunk=8, looks=1)))
    ]
    drawn: list[int] = []

    class Counted(Training):
        def _drawn(self, *told: Any) -> Any:
            for recipe, lesson in super()._drawn(*told):
                drawn.append(recipe.step)
                assert len(lesson.rgb) == 3
                yield recipe, lesson

    Counted(plans, 0).run(8)
    assert {*drawn[2:]} == {4, 8}
    for name in ("one", "two"):
        assert json.loads((tmp_path / f"{name}.log").read_text())["step"] == 8


def test_training_goes_on_from_a_file_of_weights(tmp_path: Path) -> None:
    net = RefinerNet(SMALL)
    save_file(net.state_dict(), tmp_path / "before.safetensors")
    plan = Plan(
        "after", tmp_path, (RECIPE,), shape=SMALL, begin=str(tmp_path / "before.safetensors")
    )
    still = replace(plan, name="still", rate=0.0)
    Training([plan, still], 0).run(2)
    before, after, same = (
        load_file(tmp_path / f"{name}.safetensors") for name in ("before", "after", "still")
    )
    assert all(torch.equal(same[name], value) for name, value in before.items())
    assert any(not torch.equal(after[name], value) for name, value in before.items())


def test_runs_that_have_come_differently_far_are_not_gone_on_with(tmp_path: Path) -> None:
    plans = [Plan(name, tmp_path, (RECIPE,), shape=SMALL) for name in ("one", "two")]
    Training(plans[:1], 0).run(1)
    with pytest.raises(ValueError, match="not come equally far"):
        Training(plans, 0)


def test_a_run_of_so_many_seconds_ends_then(tmp_path: Path) -> None:
    plan, times = Plan("tiny", tmp_path, (RECIPE,), shape=SMALL), iter(range(100))
    Training([plan], 0).run(1000, 3, lambda: float(next(times)))
    assert json.loads((tmp_path / "tiny.log").read_text())["step"] == 3


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("refiner_*.toml")), ids=lambda path: path.stem)
def test_every_plan_can_be_read_and_fits_its_scenes(path: Path) -> None:
    plan = read_plan(path)
    assert plan.name == path.stem
    assert plan.shape == SHAPES[plan.name.removesuffix("_first")]
    for recipe in plan.recipes:
        assert recipe.side % (2 * recipe.step) == 0
        assert plan.shape.reach < recipe.window <= recipe.side // recipe.step
    assert {*plan.turns} == {*range(len(plan.recipes))}


def test_all_parts_of_a_sample_are_turned_alike() -> None:
    seen = set()
    for seed in range(12):
        found = turned(sample(), np.random.default_rng(seed))
        np.testing.assert_array_equal(found.rgb, found.foreground)
        np.testing.assert_array_equal(found.rgb[..., 0] * np.uint16(256), found.alpha)
        assert found.mask is None
        seen.add(found.alpha.tobytes())
    assert len(seen) > 3


def test_windows_lie_on_cells_and_show_what_is_there() -> None:
    off = []
    for seed in range(6):
        lesson = draw_lesson(np.random.default_rng(seed), sample(), 32, 4)
        off.append(min((lesson.coarse - lesson.alpha).abs().max(), lesson.off.max()))
        found = turned(sample(), np.random.default_rng(seed))
        for step, told in ((4, lesson.cells), (8, lesson.wide)):
            cells = told_of(told[None])[0]
            assert cells.shape == (CELL_INPUTS, 64 // step, 64 // step)
            parts = found.rgb[..., 0].reshape(64 // step, step, 64 // step, step)
            expected = parts.mean(axis=(1, 3)) / 255
            np.testing.assert_allclose(cells[0] + 0.5, expected, atol=1e-3)
            assert cells[PRIOR].abs().max() > 0.1
            assert not cells[KNOWN + 1 :].any()
        top, left = (int(each) for each in lesson.window)
        assert top % 4 == left % 4 == 0
        expected = found.alpha[top : top + 32, left : left + 32] / 65535
        np.testing.assert_allclose(lesson.alpha, expected, atol=1e-6)
        shown = lesson.rgb[..., 0].numpy() * np.float32(256)
        np.testing.assert_allclose(shown / 65535, expected, atol=1e-5)
        whole = found.alpha.reshape(16, 4, 16, 4).mean(axis=(1, 3)) / 65535
        np.testing.assert_allclose(lesson.means, whole, atol=1e-4)
    assert max(off) > 0.01


def test_a_window_is_refined_as_in_the_whole_picture() -> None:
    torch.manual_seed(3)
    net = RefinerNet(SMALL)
    torch.nn.init.normal_(net.fine.last.weight)
    lesson = stacked([draw_lesson(np.random.default_rng(n), sample(), 64, 4) for n in range(2)])
    views, truth = view(net, told_of(lesson.wide), told_of(lesson.cells)), truth_of(lesson)
    whole = refine_close(net, truth.rgb, truth.coarse, views.near, 4).alpha
    windows = torch.tensor([[8, 20], [16, 0]])
    parts = [
        torch.stack([each[n, :, y : y + 40, x : x + 40] for n, (y, x) in enumerate(windows)])
        for each in (truth.rgb, truth.coarse)
    ]
    found = refine_close(net, *parts, views.near, 4, windows).alpha
    assert found.std() > 0.01
    for n, (y, x) in enumerate(windows):
        side = found.shape[-1]
        torch.testing.assert_close(found[n], whole[n, :, y : y + side, x : x + side])


def test_the_mask_of_pass_1_is_mostly_what_the_nets_start_from() -> None:
    ramp = np.linspace(0, 255, MASK).astype(np.uint8)
    given = sample()._replace(mask=np.broadcast_to(ramp, (MASK, MASK)).copy())
    own = 0
    for seed in range(16):
        coarse = draw_lesson(np.random.default_rng(seed), given, 64, 4).coarse
        along = (torch.diff(coarse.mean(dim=axis)).abs() for axis in (0, 1))
        own += any(bool(((each - 1 / 64).abs() < 0.01).all()) for each in along)
    assert 8 <= own < 16


def found_for(truth: Truth, alpha: torch.Tensor, log_error: float) -> Whole:
    inner = slice(8, -8)
    shape = alpha[..., inner, inner].shape
    return Whole(
        alpha=alpha[..., inner, inner],
        front=truth.foreground[..., inner, inner],
        back=torch.zeros_like(truth.foreground)[..., inner, inner],
        log_error=torch.full(shape, log_error),
    )


def views_of(truth: Truth, log_error: float = -4, looked: torch.Tensor | None = None) -> Views:
    """What the nets on cells say when they are right but for what is given."""
    found = truth.cells if looked is None else looked
    wide = torch.nn.functional.avg_pool2d(found, 2)
    return Views(torch.zeros(2, 1, 12, 12), torch.full((2, 1, 12, 12), log_error), (wide,), found)


def some_truth() -> Truth:
    torch.manual_seed(5)
    alpha = torch.rand(2, 1, 48, 48)
    colour = torch.rand(2, 3, 48, 48)
    coarse = (alpha + 0.2 * torch.randn_like(alpha)).clamp(0, 1)
    off = torch.nn.functional.avg_pool2d((coarse - alpha).abs(), 4)
    return Truth(colour * alpha, colour, alpha, coarse, torch.rand(2, 1, 12, 12), off)


def test_the_truth_costs_nothing_and_what_is_worse_than_the_coarse_alpha_costs_more() -> None:
    truth = some_truth()
    exact = costs(found_for(truth, truth.alpha, -4), views_of(truth), truth, 8)
    kept = costs(found_for(truth, truth.coarse, -4), views_of(truth), truth, 8)
    spoilt = costs(found_for(truth, 1 - truth.alpha, -4), views_of(truth), truth, 8)
    assert exact.alpha == 0
    assert exact.foreground < 1e-6
    assert exact.total < kept.total < spoilt.total


def test_an_error_estimate_costs_least_when_it_is_right() -> None:
    truth = some_truth()
    alpha = truth.alpha + 0.1
    calibration = {
        log_error: costs(found_for(truth, alpha, log_error), views_of(truth), truth, 8).calibration
        for log_error in (-4.0, float(np.log(0.104)), -1.0)
    }
    assert min(calibration, key=lambda log_error: calibration[log_error]) == float(np.log(0.104))


def test_a_wrong_look_and_a_wrong_guess_of_the_coarse_error_cost() -> None:
    truth = some_truth()
    exact = found_for(truth, truth.alpha, -4)
    plain = costs(exact, views_of(truth), truth, 8)
    wrong = costs(exact, views_of(truth, looked=1 - truth.cells), truth, 8)
    assert wrong.total > plain.total + 0.05
    right = costs(
        exact, views_of(truth, log_error=float(np.log(truth.off.mean().item()))), truth, 8
    )
    assert right.calibration < plain.calibration


def test_held_out_scenes_are_the_same_each_time() -> None:
    once, again = (list(held_out(2, 96, 128)) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.alpha, other.alpha)
    assert once[0].rgb.shape == (96, 128, 3)
    assert 0.01 < once[0].alpha.mean() < 0.99


def test_what_was_trained_is_published_with_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, folder = tmp_path / "weights", tmp_path / "run"
    for each in (there, folder):
        each.mkdir()
    (there / "SHA256SUMS").write_text("0" * 64 + "  refiner_best.safetensors\n")
    net = RefinerNet(SHAPES["refiner_best"])
    save_file(net.state_dict(), folder / "refiner_best.safetensors")
    line = {"step": 12, "seconds a step": 0.5, "alpha": 0.1, "foreground": 0.2}
    (folder / "refiner_best.log").write_text(json.dumps(line) + "\n")
    text = (CONFIGS / "refiner_best.toml").read_text()
    config = tmp_path / "refiner_best.toml"
    config.write_text(
        text.replace("/tmp/refiner", str(folder)).replace("/tmp/photo", f"{tmp_path}/photo")
    )
    (tmp_path / "photographs/fine/people").mkdir(parents=True)
    (tmp_path / "photographs/fine/people/1.png").touch()
    row = {"band MAD": 12.34, "Grad": 5.67}
    rows = dict.fromkeys(("bilinear", "classical-fast", "learned-best"), row)
    quality = tmp_path / "quality.json"
    quality.write_text(json.dumps({"sets": {"stills": {"hard": rows}}}))
    monkeypatch.setattr(publish, "WEIGHTS", there)
    argv = ["publish", "--config", str(config), "--quality", str(quality)]
    monkeypatch.setattr(sys, "argv", argv)
    publish.main()
    data = (there / "refiner_best.safetensors").read_bytes()
    assert (there / "SHA256SUMS").read_text() == f"{digest(data)}  refiner_best.safetensors\n"
    card = (there / "refiner_best.md").read_text()
    assert "12 steps of 48" in card
    assert "those of 1 that pass 1 learns from" in card
    assert (there / "refiner_best.safetensors").stat().st_mode & 0o777 == 0o644
    assert "| stills | hard | 12.3 / 5.67 | 12.3 / 5.67 | 12.3 / 5.67 |" in card


def test_what_is_published_is_blended_with_what_it_began_from(tmp_path: Path) -> None:
    first, last = ({"weight": torch.full((2, 3), value)} for value in (1.0, 3.0))
    save_file(first, tmp_path / "first.safetensors")
    save_file(last, tmp_path / "net.safetensors")
    paths = tmp_path / "net.safetensors", str(tmp_path / "first.safetensors")
    assert publish.blended(*paths, 0.25)["weight"].unique().tolist() == [1.5]
    assert publish.blended(*paths, 1)["weight"].unique().tolist() == [3.0]
