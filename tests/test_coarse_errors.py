"""What simulated first passes promise, and that they err as real ones do."""

import cv2
import numpy as np
import pytest

from kernels.types import Alpha
from models.training.coarse_errors import like_a_net, shrunk, spoil

SIZES = [(1, 1), (1, 9), (33, 47), (96, 64)]


def disc(side: int = 128, strands: bool = False) -> Alpha:
    """A round subject, with thin straight hair all around when it has `strands`."""
    wide = np.zeros((side * 4, side * 4), np.uint8)
    centre = (side * 2, side * 2)
    cv2.circle(wide, centre, int(side * 1.1), 255, -1)
    for angle in np.arange(0, 2 * np.pi, 0.12) if strands else ():
        end = (
            int(centre[0] + side * 1.8 * np.cos(angle)),
            int(centre[1] + side * 1.8 * np.sin(angle)),
        )
        cv2.line(wide, centre, end, 255, 5)
    small = cv2.resize(wide, (side, side), interpolation=cv2.INTER_AREA)
    return (np.asarray(small) / 255).astype(np.float32)


def enlarged(coarse: Alpha, alpha: Alpha) -> Alpha:
    size = (alpha.shape[1], alpha.shape[0])
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_shrunk_is_the_mean_of_each_cell(factor: int) -> None:
    alpha = np.random.default_rng(0).random((factor * 7, factor * 4), np.float32)
    naive = alpha.astype(np.float64).reshape(7, factor, 4, factor).mean(axis=(1, 3))
    assert np.abs(shrunk(alpha, factor) - naive).max() < 1e-6


@pytest.mark.parametrize("size", SIZES)
def test_coarse_alpha_is_in_range_and_no_finer_than_the_truth(size: tuple[int, int]) -> None:
    truths = [np.zeros(size, np.float32), np.ones(size, np.float32)]
    truths.append(np.random.default_rng(1).random(size, np.float32))
    for seed in range(150):
        alpha = truths[seed % 3]
        coarse = spoil(np.random.default_rng(seed), alpha)
        assert coarse.dtype == np.float32 and coarse.ndim == 2 and coarse.flags.c_contiguous
        assert all(
            max(1, side // 17) <= cells <= side
            for cells, side in zip(coarse.shape, size, strict=True)
        )
        assert np.isfinite(coarse).all() and coarse.min() >= 0 and coarse.max() <= 1


def test_equal_generators_give_equal_errors_and_leave_the_truth() -> None:
    alpha = disc(64, strands=True)
    copy = alpha.copy()
    for seed in range(30):
        first, again = (spoil(np.random.default_rng(seed), alpha) for _ in range(2))
        assert np.array_equal(first, again)
    assert np.array_equal(alpha, copy)
    shapes = {spoil(np.random.default_rng(seed), alpha).shape for seed in range(30)}
    assert len(shapes) > 10


def test_about_one_in_eight_is_exact() -> None:
    alpha = disc()
    exact = 0
    for seed in range(400):
        coarse = spoil(np.random.default_rng(seed), alpha)
        rows, columns = coarse.shape
        truth = cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA)
        exact += rows < 128 and np.abs(coarse - truth).max() <= 0.5 / 255 + 1e-6
    assert 0.08 <= exact / 400 <= 0.2


def test_few_are_wrong_far_from_the_edge() -> None:
    alpha = disc(160)
    inside = (alpha > 0.5).astype(np.uint8)
    reach = [cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (inside, 1 - inside)]
    far = np.maximum(*reach) > 30
    wrong = 0
    for seed in range(300):
        coarse = enlarged(spoil(np.random.default_rng(seed), alpha), alpha)
        wrong += np.abs(coarse - alpha)[far].max() > 0.5
    assert 0 < wrong / 300 <= 0.15


@pytest.mark.parametrize("factor", [2.5, 4.0])
def test_a_net_takes_2_to_5_cells_across_an_edge(factor: float) -> None:
    alpha = np.zeros((160, 160), np.float32)
    alpha[:, 80:] = 1
    widths = []
    for seed in range(60):
        coarse = like_a_net(np.random.default_rng(seed), alpha, factor)
        for row in np.maximum.accumulate(coarse, axis=1):
            found = np.interp([0.1, 0.9], row, np.arange(row.size))
            widths.append(found[1] - found[0])
    assert 2 < np.median(widths) < 5
    assert np.percentile(widths, 95) > 6


def test_a_net_shows_hair_as_one_smooth_outline() -> None:
    alpha = disc(128, strands=True)
    bald = disc(128)
    ring = (alpha > 0.05) & (bald < 0.01)
    assert alpha[ring].std() > 0.25
    rough = []
    for seed in range(20):
        coarse = enlarged(like_a_net(np.random.default_rng(seed), alpha, 2.0), alpha)
        angle = np.arange(0, 2 * np.pi, 0.01)
        x, y = 64 + 37 * np.cos(angle), 64 + 37 * np.sin(angle)
        around = [
            cv2.remap(
                image, x[None].astype(np.float32), y[None].astype(np.float32), cv2.INTER_LINEAR
            )
            for image in (alpha, coarse)
        ]
        rough.append(np.abs(np.diff(around[1])).sum() / np.abs(np.diff(around[0])).sum())
    assert np.median(rough) < 0.07


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_a_net_tears_no_islands_off_a_smooth_subject(factor: float) -> None:
    for seed in range(40):
        coarse = like_a_net(np.random.default_rng(seed), disc(160), factor)
        pieces, _ = cv2.connectedComponents((coarse > 0.5).astype(np.uint8))
        assert pieces == 2  # the subject and what is around it


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_net_sure_of_all_stays_sure(value: float) -> None:
    coarse = like_a_net(np.random.default_rng(0), np.full((40, 60), value, np.float32), 4.0)
    assert np.abs(coarse - value).max() < 0.01


def test_what_is_no_alpha_is_refused() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\(4, 4, 3\)"):
        spoil(random, np.zeros((4, 4, 3), np.float32))
    with pytest.raises(ValueError, match=r"\(0, 4\)"):
        spoil(random, np.zeros((0, 4), np.float32))
