from typing import Any, get_args

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, classify, tiles_of
from kernels.bound import bound_alpha
from kernels.coarse import cleaned
from kernels.context import CELL_INPUTS
from kernels.convert import convert_planes
from kernels.hedge import hedge_alpha
from kernels.layout import Layout
from kernels.refine import upsample_band
from kernels.scatter import scatter_alpha
from models.classical_refiner import ClassicalRefiner
from models.learned_refiner import LearnedRefiner, open_learned
from models.refined import LEARNED
from models.refiner_inputs import Level, gather_inputs
from models.refiner_net import RefinerNet
from models.refiner_pixels import TERMS
from models.refiner_shape import SHAPES, Shape
from models.refiner_whole import refine_close, view
from models.stepped_refiner import Kind, SteppedRefiner
from stream.frame import Frame
from stream.live.governor import STEPS
from stream.live.normal import live_frame

SIZES = [(1, 1), (7, 3), (17, 33), (64, 64), (97, 131), (150, 90)]


HAZE = 0.035
"""So close to 0 or 1 the refiner rounds."""


def wild_net(shape: Shape | None = None) -> RefinerNet:
    """A net whose every layer says something, as after training."""
    torch.manual_seed(3)
    net = RefinerNet(shape).requires_grad_(False)
    net.scout.last.weight[-1].normal_(0, 0.2)
    net.context.last.weight[-8:-1].normal_(0, 0.05)
    for parameter in net.fine.last.parameters():
        parameter.normal_(0, 0.3)
    net.fine.last.bias[1] = -9  # it is sure of what it says, so nothing is taken back
    return net


def wild() -> tuple[RefinerNet, Shape]:
    """That of the usual shape."""
    net = wild_net()
    return net, net.shape


