import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from kernels.context import CELL_INPUTS, PRIOR
from models.refiner_net import SHAPES, RefinerNet, Shape
from models.refiner_whole import Views, Whole
from models.training.batches import flipped, make_batch
from models.training.losses import Truth, costs
from models.training.publish import blended
from models.training.samples import MASK, Sample, held_out, no_mask
from models.training.shards import Recipe, Shards, make_shards
from models.training.train_refiner import Plan, Training, read_plan

SMALL = Shape(
    scout=4, scout_dilations=(1,), noticed=3, context=4, context_dilations=(1,), trunk=4,
    trunk_dilations=(1,), last=4,
)  # fmt: skip
CONFIGS = Path(__file__).parents[1] / "models" / "training" / "configs"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = str(tmp_path_factory.mktemp("samples") / "set")
    made = Recipe(folder, samples=4, shard=2, side=64, subject_side=96, views=2, seed=9)
    make_shards(made, workers=1)
    return made


def sample(count: int = 3, side: int = 64) -> Sample:
    """Pictures whose every part is the same ramp, down and across."""
    y, x = np.mgrid[:side, :side]
    ramp = (2 * y + x).astype(np.uint8)
    rgb = np.broadcast_to(ramp[None, :, :, None], (count, side, side, 3)).copy()
    alpha = np.broadcast_to(ramp[None] * np.uint16(256), (count, side, side)).copy()
    return Sample(rgb, rgb.copy(), alpha, no_mask(count))


def test_equal_recipes_make_equal_samples(recipe: Recipe, tmp_path: Path) -> None:
    again = Recipe(
        str(tmp_path / "again"), samples=4, shard=2, side=64, subject_side=96, views=2, seed=9
    )
    make_shards(again, workers=2)
    numbers = np.arange(4)
    for one, other in zip(Shards(recipe).batch(numbers), Shards(again).batch(numbers), strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_differ_and_hold_both_sides(recipe: Recipe) -> None:
    made = Shards(recipe).batch(np.arange(4))
    assert len({picture.tobytes() for picture in made.rgb}) == 4
    assert (made.alpha.max(axis=(1, 2)) > 60000).all()
    assert (made.alpha.min(axis=(1, 2)) < 5000).all()


def test_a_folder_of_another_recipe_is_refused(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="another recipe"):
        make_shards(Recipe(recipe.folder, samples=4, shard=2, side=64, subject_side=96, seed=10))


def test_missing_samples_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing"):
        Shards(Recipe(str(tmp_path), samples=4, shard=2))


def test_training_goes_on_where_it_stopped_as_if_it_had_not(recipe: Recipe, tmp_path: Path) -> None:
    torch.use_deterministic_algorithms(True)
    plans = [
        Plan("tiny", tmp_path / name, SMALL, (recipe,), steps=4, batch=2, window=8, warm_up=1)
        for name in ("broken", "whole")
    ]
    Training(plans[0]).run(2)
    Training(plans[0]).run(4)
    Training(plans[1]).run(4)
    torch.use_deterministic_algorithms(False)
    lines = [json.loads(line) for line in (tmp_path / "broken" / "tiny.log").open()]
    assert [line["step"] for line in lines] == [2, 4]
    broken, whole = (load_file(plan.folder / "tiny.safetensors") for plan in plans)
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, atol=1e-5, rtol=1e-3)
    net = RefinerNet(SMALL)
    net.load_state_dict(broken)
    assert any(parameter.any() for parameter in net.fine.last.parameters())


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("refiner_*.toml")), ids=lambda path: path.stem)
def test_every_plan_can_be_read_and_fits_its_samples(path: Path) -> None:
    plan = read_plan(path)
    assert plan.name == path.stem
    assert plan.shape == SHAPES.get(plan.name, Shape())
    for recipe in plan.recipes:
        assert recipe.samples % recipe.shard == 0
        assert recipe.side % (2 * recipe.step) == 0
        assert plan.shape.reach < plan.window <= recipe.side // recipe.step
    assert {*plan.turns} == {*range(len(plan.recipes))}


def test_all_parts_of_a_sample_are_turned_alike() -> None:
    seen = set()
    for seed in range(12):
        turned = flipped(sample(), np.random.default_rng(seed))
        np.testing.assert_array_equal(turned.rgb, turned.foreground)
        np.testing.assert_array_equal(turned.rgb[..., 0] * np.uint16(256), turned.alpha)
        seen.add(turned.alpha.tobytes())
    assert len(seen) > 3


def test_windows_lie_on_cells_and_show_what_is_there() -> None:
    batch = make_batch(sample(), 32, 4, np.random.default_rng(1))
    assert batch.cells.shape == (3, CELL_INPUTS, 16, 16)
    assert batch.wide.shape == (3, CELL_INPUTS, 8, 8)
    turned = flipped(sample(), np.random.default_rng(1))
    for step, cells in ((4, batch.cells), (8, batch.wide)):
        parts = turned.rgb[..., 0].reshape(3, 64 // step, step, 64 // step, step)
        np.testing.assert_allclose(cells[:, 0] + 0.5, parts.mean(axis=(2, 4)) / 255, atol=1e-3)
    for number, (top, left) in enumerate(batch.windows):
        assert top % 4 == left % 4 == 0
        expected = turned.alpha[number, top : top + 32, left : left + 32] / 65535
        np.testing.assert_allclose(batch.truth.alpha[number, 0], expected, atol=1e-6)
        shown = batch.truth.rgb[number, 0].numpy() * 255
        np.testing.assert_allclose(shown * 256 / 65535, expected, atol=1e-5)
    assert (batch.truth.coarse - batch.truth.alpha).abs().max() > 0.01
    assert batch.cells[:, PRIOR].abs().max() > 0.1
    assert batch.wide[:, PRIOR].abs().max() > 0.1


def test_the_mask_of_pass_1_is_mostly_what_the_nets_start_from() -> None:
    ramp = np.linspace(0, 255, MASK).astype(np.uint8)
    mask = np.broadcast_to(ramp, (16, MASK, MASK)).copy()
    batch = make_batch(sample(16)._replace(mask=mask), 64, 4, np.random.default_rng(2))
    across = torch.diff(batch.truth.coarse.mean(dim=2)[:, 0], dim=-1).abs()
    own = (across - 1 / 64).abs().amax(dim=-1) < 0.01
    down = torch.diff(batch.truth.coarse.mean(dim=3)[:, 0], dim=-1).abs()
    own |= (down - 1 / 64).abs().amax(dim=-1) < 0.01
    assert 8 <= int(own.sum()) < 16


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


def test_what_is_published_is_blended_with_what_it_began_from(tmp_path: Path) -> None:
    first, last = ({"weight": torch.full((2, 3), value)} for value in (1.0, 3.0))
    save_file(first, tmp_path / "first.safetensors")
    save_file(last, tmp_path / "net.safetensors")
    paths = tmp_path / "net.safetensors", str(tmp_path / "first.safetensors")
    assert blended(*paths, 0.25)["weight"].unique().tolist() == [1.5]
    assert blended(*paths, 1)["weight"].unique().tolist() == [3.0]
