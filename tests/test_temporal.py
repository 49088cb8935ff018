"""The smoother against naive float64 truth, and the properties that viewers notice."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kernels import smooth as kernel
from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.layout import Layout
from kernels.types import Alpha, Kinds
from models.temporal import STRIDE, TIME_CONSTANT, TemporalSmoother, weights_after
from stream.frame import Frame

Real = npt.NDArray[np.float64]
SIZES = [(1, 1), (17, 31), (45, 70)]


def frame(luma: npt.NDArray[np.generic]) -> Frame:
    """A gray picture; its samples pass through plane 0 as they are."""
    gray = luma.astype(np.uint8)
    return Frame.from_rgb(np.ascontiguousarray(np.repeat(gray[..., None], 3, axis=2)))


def kinds_of(alpha: Alpha) -> Kinds:
    rows, columns = lattice(*alpha.shape)
    kinds = np.full((rows, columns), BAND, np.uint8)
    for row, column in np.ndindex(rows, columns):
        tile = alpha[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        if tile.max() == 0:
            kinds[row, column] = OUTSIDE
        elif tile.min() == 1:
            kinds[row, column] = INSIDE
    return kinds


def play(
    lumas: list[Any], alphas: list[Alpha], dt: float, smoother: TemporalSmoother | None = None
) -> list[Alpha]:
    smoother = smoother or TemporalSmoother()
    out = []
    for number, (luma, alpha) in enumerate(zip(lumas, alphas, strict=True)):
        smooth = smoother(frame(luma), alpha, kinds_of(alpha), dt if number else None)
        out.append(smooth[0])
        assert np.array_equal(smooth[1], kinds_of(smooth[0])) or number == 0
    return out


def ramp(edge: float, height: int = 32, width: int = 96) -> Alpha:
    """A soft vertical edge, 1 left of it, six pixels wide."""
    x = np.arange(width, dtype=np.float32)
    return np.tile(np.clip(0.5 + (edge - x) / 6, 0, 1), (height, 1)).astype(np.float32)


def naive(alpha: Real, luma: Real, old: Real, known: Real, ratio: float) -> tuple[Real, Real]:
    """One step of the filter as it is defined, in float64, luma in shares of 65535."""
    height, width = alpha.shape
    radius = kernel.RADIUS
    change = np.pad(np.abs(luma - known), radius) / 65535
    window = np.zeros_like(alpha)
    for down in range(2 * radius + 1):
        for right in range(2 * radius + 1):
            window += change[down : down + height, right : right + width]
    window /= (2 * radius + 1) ** 2
    moved = np.clip((window - kernel.NOISE) / (kernel.CHANGE - kernel.NOISE), 0, 1)
    evidence = np.minimum(np.abs(alpha - old) * moved * kernel.GAIN, 1)
    patience = np.maximum(1 - evidence, 1e-12)
    weight = 1 - np.exp(-ratio / patience)
    stride = min(STRIDE * ratio, 1)
    limit = stride + (1 - stride) * moved
    value = old + np.clip(weight * (alpha - old), -limit, limit)
    value[value < 1 / 510] = 0
    value[value > 1 - 1 / 510] = 1
    return value, known + weight * (luma - known)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("contrast", [1, 4, 60])
def test_one_step_equals_the_naive_filter(size: tuple[int, int], contrast: int) -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random((2, *size)).astype(np.float32)
    lumas = rng.integers(100, 100 + contrast + 1, (2, *size))
    smoother = TemporalSmoother()
    smoother(frame(lumas[0]), first, kinds_of(first), None)
    result, _ = smoother(frame(lumas[1]), second, kinds_of(second), 0.04)
    wide = lumas.astype(np.float64) * 256
    truth, _ = naive(second.astype(float), wide[1], first.astype(float), wide[0], 0.4)
    # The kernel looks its weight up by 256 levels of evidence.
    error = np.abs(result - truth)
    assert error.max() < 0.01
    assert error.mean() < 1e-3


@pytest.mark.parametrize("size", SIZES)
def test_constant_input_is_a_fixed_point(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    alpha = np.clip(rng.random(size) * 1.4 - 0.2, 0, 1).astype(np.float32)
    alpha[(alpha < 1 / 255) | (alpha > 254 / 255)] = 0
    luma = rng.integers(0, 256, size)
    assert np.array_equal(play([luma] * 5, [alpha] * 5, 0.04)[-1], alpha)


def test_a_jump_with_its_picture_passes_at_once() -> None:
    before, after = ramp(20), ramp(70)
    result = play([before * 200, after * 200], [before, after], 1 / 60)[-1]
    np.testing.assert_allclose(result, after, atol=0.05)
    assert np.abs(result - after).mean() < 1e-3


def test_one_wild_frame_of_a_still_picture_hardly_shows() -> None:
    luma, calm, wild = np.full((32, 96), 90), ramp(20), ramp(70)
    result = play([luma] * 3, [calm, wild, calm], 1 / 25)
    assert np.abs(result[1] - calm).max() <= STRIDE / 25 / TIME_CONSTANT + 1e-6
    assert np.abs(result[2] - calm).max() < np.abs(result[1] - calm).max()


def test_noise_on_a_still_edge_falls_by_half() -> None:
    rng = np.random.default_rng(2)
    truth = ramp(40)
    luma = truth * 200 + 20
    edge = (truth > 0.1) & (truth < 0.9)
    noisy = [
        np.where(edge, truth + rng.normal(0, 0.05, truth.shape), truth).astype(np.float32)
        for _ in range(60)
    ]
    lumas = [luma + rng.normal(0, 1.5, luma.shape) for _ in noisy]
    result = play(lumas, noisy, 1 / 25)[10:]
    before = np.std(np.array(noisy[10:])[:, edge], axis=0).mean()
    assert np.std(np.array(result)[:, edge], axis=0).mean() < before / 2


@pytest.mark.parametrize("speed", [0.5, 2.0, 9.0])
def test_a_moving_edge_does_not_lag(speed: float) -> None:
    edges = 15 + speed * np.arange(8)
    alphas = [ramp(edge) for edge in edges]
    result = play([alpha * 180 + 30 for alpha in alphas], alphas, 1 / 30)
    for smooth, alpha in zip(result, alphas, strict=True):
        # The row's sum is where the 0.5 crossing of an edge stands, to a fraction of a pixel.
        assert abs(float(smooth[16].sum() - alpha[16].sum())) < 0.35


def test_no_ghost_stays_behind_a_hand() -> None:
    hands = [np.clip(ramp(20 + 12 * i) - ramp(8 + 12 * i), 0, 1) for i in range(6)]
    result = play([hand * 150 + 40 for hand in hands], hands, 1 / 30)
    for smooth, hand in zip(result, hands, strict=True):
        assert smooth[hand == 0].max() < 0.02


def test_15_and_60_frames_a_second_look_alike() -> None:
    luma, start, end = np.full((32, 96), 90), ramp(40), ramp(42)
    slow = play([luma] * 4, [start, *[end] * 3], 1 / 15)[-1]
    fast = play([luma] * 13, [start, *[end] * 12], 1 / 60)[-1]
    assert np.abs(slow - start).max() > 0.1
    np.testing.assert_allclose(slow, fast, atol=0.01)


def test_reset_forgets() -> None:
    smoother = TemporalSmoother()
    luma = np.full((32, 96), 90)
    play([luma] * 2, [ramp(20)] * 2, 0.04, smoother)
    smoother.reset()
    result, _ = smoother(frame(luma), ramp(70), kinds_of(ramp(70)), 0.04)
    assert np.array_equal(result, ramp(70))


def test_a_new_size_starts_anew() -> None:
    smoother = TemporalSmoother()
    play([np.zeros((32, 96))] * 2, [ramp(20)] * 2, 0.04, smoother)
    small = ramp(9, 16, 33)
    result, _ = smoother(frame(np.zeros((16, 33))), small, kinds_of(small), 0.04)
    assert np.array_equal(result, small)


def test_other_samples_start_anew() -> None:
    smoother = TemporalSmoother()
    luma = np.full((32, 96), 90)
    play([luma] * 2, [ramp(20)] * 2, 0.04, smoother)
    same = frame(luma)
    deeper = replace(
        same,
        planes=tuple(plane.astype(np.uint16) * 4 for plane in same.planes),
        pixel_format=replace(same.pixel_format, name="gbrp10le", depth=10),
    )
    result, _ = smoother(deeper, ramp(70), kinds_of(ramp(70)), 0.04)
    assert np.array_equal(result, ramp(70))


def test_zero_switches_off() -> None:
    off = TemporalSmoother(0)
    result = play([np.zeros((32, 96))] * 2, [ramp(20), ramp(70)], 0.04, off)
    assert np.array_equal(result[1], ramp(70))


def test_inputs_are_never_written_to() -> None:
    alphas = [ramp(20), ramp(24), ramp(28)]
    lumas = [alpha * 200 for alpha in alphas]
    copies = [alpha.copy() for alpha in alphas]
    play(lumas, alphas, 0.04)
    assert all(np.array_equal(a, b) for a, b in zip(alphas, copies, strict=True))


def test_a_subject_that_left_leaves_nothing() -> None:
    luma, gone = np.full((32, 96), 90), np.zeros((32, 96), np.float32)
    result = play([luma] * 60, [ramp(40), *[gone] * 59], 0.04)[-1]
    assert not result.any()


def test_a_broken_number_does_not_outlive_its_frame() -> None:
    broken = ramp(40)
    broken[3, 40] = np.nan
    kinds = kinds_of(ramp(40))
    smoother = TemporalSmoother()
    for alpha, dt in ((ramp(40), None), (broken, 0.04), (ramp(40), 0.04)):
        result, _ = smoother(frame(np.full((32, 96), 90)), alpha, kinds, dt)
    assert np.isfinite(result).all()


def test_ten_bits_move_like_eight() -> None:
    first, second = ramp(40), ramp(43)
    lumas = [(alpha * 100).astype(np.uint16) for alpha in (first, second)]
    smoothed = []
    for depth in (8, 10):
        layout = Layout("gray", depth, 0, 0, "bt709", True)
        wide = [(luma * 2 ** (depth - 8)).astype(layout.dtype) for luma in lumas]
        out, reference = np.empty_like(first), np.empty(first.shape, np.uint16)
        old = kernel.remember(wide[0], depth)
        kernel.smooth(
            second, kinds_of(second), wide[1], depth, first, kinds_of(first), old,
            weights_after(0.4), 0.1, out, reference,
        )  # fmt: skip
        smoothed.append(out)
    np.testing.assert_allclose(smoothed[0], smoothed[1], atol=1e-6)


def test_weights_rise_to_one_and_obey_time() -> None:
    weights = weights_after(0.5)
    assert weights[-1] == 1
    assert (np.diff(weights) >= 0).all()
    twice = 1 - (1 - weights_after(0.25)) ** 2
    np.testing.assert_allclose(weights, twice, atol=1e-6)


@pytest.mark.parametrize("time_constant", [-1.0, float("nan")])
def test_a_negative_time_constant_is_refused(time_constant: float) -> None:
    with pytest.raises(ValueError, match="time_constant"):
        TemporalSmoother(time_constant)


def test_time_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="dt"):
        TemporalSmoother()(frame(np.zeros((32, 96))), ramp(5), kinds_of(ramp(5)), 0.0)


def test_an_alpha_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha must be"):
        TemporalSmoother()(frame(np.zeros((16, 16))), ramp(5), kinds_of(ramp(5)), None)


def test_a_subject_that_leaves_a_cut_off_tile_at_once_leaves_its_lattice_too() -> None:
    there, gone = ramp(200, width=100), ramp(40, width=100)
    play([there * 200, gone * 200], [there, gone], 1 / 60)
    play([gone * 200, there * 200], [gone, there], 1 / 60)
