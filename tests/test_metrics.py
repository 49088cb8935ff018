"""Each metric against a hand-computed example or a naive version."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks import metrics
from kernels.types import Alpha

SIZES = [(1, 1), (1, 7), (13, 9), (37, 64)]


def drawn(seed: int, height: int, width: int) -> Alpha:
    """Smooth-edged discs with a fractional fringe, multiples of 1/255."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    centre = random.uniform(0.3, 0.7, 2) * (height, width)
    far = np.hypot(y - centre[0], x - centre[1]) / max(height, width)
    noise = random.normal(0, 0.15, (height, width))
    alpha = np.clip((0.3 - far) * 8 + 0.5 + noise, 0, 1)
    return (np.rint(alpha * 255) / 255).astype(np.float32)


def naive_slope(alpha: Alpha) -> npt.NDArray[np.float64]:
    x = np.arange(-4, 5)
    kernel = np.outer(np.exp(-(x**2) / 3.92), -x * np.exp(-(x**2) / 3.92))
    kernel /= np.sqrt((kernel**2).sum())
    wide = np.pad(alpha.astype(np.float64), 4, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (9, 9))
    across = (windows * kernel).sum((2, 3))
    down = (windows * kernel.T).sum((2, 3))
    return np.hypot(across, down)


def naive_components(solid: npt.NDArray[np.bool_]) -> list[set[tuple[int, int]]]:
    left = {(int(y), int(x)) for y, x in np.argwhere(solid)}
    found = []
    while left:
        edge, part = [left.pop()], set()
        while edge:
            y, x = edge.pop()
            part.add((y, x))
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if near in left:
                    left.remove(near)
                    edge.append(near)
        found.append(part)
    return found


def naive_conn(alpha: Alpha, truth: Alpha) -> float:
    level = np.full(truth.shape, -1.0)
    for step in range(1, 11):
        solid = (alpha >= np.float32(step / 10)) & (truth >= np.float32(step / 10))
        best = max(naive_components(solid), key=len, default=set())
        for y, x in np.ndindex(truth.shape):
            if level[y, x] < 0 and (y, x) not in best:
                level[y, x] = (step - 1) / 10
    level[level < 0] = 1
    total = 0.0
    for y, x in np.ndindex(truth.shape):
        short = [float(each[y, x]) - level[y, x] for each in (alpha, truth)]
        firm = [1 - each if each >= 0.15 else 1.0 for each in short]
        total += abs(firm[0] - firm[1])
    return total / 1e3


@pytest.mark.parametrize("size", SIZES)
def test_equal_alphas_have_no_error(size: tuple[int, int]) -> None:
    truth = drawn(1, *size)
    rgb = np.full((*size, 3), 7, np.uint8)
    for metric in (metrics.mad, metrics.mse, metrics.grad, metrics.conn):
        assert metric(truth.copy(), truth) == 0
    assert metrics.dtssd(truth, truth, truth, truth) == 0
    assert metrics.foreground_mse(rgb, rgb, np.ones(size, np.float32)) == 0


def test_means_follow_their_definition() -> None:
    alpha, truth = np.array([[0, 0.5, 1]], np.float32), np.array([[0, 1, 0]], np.float32)
    assert metrics.mad(alpha, truth) == pytest.approx(500)
    assert metrics.mse(alpha, truth) == pytest.approx(1250 / 3)
    where = np.array([[True, True, False]])
    assert metrics.mad(alpha, truth, where) == pytest.approx(250)
    assert metrics.mse(alpha, truth, where) == pytest.approx(125)


@pytest.mark.parametrize("size", SIZES)
def test_grad_is_the_naive_sum(size: tuple[int, int]) -> None:
    alpha, truth = drawn(2, *size), drawn(3, *size)
    squared = (naive_slope(alpha) - naive_slope(truth)) ** 2
    assert metrics.grad(alpha, truth) == pytest.approx(squared.sum() / 1e3, rel=1e-9, abs=1e-15)
    where = truth > 0.5
    expected = squared[where].sum() / 1e3
    assert metrics.grad(alpha, truth, where) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", [4, 5])
def test_conn_is_the_naive_sum(size: tuple[int, int], seed: int) -> None:
    alpha, truth = drawn(seed, *size), drawn(seed + 10, *size)
    assert metrics.conn(alpha, truth) == pytest.approx(naive_conn(alpha, truth), abs=1e-9)