def rounded(alpha: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    alpha = np.where(alpha < HAZE, 0, alpha)
    return np.where(alpha > 1 - HAZE, 1, alpha).astype(np.float32)


def scene(height: int, width: int, seed: int = 5) -> tuple[Frame, npt.NDArray[np.float32]]:
    """A dark disc before a bright noisy wall, and its coarse alpha on cells of about 4 pixels."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - height / 2, x - width / 2)
    inside = away < min(height, width) / 3
    rgb = np.where(inside[..., None], (40, 30, 25), (180, 190, 200)) + random.normal(
        0, 12, (height, width, 3)
    )
    rows, columns = max(height // 4, 1), max(width // 4, 1)
    y, x = (np.mgrid[:rows, :columns] + 0.5) * np.array([height / rows, width / columns])[
        :, None, None
    ]
    away = np.hypot(y - height / 2, x - width / 2)
    coarse = np.clip((min(height, width) / 3 - away) / 9 + 0.5, 0, 1)
    return Frame.from_rgb(np.clip(rgb, 0, 255).astype(np.uint8)), coarse.astype(np.float32)


def subsampled_scene(height: int, width: int) -> tuple[Frame, npt.NDArray[np.float32]]:
    """`scene` with colours of half the size."""
    frame, coarse = scene(height, width)
    target, everything = Layout("yuv", 8, 1, 1, "bt601", False), (0, 0, height, width)
    planes = convert_planes(frame.planes, frame.layout, target, height, width, everything)
    return live_frame(planes, 0), coarse


def whole(
    net: RefinerNet, frame: Frame, coarse: npt.NDArray[np.float32], step: int
) -> npt.NDArray[np.float32]:
    """The alpha of a net run over the whole picture at once, its edge repeated around it.

    step: pixels a cell.
    """
    height, width = frame.height, frame.width
    everywhere = np.full((-(-height // TILE), -(-width // TILE)), BAND, np.uint8)
    inputs = gather_inputs(frame, cleaned(coarse), everywhere, step)
    found = view(net, _channels(inputs.wide), _channels(inputs.cells))
    rim = 64
    pad = ((rim, rim + -height % step), (rim, rim + -width % step))
    rgb = np.pad(frame.rgb(height, width), (*pad, (0, 0)), mode="edge")
    enlarged = np.pad(upsample_band(cleaned(coarse), everywhere, height, width), pad, mode="edge")
    refined = refine_close(
        net,
        torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255,
        torch.from_numpy(enlarged)[None, None],
        torch.nn.functional.pad(found.near, (rim // step,) * 4, mode="replicate"),
        step,
    )
    inner = rim - step // 2 * net.shape.reach
    alpha = rounded(refined.alpha[0, 0, inner : inner + height, inner : inner + width].numpy())
    bound_alpha(alpha, cleaned(coarse), tiles_of(everywhere))
    return alpha


def _channels(level: Level) -> torch.Tensor:
    """A level's channels before any colour is told, but for what it knows of each cell."""
    rgb = level.means[..., [2, 0, 1]] / np.float32(255) - np.float32(0.5)
    squeezed = level.prior * np.float32(0.98) + np.float32(0.01)
    level.channels[..., :3] = rgb
    level.channels[..., 3] = np.log(squeezed / (1 - squeezed)) * 0.25
    level.channels[..., 14] = level.rough * 4
    return torch.from_numpy(level.channels.copy()).permute(2, 0, 1)[None]


@pytest.mark.parametrize("size", SIZES)
def test_an_untrained_net_leaves_the_enlarged_coarse_alpha_but_for_haze(
    size: tuple[int, int],
) -> None:
    frame, coarse = scene(*size)
    refined = LearnedRefiner(RefinerNet(), Shape(), half=False)(frame, coarse)
    expected = upsample_band(coarse, classify(coarse, *size), *size)
    # Where no side is sure there is nothing to refine by, nor to round.
    off = np.minimum(np.abs(refined.alpha - rounded(expected)), np.abs(refined.alpha - expected))
    assert off.max() < 5e-6


@pytest.fixture
def nets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nets find is not drawn towards what colours nearby say."""
    monkeypatch.setattr("models.learned_refiner.relax_share", lambda layout, restless: 0)


@pytest.mark.usefixtures("nets_alone")
@pytest.mark.parametrize("quality", LEARNED)
@pytest.mark.parametrize(
    ("size", "step"),
    [((96, 128), 4), ((150, 202), 4), ((191, 257), 4), ((150, 202), 2), ((191, 257), 8),
     ((300, 280), 16)],
)  # fmt: skip
def test_what_is_computed_along_the_band_equals_the_whole_picture(
    size: tuple[int, int], step: int, quality: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.learned_refiner._FINEST", step)
    frame, coarse = scene(*size)
    net = wild_net(SHAPES[f"refiner_{quality}"])
    refined = LearnedRefiner(net, net.shape, half=False)(frame, coarse)
    expected = whole(net, frame, coarse, step)
    inner = _deep_in_band(refined.kinds, size)
    assert inner.sum() > 500
    off = np.abs(refined.alpha - expected)[inner]
    # Half cells are rounded to whole samples; and at the very rim of the haze rounding may fall
    # either way.
    assert np.sort(off)[-3] < 1e-3
    assert off.max() < HAZE + 1e-3
    changed = np.abs(refined.alpha - upsample_band(coarse, refined.kinds, *size))[inner]
    assert changed.max() > 0.05, "the net says nothing: this test would see no seam"


@pytest.mark.parametrize("half", [False, True])
def test_nothing_is_left_of_pictures_before(half: bool) -> None:
    net = wild_net()
    pictures = [scene(150, 202), scene(150, 202, seed=8), scene(97, 131), scene(150, 202)]
    frame, coarse = pictures[1]
    pictures[1] = frame, np.roll(coarse, 20, 1)  # other tiles, and colours from the wrong side
    used = LearnedRefiner(net, net.shape, half=half, keep_error=True)
    for frame, coarse in pictures:
        found = used(frame, coarse)
        fresh = LearnedRefiner(net, net.shape, half=half, keep_error=True)(frame, coarse)
        np.testing.assert_array_equal(found.alpha, fresh.alpha)
        np.testing.assert_array_equal(found.error, fresh.error)


def test_bfloat16_says_nearly_the_same_and_leaves_the_net_alone() -> None:
    frame, coarse = scene(150, 202)
    net = wild_net()
    half = LearnedRefiner(net, net.shape, half=True)(frame, coarse)
    single = LearnedRefiner(net, net.shape, half=False)(frame, coarse)
    assert all(parameter.dtype == torch.float32 for parameter in net.parameters())
    off = np.abs(single.alpha - half.alpha)[_tiles(single.kinds, (150, 202)) == BAND]
    assert 0 < np.mean(off) < 1 / 255
    assert np.percentile(off, 99) < 3 / 255


def test_alpha_meets_settled_tiles_without_a_step() -> None:
    # A haze that the nets leave ends at tiles they were sure of.
    kinds = np.full((3, 5), BAND, np.uint8)
    kinds[:, 0], kinds[:, 4] = OUTSIDE, INSIDE
    looked = np.full_like(kinds, BAND)
    alpha = np.full((48, 80), 0.4, np.float32)
    alpha[:, :16], alpha[:, 64:] = 0, 1
    tiles = tiles_of(kinds)
    found = np.zeros((len(tiles), TILE, TILE, 2), np.float32)
    levels = np.full((len(tiles), TILE, TILE), np.log(0.402 / 0.598) * 0.25, np.float32)
    scatter_alpha(found, levels, tiles, looked, kinds, TERMS, 1, alpha)
    steps = np.abs(np.diff(alpha, axis=1))
    assert steps.max() < 0.1
    np.testing.assert_allclose(alpha[:, 24:56], 0.4, atol=1e-3)
    # Nor do they leave a step when what was there before comes back.
    found[..., 1] = 0
    alpha[:, 16:64] -= 0.01
    hedge_alpha(alpha, levels, found, tiles, np.full((12, 20), -8, np.float32), 4, 0, 0)
    assert np.abs(np.diff(alpha, axis=1)).max() < 0.1
    np.testing.assert_allclose(alpha[:, 24:56], 0.4, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_picture_of_one_side_only_is_left(value: float) -> None:
    frame, coarse = scene(97, 131)
    refined = LearnedRefiner(*wild(), half=False)(frame, np.full_like(coarse, value))
    assert (refined.alpha == value).all()


def test_not_a_number_in_the_coarse_alpha_counts_as_background() -> None:
    frame, coarse = scene(97, 131)
    spoilt, clean = coarse.copy(), coarse.copy()
    spoilt[3, 4], clean[3, 4] = np.nan, 0
    refine = LearnedRefiner(*wild(), half=False)
    np.testing.assert_array_equal(refine(frame, spoilt).alpha, refine(frame, clean).alpha)


def test_a_net_that_breaks_leaves_the_coarse_alpha() -> None:
    frame, coarse = scene(97, 131)
    net = wild_net()
    net.fine.last.bias.fill_(float("nan"))
    refined = LearnedRefiner(net, net.shape, half=False)(frame, coarse)
    expected = upsample_band(coarse, refined.kinds, 97, 131)
    np.testing.assert_allclose(refined.alpha, rounded(expected), atol=5e-6)


def test_a_soft_alpha_of_full_size_is_left() -> None:
    frame, coarse = scene(128, 128)
    alpha = np.asarray(cv2.resize(coarse, (128, 128)), np.float32)
    refined = LearnedRefiner(*wild(), half=False)(frame, alpha)
    assert np.abs(refined.alpha - alpha).max() < 0.021


@pytest.mark.usefixtures("nets_alone")
def test_a_budget_refines_the_worst_tiles_only() -> None:
    frame, coarse = scene(256, 256)
    free = LearnedRefiner(*wild(), half=False)(frame, coarse)
    tight = LearnedRefiner(*wild(), half=False, budget=5, keep_error=True)(frame, coarse)
    plain = upsample_band(coarse, free.kinds, 256, 256)
    changed = np.abs(tight.alpha - plain) > HAZE
    assert changed.any()
    assert tight.error is not None
    # Elsewhere the expected error is that of the coarse alpha.
    told = tight.error != np.minimum(plain, 1 - plain)
    squares = told.reshape(256 // TILE, TILE, 256 // TILE, TILE).any(axis=(1, 3))
    assert squares.sum() == 5
    np.testing.assert_allclose(tight.alpha[changed], free.alpha[changed], atol=1e-5)


def test_the_expected_error_is_given_when_asked_for() -> None:
    frame, coarse = scene(97, 131)
    refined = LearnedRefiner(*wild(), half=False, keep_error=True)(frame, coarse)
    assert refined.error is not None
    inside = _tiles(refined.kinds, (97, 131)) == BAND
    assert (refined.error[inside] > 0).all()
    assert (refined.error[~inside] == 0).all()
    assert refined.error.max() <= 1
    assert LearnedRefiner(*wild(), half=False)(frame, coarse).error is None


def test_where_the_net_does_not_look_the_coarse_alpha_is_as_wrong_as_it_is_soft() -> None:
    frame, coarse = scene(128, 128)
    alpha = np.asarray(cv2.resize(coarse, (128, 128)), np.float32)
    refined = LearnedRefiner(*wild(), half=False, keep_error=True)(frame, alpha)
    assert refined.error is not None
    np.testing.assert_allclose(refined.error, np.minimum(refined.alpha, 1 - refined.alpha))
    assert refined.error.max() > 0.3


def test_what_the_net_doubts_more_than_the_mask_is_held_back() -> None:
    frame, coarse = scene(128, 128)
    net = wild_net()
    sure = LearnedRefiner(net, net.shape, half=False)(frame, coarse)
    net.fine.last.bias[1] = 0
    net.context.last.bias[-1] = -9
    doubtful = LearnedRefiner(net, net.shape, half=False, keep_error=True)(frame, coarse)
    coarse = rounded(upsample_band(coarse, sure.kinds, 128, 128))
    assert np.abs(sure.alpha - coarse).max() > 0.05
    assert np.abs(doubtful.alpha - coarse).max() < 0.01
    # What is expected to be wrong is then what was expected of the mask.
    assert doubtful.error is not None and np.median(doubtful.error) < 1e-3


def test_colours_nearby_have_a_say_where_the_nets_move_much(
    request: pytest.FixtureRequest,
) -> None:
    frame, coarse = scene(150, 202)
    with_colours = LearnedRefiner(*wild(), half=False)(frame, coarse)
    request.getfixturevalue("nets_alone")
    alone = LearnedRefiner(*wild(), half=False)(frame, coarse)
    y, x = np.mgrid[:150, :202]
    true = np.hypot(y - 75, x - 101) < 50  # the disc, which has another colour than the wall
    band = _tiles(alone.kinds, (150, 202)) == BAND
    off = [np.abs(refined.alpha - true)[band].mean() for refined in (with_colours, alone)]
    assert off[0] < 0.9 * off[1]
    np.testing.assert_array_equal(with_colours.alpha[~band], alone.alpha[~band])


def test_coarser_colours_have_a_say_only_in_the_thorough() -> None:
    frame, coarse = subsampled_scene(150, 202)
    net = wild_net()
    net.fine.last.bias[1] = -3.5
    quick, thorough = (
        LearnedRefiner(net, net.shape, half=False, thorough=thorough)(frame, coarse).alpha
        for thorough in (False, True)
    )
    assert np.abs(quick - thorough).max() > 0.05


def test_best_is_thorough() -> None:
    frame, coarse = subsampled_scene(150, 202)
    coarse = (coarse > 0.5).astype(np.float32)
    for quality in LEARNED:
        as_it_is, thorough = (
            open_learned(quality, half=False, **options)(frame, coarse).alpha
            for options in ({}, {"thorough": True})
        )
        assert np.array_equal(as_it_is, thorough) == (quality == "best")


def test_what_nets_move_and_how_fine_the_mask_is_tell_how_far_colours_take_alpha(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, coarse = scene(128, 128)
    given: list[tuple[float, bool]] = []

    def noted(*arguments: Any) -> None:
        given.append((arguments[5], arguments[6] is not None))

    monkeypatch.setattr("models.learned_refiner.relax_alpha", noted)
    monkeypatch.setattr("models.learned_refiner.relax_share", lambda layout, restless: 0.8)
    refine = LearnedRefiner(*wild(), half=False, keep_error=True)
    for size in (32, 96):
        refine(frame, np.asarray(cv2.resize(coarse, (size, size)), np.float32))
    assert given == [(0.8, True), (pytest.approx(0.8 / 3), True)]


def test_half_as_fine_as_the_picture_a_coarse_alpha_is_refined_in_full() -> None:
    frame, coarse = scene(128, 128)
    sizes = {scale: (128 * scale // 4,) * 2 for scale in (1, 2, 3, 4)}
    changes = {}
    for scale, size in sizes.items():
        given = np.asarray(cv2.resize(coarse, size), np.float32)
        refined = LearnedRefiner(*wild(), half=False)(frame, given)
        changes[scale] = np.abs(refined.alpha - upsample_band(given, refined.kinds, 128, 128)).max()
    assert min(changes[1], changes[2]) > 0.05
    assert HAZE < changes[3] < changes[2]
    assert changes[4] == 0


def test_the_slots_for_later_inputs_are_empty() -> None:
    frame, coarse = scene(96, 128)
    inputs = gather_inputs(frame, coarse, classify(coarse, 96, 128), 4)
    for level, size in ((inputs.cells, (24, 32)), (inputs.wide, (12, 16))):
        assert level.channels.shape == (*size, CELL_INPUTS)
        assert not level.channels[..., -6:].any()
        assert np.isfinite(level.channels).all()


@pytest.mark.parametrize("shape", [(4,), (0, 3), (2, 2, 1)])
def test_a_coarse_alpha_without_rows_and_columns_is_refused(shape: tuple[int, ...]) -> None:
    frame, _ = scene(64, 64)
    with pytest.raises(ValueError, match="rows and columns"):
        LearnedRefiner(*wild(), half=False)(frame, np.zeros(shape, np.float32))


def _tiles(kinds: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    return np.kron(kinds, np.ones((TILE, TILE), np.uint8))[: size[0], : size[1]]


def _deep_in_band(kinds: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels whose change does not fade towards another kind of tile."""
    rows, columns = kinds.shape
    wide = np.pad(kinds, 1, mode="edge") == BAND
    deep = np.ones_like(kinds, np.bool_)
    for y in range(3):
        for x in range(3):
            deep &= wide[y : y + rows, x : x + columns]
    return _tiles(deep.astype(np.uint8), size) > 0


def test_a_stepped_refiner_is_of_the_kind_it_was_last_told() -> None:
    frame, coarse = scene(150, 202)
    stepped = SteppedRefiner()
    expected = {
        "learned": open_learned("balanced"),
        "fine": ClassicalRefiner("balanced"),
        "fast": ClassicalRefiner("fast"),
    }
    for step in STEPS:
        stepped.set_cost(step.pass2, 1)
        np.testing.assert_array_equal(
            stepped(frame, coarse).alpha, expected[step.pass2](frame, coarse).alpha
        )
    assert {step.pass2 for step in STEPS} == {*expected}


def test_shares_of_tiles_are_for_learned_edges_alone() -> None:
    frame, coarse = scene(300, 404)
    stepped = SteppedRefiner()
    whole_band = {}
    for kind in get_args(Kind):
        stepped.set_cost(kind, 1)
        whole_band[kind] = stepped(frame, coarse).alpha
        stepped.set_cost(kind, 0.3)
        same = np.array_equal(stepped(frame, coarse).alpha, whole_band[kind])
        assert same == (kind != "learned")
    assert all(step.tiles == 1 for step in STEPS if step.pass2 != "learned")
