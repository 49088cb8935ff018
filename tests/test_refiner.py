"""What any refiner promises, and what colour evidence adds to a coarse alpha."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.coarse import cleaned, on_cells, softened
from kernels.evidence import weigh_evidence
from kernels.guided import fit_linear, tiles_to_fit, tiles_to_weigh
from kernels.layout import Layout
from kernels.spread import cell_means, spread
from kernels.types import Alpha, Planes, Rgb
from models.picture import Box
from models.refiner import ClassicalRefiner, Refined, Refiners, estimate_foreground

STILLS = Path(__file__).parents[2] / "shared" / "stills"
SIZES = [(1, 1), (3, 17), (17, 17), (45, 83), (96, 160)]
LAYOUTS = [
    Layout("yuv", 8, 1, 1, "bt709", False),
    Layout("yuv", 10, 0, 1, "bt709", False),
    Layout("yuv", 12, 0, 0, "bt601", True),
    Layout("rgb", 16, 0, 0, "bt709", True),
    Layout("gray", 8, 0, 0, "bt709", False),
]


@dataclass(frozen=True)
class Still:
    planes: Planes
    layout: Layout

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])

    def rgb(self, height: int, width: int, box: Box | None = None) -> Rgb:
        raise NotImplementedError


def disc(height: int, width: int, softness: float = 2) -> Alpha:
    y, x = np.mgrid[:height, :width] + 0.5
    radius = min(height, width) * 0.3
    far = np.hypot(y - height / 2, x - width / 2)
    return np.clip((radius - far) / softness + 0.5, 0, 1).astype(np.float32)


def still(layout: Layout, alpha: Alpha, noise: float = 1) -> Still:
    """An orange disc on blue, mixed by `alpha`, in the planes of `layout`."""
    random = np.random.default_rng(7)
    colour = alpha[..., None] * [0.9, 0.6, 0.2] + (1 - alpha[..., None]) * [0.1, 0.25, 0.5]
    colour = np.clip(colour + random.normal(0, noise / 255, colour.shape), 0, 1)
    matrix, offset = layout.from_rgb()
    samples = colour @ matrix.T + offset
    planes = []
    for number in range(layout.count):
        shift_y, shift_x = layout.shifts(number)
        tall, wide = layout.plane_shape(number, *alpha.shape)
        padding = ((0, (tall << shift_y) - alpha.shape[0]), (0, (wide << shift_x) - alpha.shape[1]))
        padded = np.pad(samples[..., number], padding, mode="edge")
        mean = padded.reshape(tall, 1 << shift_y, wide, 1 << shift_x).mean((1, 3))
        planes.append(np.clip(np.round(mean), 0, layout.peak).astype(layout.dtype))
    return Still(tuple(planes), layout)


def by_pixel(kinds: npt.NDArray[np.uint8], alpha: Alpha) -> npt.NDArray[np.uint8]:
    tall = kinds.repeat(TILE, axis=0).repeat(TILE, axis=1)
    return tall[: alpha.shape[0], : alpha.shape[1]]


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.model}{layout.depth}")
def test_alpha_is_whole_outside_the_band(
    layout: Layout, height: int, width: int, quality: str
) -> None:
    truth = disc(height, width)
    coarse = cv2.resize(truth, (32, 18), interpolation=cv2.INTER_AREA)
    found = ClassicalRefiner(quality)(still(layout, truth), coarse)
    assert found.alpha.shape == truth.shape
    assert found.alpha.dtype == np.float32
    assert found.kinds.shape == lattice(height, width)
    kinds = by_pixel(found.kinds, truth)
    assert (found.alpha[kinds == OUTSIDE] == 0).all()
    assert (found.alpha[kinds == INSIDE] == 1).all()
    assert ((found.alpha >= 0) & (found.alpha <= 1)).all()
    assert np.isfinite(found.colours.foreground).all()
    assert np.isfinite(found.colours.background).all()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.model}{layout.depth}")
def test_coarse_alpha_of_two_colours_is_made_sharp(layout: Layout) -> None:
    truth = disc(180, 320)
    coarse = cv2.GaussianBlur(cv2.resize(truth, (64, 36), interpolation=cv2.INTER_AREA), (0, 0), 1)
    enlarged = cv2.resize(coarse, (320, 180), interpolation=cv2.INTER_LINEAR)
    found = ClassicalRefiner("balanced")(still(layout, truth), coarse).alpha
    assert np.abs(found - truth).mean() < 0.35 * np.abs(enlarged - truth).mean()


def test_sharp_truth_stays() -> None:
    truth = disc(180, 320)
    found = ClassicalRefiner("balanced")(still(LAYOUTS[0], truth), truth).alpha
    assert np.abs(found - truth).max() < 0.03
    assert np.abs(found - truth).mean() < 1e-4


def test_hard_mask_of_full_size_becomes_soft() -> None:
    truth = disc(180, 320, softness=10)
    hard = np.float32(truth > 0.5)
    found = ClassicalRefiner("balanced")(still(LAYOUTS[0], truth), hard).alpha
    assert np.abs(found - truth).mean() < 0.5 * np.abs(hard - truth).mean()


def test_no_colour_difference_means_plain_enlargement() -> None:
    truth = disc(180, 320)
    coarse = cv2.resize(truth, (64, 36), interpolation=cv2.INTER_AREA)
    flat = still(LAYOUTS[0], np.zeros_like(truth), noise=0)
    enlarged = cv2.resize(coarse, (320, 180), interpolation=cv2.INTER_LINEAR)
    found = ClassicalRefiner("balanced")(flat, coarse)
    band = by_pixel(found.kinds, truth) == BAND
    expected = np.clip((enlarged - 0.04) / 0.92, 0, 1)
    np.testing.assert_allclose(found.alpha[band], expected[band], atol=0.01)


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize("value", [0.1, 0.3, 0.38, 0.5, 0.62, 0.65, 0.8, 0.95])
def test_haze_stays_haze(value: float, quality: str) -> None:
    picture = still(LAYOUTS[0], disc(96, 160), noise=20)
    coarse = np.full((18, 32), value, np.float32)
    refined = ClassicalRefiner(quality)(picture, coarse)
    assert (refined.kinds == BAND).all()
    assert np.abs(refined.alpha - np.float32(value)).max() < 1e-5
    if value < 0.6:
        found = estimate_foreground(picture, refined.alpha, refined.kinds, refined.colours)
        assert not refined.colours.foreground_known
        assert all(np.array_equal(*pair) for pair in zip(found, picture.planes, strict=True))


@pytest.mark.parametrize("value", [0.3, 0.5, 0.65])
def test_evidence_against_an_unknown_side_weighs_nothing(value: float) -> None:
    picture, prior = still(LAYOUTS[0], disc(64, 96)), np.full((16, 24), value, np.float32)
    means = cell_means(picture.planes, picture.layout, 4)
    tiles = np.argwhere(np.ones((4, 6))).astype(np.int32)
    evidence = weigh_evidence(means, spread(means, prior), prior, picture.layout, tiles)
    assert (evidence.confidence == 0).all()


def test_evidence_reaches_every_cell_even_one_wider_than_a_tile() -> None:
    prior = cv2.resize(disc(64, 96), (25, 17), interpolation=cv2.INTER_AREA)
    means = cell_means(still(LAYOUTS[0], disc(68, 100)).planes, LAYOUTS[0], 4)
    colours = spread(means, prior, 4)
    tiles = np.argwhere(np.ones((5, 7))).astype(np.int32)
    wanted = weigh_evidence(means, colours, prior, LAYOUTS[0], tiles)
    for step in (4, 32):
        found = weigh_evidence(means, replace(colours, step=step), prior, LAYOUTS[0])
        assert np.array_equal(found.projection, wanted.projection)
        assert np.array_equal(found.confidence, wanted.confidence)
        assert np.array_equal(found.rgb, wanted.rgb)
    with pytest.raises(ValueError, match="32"):
        weigh_evidence(means, replace(colours, step=32), prior, LAYOUTS[0], tiles)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_constant_coarse_snaps(value: float) -> None:
    coarse = np.full((9, 16), value, np.float32)
    found = ClassicalRefiner("fast")(still(LAYOUTS[0], disc(45, 83)), coarse)
    assert (found.alpha == np.nan_to_num(value)).all()


def test_nan_counts_as_zero() -> None:
    truth = disc(96, 160)
    coarse = cv2.resize(truth, (32, 18), interpolation=cv2.INTER_AREA)
    holes = coarse.copy()
    holes[:, :12], coarse[:, :12] = np.nan, 0
    refine, picture = ClassicalRefiner("balanced"), still(LAYOUTS[0], truth)
    assert np.array_equal(refine(picture, holes).alpha, refine(picture, coarse).alpha)


def test_the_same_input_gives_the_same_bits_on_one_thread() -> None:
    numba = pytest.importorskip("numba")
    truth = disc(180, 320)
    coarse = cv2.resize(truth, (64, 36), interpolation=cv2.INTER_AREA)
    refine, picture = ClassicalRefiner("balanced"), still(LAYOUTS[0], truth)
    many = refine(picture, coarse)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = refine(picture, coarse)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(many.alpha, one.alpha)
    assert np.array_equal(many.colours.foreground, one.colours.foreground)


@pytest.mark.parametrize("size", [(122, 216), (97, 171), (360, 641), (719, 1279)])
def test_a_hard_mask_stays_within_its_range_however_it_is_shrunk(size: tuple[int, int]) -> None:
    hard = np.float32(disc(max(45, size[0] // 2), max(80, size[1] // 2)) > 0.5)
    soft = softened(cleaned(hard), *size)
    assert soft.min() >= 0
    assert soft.max() <= 1
    found = ClassicalRefiner("balanced")(still(LAYOUTS[0], disc(*size)), hard)
    assert np.isfinite(found.alpha).all()


@pytest.mark.parametrize("shape", [(0, 4), (4,), (2, 3, 1)])
def test_senseless_coarse_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="coarse"):
        ClassicalRefiner("fast")(still(LAYOUTS[0], disc(17, 17)), np.zeros(shape, np.float32))


def test_unknown_quality_is_refused() -> None:
    with pytest.raises(ValueError, match="'superb'"):
        ClassicalRefiner("superb")


def test_prior_keeps_the_mean_of_a_finer_alpha() -> None:
    fine = cleaned(np.random.default_rng(4).random((64, 96)))
    truth = fine.reshape(16, 4, 24, 4).mean((1, 3))
    np.testing.assert_allclose(on_cells(fine, 64, 96, 4), truth, atol=1e-6)


def test_fit_equals_naive_least_squares() -> None:
    truth = disc(64, 96)
    picture = still(LAYOUTS[0], truth, noise=8)
    prior = on_cells(cv2.GaussianBlur(truth, (0, 0), 6), 64, 96, 4)
    means = cell_means(picture.planes, picture.layout, 4)
    tiles = np.argwhere(np.ones((4, 6))).astype(np.int32)
    evidence = weigh_evidence(means, spread(means, prior), prior, picture.layout, tiles)
    fit = fit_linear(evidence, prior, tiles, 4, 2)
    target = prior + evidence.confidence * (evidence.projection - prior)
    for row, column in ((0, 0), (7, 11), (15, 23), (3, 22)):
        window = (slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3))
        rgb = evidence.rgb[window].reshape(-1, 3).astype(np.float64)
        alpha = target[window].ravel().astype(np.float64)
        centred = rgb - rgb.mean(0)
        covariance = centred.T @ centred / len(rgb) + 1e-4 * np.eye(3)
        slope = np.linalg.solve(covariance, centred.T @ (alpha - alpha.mean()) / len(rgb))
        np.testing.assert_allclose(fit[row, column, :3], slope, atol=5e-3)
        offset = alpha.mean() - slope @ rgb.mean(0)
        np.testing.assert_allclose(fit[row, column, 3], offset, atol=5e-3)


@pytest.mark.parametrize(("step", "radius"), [(2, 3), (4, 2), (8, 1)])
def test_fits_read_only_weighed_cells(step: int, radius: int) -> None:
    truth = disc(180, 320)
    kinds = np.zeros(lattice(180, 320), np.uint8)
    kinds[6, 9] = BAND
    picture, prior = still(LAYOUTS[0], truth), on_cells(truth, 180, 320, step)
    means = cell_means(picture.planes, picture.layout, step)
    colours = spread(means, prior, step)
    weighed, fitted = tiles_to_weigh(kinds, step, radius), tiles_to_fit(kinds, step, radius)
    evidence = weigh_evidence(means, colours, prior, picture.layout, weighed)
    unknown = np.ones(kinds.shape, bool)
    unknown[tuple(weighed.T)] = False
    side = TILE // step
    poisoned = unknown.repeat(side, 0).repeat(side, 1)[: prior.shape[0], : prior.shape[1]]
    evidence.confidence[poisoned] = np.nan
    fit = fit_linear(evidence, prior, fitted, step, radius)
    for row, column in fitted:
        cells = (slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
        assert np.isfinite(fit[cells]).all()


@pytest.mark.parametrize("flaw", ["shrunk", "hard", "blurred"])
def test_fur_is_never_worse_than_enlarged(flaw: str) -> None:
    if not STILLS.is_dir():
        pytest.skip("no shared stills")
    rgb = cv2.imread(str(STILLS / "lemur.png"))[..., ::-1]
    truth = np.float32(cv2.imread(str(STILLS / "lemur_alpha.png"), cv2.IMREAD_GRAYSCALE) / 255)
    coarse = cv2.resize(truth, (136, 88), interpolation=cv2.INTER_AREA)
    if flaw == "hard":
        coarse = np.float32(coarse > 0.5)
    elif flaw == "blurred":
        coarse = cv2.GaussianBlur(coarse, (0, 0), 1.5)
    enlarged = cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    layout = Layout("rgb", 8, 0, 0, "bt709", True)
    planes = tuple(np.ascontiguousarray(rgb[..., channel]) for channel in (1, 2, 0))
    found = ClassicalRefiner("balanced")(Still(planes, layout), coarse).alpha
    assert np.abs(found - truth).mean() < np.abs(enlarged - truth).mean()


def test_several_refiners_serve_one_caller_each_and_failures_give_them_back() -> None:
    class Once:
        def __init__(self) -> None:
            self.busy = threading.Lock()

        def __call__(self, picture: object, coarse: Alpha) -> Refined:
            assert self.busy.acquire(blocking=False)
            try:
                if coarse.size == 0:
                    raise ValueError("empty")
                return cast(Refined, coarse)
            finally:
                self.busy.release()

    both = Refiners([Once(), Once()])
    picture = cast(Any, None)
    for _ in range(3):
        with pytest.raises(ValueError, match="empty"):
            both(picture, np.empty((0, 0), np.float32))
    with ThreadPoolExecutor(4) as pool:
        given = [np.full((1, 1), n, np.float32) for n in range(50)]
        assert list(pool.map(lambda each: both(picture, each), given)) == given
    with pytest.raises(ValueError, match="at least one"):
        Refiners([])