def test_detached_blob_is_disconnected_by_its_area() -> None:
    truth = np.zeros((20, 30), np.float32)
    truth[2:18, 2:14] = 1
    alpha = truth.copy()
    alpha[5:9, 20:25] = 1
    assert metrics.conn(alpha, truth) == pytest.approx(20 / 1e3)
    alpha[5:9, 20:25] = 0.1
    assert metrics.conn(alpha, truth) == 0


def test_components_that_touch_by_a_corner_are_apart() -> None:
    truth = np.zeros((4, 5), np.float32)
    truth[:2, :3] = 1
    alpha = truth.copy()
    alpha[2, 3] = truth[2, 3] = 1
    # Both alphas lack the same connection, so nothing differs; alone it counts.
    assert metrics.conn(alpha, truth) == 0
    alpha[2, 3] = 0
    assert metrics.conn(alpha, truth) == pytest.approx(1 / 1e3)


def test_conn_in_the_band_counts_the_band_only() -> None:
    truth = np.zeros((6, 6), np.float32)
    truth[:3] = 1
    alpha = truth.copy()
    alpha[5, 2:4] = 1
    assert metrics.conn(alpha, truth, np.indices((6, 6))[0] < 4) == 0


def test_dtssd_is_the_root_of_the_mean_squared_change() -> None:
    still, moved = np.zeros((1, 4), np.float32), np.array([[0.6, 0, 0, 0]], np.float32)
    assert metrics.dtssd(moved, still, still, still) == pytest.approx(30)
    assert metrics.dtssd(moved, moved, still, still) == 0
    assert metrics.dtssd(moved, still, moved, still) == 0


def test_foreground_error_counts_pixels_with_subject_only() -> None:
    truth = np.array([[0, 0.01, 1]], np.float32)
    colours = np.zeros((1, 3, 3), np.uint8)
    other = colours.copy()
    other[0, 0], other[0, 2, 1] = 255, 255
    assert metrics.foreground_mse(other, colours, truth) == pytest.approx(1e3 / 6)
    assert math.isnan(metrics.foreground_mse(other, colours, truth * 0))


@pytest.mark.parametrize(("height", "reach"), [(1080, 12), (720, 8), (360, 4), (41, 1)])
def test_band_of_a_hard_edge_reaches_as_far_as_stated(height: int, reach: int) -> None:
    truth = np.zeros((height, height + 60), np.float32)
    truth[:, :60] = 1
    columns = np.flatnonzero(metrics.band(truth)[height // 2])
    assert columns.tolist() == list(range(60 - reach, 60 + reach))


def test_band_holds_all_fractional_truth() -> None:
    truth = drawn(6, 37, 64)
    assert metrics.band(truth)[(truth > 0) & (truth < 1)].all()


@pytest.mark.parametrize("value", [0, 1])
def test_constant_truth_has_no_band(value: int) -> None:
    truth = np.full((1, 1), value, np.float32)
    assert not metrics.band(truth).any()
    assert math.isnan(metrics.mad(truth, truth, metrics.band(truth)))
    assert metrics.grad(truth, truth, metrics.band(truth)) == 0


def test_strands_are_those_outside_the_coarse_contour() -> None:
    truth = np.array([[0.5, 0.5, 0.5, 0.05, 0.95, 0.15]], np.float32)
    coarse = np.array([[0.6, 0.4, 0.4, 0, 0, 0]], np.float32)
    alpha = np.array([[0.5, 0.4, 0.0, 0, 0, 0]], np.float32)
    assert metrics.strand_recall(alpha, truth, coarse) == (pytest.approx(2 / 3), 3)
    share, count = metrics.strand_recall(alpha, truth, np.ones_like(truth))
    assert math.isnan(share)
    assert count == 0


@pytest.mark.parametrize("levels", [3, 1000])
def test_auroc_is_the_share_of_ordered_pairs(levels: int) -> None:
    random = np.random.default_rng(7)
    wrong = random.random((5, 17)) < 0.3
    estimate = np.rint((wrong * 0.3 + random.random(wrong.shape)) * levels)
    pairs = estimate[wrong][:, None] - estimate[~wrong][None]
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert metrics.auroc(estimate, wrong) == pytest.approx(expected)
    assert math.isnan(metrics.auroc(estimate, wrong & False))


def test_shapes_must_agree() -> None:
    one, two = np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32)
    for metric in (metrics.mad, metrics.mse, metrics.grad, metrics.conn):
        with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
            metric(one, two)
