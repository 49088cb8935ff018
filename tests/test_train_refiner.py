import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.refiner_net import CONTEXT_INPUTS, RefinerNet, Shape
from models.refiner_whole import Whole
from models.training.batches import choose_windows, flipped, tensors
from models.training.losses import Truth, costs
from models.training.samples import Sample, held_out
from models.training.shards import Recipe, Shards, make_shards
from models.training.train_refiner import Plan, Training, read_plan

SMALL = Shape(context=4, context_dilations=(1,), features=8, head=4, head_dilations=(1,), last=4)
CONFIGS = Path(__file__).parents[1] / "models" / "training" / "configs"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = str(tmp_path_factory.mktemp("samples") / "set")
    made = Recipe(folder, samples=4, shard=2, side=64, subject_side=96, views=2, seed=9)
    make_shards(made, workers=1)
    return made


def batch(count: int = 3, side: int = 64) -> Sample:
    random = np.random.default_rng(2)
    return Sample(
        random.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        random.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        random.integers(0, 65536, (count, side, side)).astype(np.uint16),
        random.integers(0, 65536, (count, side, side)).astype(np.uint16),
        random.normal(size=(count, side // 4, side // 4, CONTEXT_INPUTS)).astype(np.float16),
    )


def test_equal_recipes_make_equal_samples(recipe: Recipe, tmp_path: Path) -> None:
    again = Recipe(
        str(tmp_path / "again"), samples=4, shard=2, side=64, subject_side=96, views=2, seed=9
    )
    make_shards(again, workers=2)
    numbers = np.arange(4)
    for one, other in zip(Shards(recipe).batch(numbers), Shards(again).batch(numbers), strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_differ_and_hold_both_sides(recipe: Recipe) -> None:
    sample = Shards(recipe).batch(np.arange(4))
    assert len({picture.tobytes() for picture in sample.rgb}) == 4
    assert (sample.alpha.max(axis=(1, 2)) > 60000).all()
    assert (sample.alpha.min(axis=(1, 2)) < 5000).all()
    assert np.isfinite(sample.cells).all()


def test_a_folder_of_another_recipe_is_refused(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="another recipe"):
        make_shards(Recipe(recipe.folder, samples=4, shard=2, side=64, subject_side=96, seed=10))


def test_missing_samples_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing"):
        Shards(Recipe(str(tmp_path), samples=4, shard=2))


def test_training_goes_on_where_it_stopped_and_writes_the_average(
    recipe: Recipe, tmp_path: Path
) -> None:
    plan = Plan("tiny", tmp_path, SMALL, (recipe,), steps=4, batch=2, window=32, warm_up=1)
    Training(plan).run(2)
    Training(plan).run(4)
    lines = [json.loads(line) for line in (tmp_path / "tiny.log").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    net = RefinerNet(SMALL)
    net.load_state_dict(load_file(tmp_path / "tiny.safetensors"))
    assert any(parameter.any() for parameter in net.head.last.parameters())


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_plan_can_be_read_and_fits_its_samples(path: Path) -> None:
    plan = read_plan(path)
    assert plan.name == path.stem
    for recipe in plan.recipes:
        assert recipe.samples % recipe.shard == 0
        assert recipe.side % recipe.step == 0
        assert plan.window % recipe.step == 0
        assert 2 * plan.shape.reach < plan.window <= recipe.side


def test_all_parts_of_a_sample_are_turned_alike() -> None:
    sample = batch()
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint16), sample.alpha.shape)
    marked = sample._replace(alpha=ramp.copy(), coarse=ramp.copy())
    for seed in range(8):
        turned = flipped(marked, np.random.default_rng(seed))
        np.testing.assert_array_equal(turned.alpha, turned.coarse)
        assert sorted(turned.rgb.ravel()) == sorted(marked.rgb.ravel())


def test_windows_lie_on_cells_and_hold_what_they_show() -> None:
    sample = batch()
    windows = choose_windows(sample, 32, 4, np.random.default_rng(1))
    truth, cells = tensors(sample, windows, 32, 4)
    assert cells.shape == (3, CONTEXT_INPUTS, 16, 16)
    assert truth.cells.shape == (3, 1, 16, 16)
    for number, (top, left) in enumerate(windows):
        assert top % 4 == left % 4 == 0
        expected = sample.alpha[number, top : top + 32, left : left + 32] / 65535
        np.testing.assert_allclose(truth.alpha[number, 0], expected, atol=1e-6)


def found_for(truth: Truth, alpha: torch.Tensor, log_error: float) -> Whole:
    inner = slice(8, -8)
    shape = alpha[..., inner, inner].shape
    return Whole(
        alpha=alpha[..., inner, inner],
        front=truth.foreground[..., inner, inner],
        back=torch.zeros_like(truth.foreground)[..., inner, inner],
        log_error=torch.full(shape, log_error),
        cell_error=torch.zeros(alpha.shape[0], 1, alpha.shape[2] // 4, alpha.shape[3] // 4),
        looked=truth.cells,
    )


def some_truth() -> Truth:
    torch.manual_seed(5)
    alpha = torch.rand(2, 1, 48, 48)
    colour = torch.rand(2, 3, 48, 48)
    coarse = (alpha + 0.2 * torch.randn_like(alpha)).clamp(0, 1)
    return Truth(colour * alpha, colour, alpha, coarse, torch.rand(2, 1, 12, 12))


def test_the_truth_costs_nothing_and_what_is_worse_than_the_coarse_alpha_costs_more() -> None:
    truth = some_truth()
    exact = costs(found_for(truth, truth.alpha, -4), truth, 8, 4)
    kept = costs(found_for(truth, truth.coarse, -4), truth, 8, 4)
    spoilt = costs(found_for(truth, 1 - truth.alpha, -4), truth, 8, 4)
    assert exact.alpha == 0
    assert exact.foreground < 1e-6
    assert exact.total < kept.total < spoilt.total


def test_an_error_estimate_costs_least_when_it_is_right() -> None:
    truth = some_truth()
    alpha = truth.alpha + 0.1
    calibration = {
        log_error: costs(found_for(truth, alpha, log_error), truth, 8, 4).calibration
        for log_error in (-4.0, float(np.log(0.104)), -1.0)
    }
    assert min(calibration, key=lambda log_error: calibration[log_error]) == float(np.log(0.104))


def test_held_out_scenes_are_the_same_each_time() -> None:
    once, again = (list(held_out(2, 96, 128)) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.alpha, other.alpha)
    assert once[0].rgb.shape == (96, 128, 3)
    assert 0.01 < once[0].alpha.mean() < 0.99
