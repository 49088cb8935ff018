"""Alpha held back where what was found is doubted more than what was there."""

import cv2
import numpy as np
import pytest

from kernels.band import TILE, lattice
from kernels.hedge import hedge_alpha
from kernels.types import Alpha
from tests.edges import all_tiles, cut

SIZE = (90, 121)
TILES = all_tiles(SIZE)
STEP = 4
SURE, UNSURE = np.log(np.float32(0.01)), np.log(np.float32(0.2))


def in_tiles(plane: Alpha) -> Alpha:
    return cut(plane, TILES)


def told(log: Alpha) -> np.ndarray:
    """What a net found, as far as it matters: the log of the expected error."""
    found = np.zeros((len(TILES), TILE, TILE, 2), np.float32)
    found[..., 1] = in_tiles(log)
    return found


def full(value: float) -> Alpha:
    return np.full(SIZE, value, np.float32)


def cells(value: float, step: int = STEP) -> Alpha:
    return np.full((-(-SIZE[0] // step), -(-SIZE[1] // step)), value, np.float32)


def test_small_moves_go_back_where_they_are_doubted_more_than_the_mask() -> None:
    before, found = full(0.5), full(0.52)
    log = full(SURE)
    log[:48] = UNSURE
    alpha = found.copy()
    hedge_alpha(alpha, in_tiles(before), told(log), TILES, cells(np.log(0.05)), STEP, 0, 0)
    np.testing.assert_allclose(alpha[:48], before[:48], atol=1e-3)
    np.testing.assert_allclose(alpha[48:], found[48:], atol=1e-3)


def test_a_picture_that_moves_much_is_left() -> None:
    alpha = full(0.7)
    hedge_alpha(alpha, in_tiles(full(0.5)), told(full(UNSURE)), TILES, cells(SURE), STEP, 0, 0)
    assert (alpha == np.float32(0.7)).all()


def enlarged(doubt: Alpha, step: int) -> Alpha:
    """`doubt` as pixels of the picture, its edge repeated."""
    size = doubt.shape[1] * step, doubt.shape[0] * step
    return np.asarray(cv2.resize(doubt, size))[: SIZE[0], : SIZE[1]]


@pytest.mark.parametrize("step", [2, 4, 8, 16])
@pytest.mark.parametrize("offset", [0, 1])
def test_each_pixel_keeps_what_the_formula_says(step: int, offset: int) -> None:
    random = np.random.default_rng(step)
    before = random.uniform(0.2, 0.8, SIZE).astype(np.float32)
    found = (before + random.normal(0, 0.01, SIZE)).astype(np.float32)
    log = random.uniform(-3, -2, SIZE).astype(np.float32)
    doubt = random.uniform(-3, -2, cells(0, step).shape).astype(np.float32)
    # Cells begin `offset` tiles into the picture; before them the first is repeated.
    skip, start = offset * TILE // step, offset * TILE
    part = np.ascontiguousarray(doubt[skip:, skip:])
    doubt = np.pad(part, ((skip, 0), (skip, 0)), mode="edge")
    alpha, error = found.copy(), np.zeros(SIZE, np.float32)
    restless = hedge_alpha(
        alpha, in_tiles(before), told(log), TILES, part, step, start, start, error
    )
    assert restless == pytest.approx(np.abs(found - before).sum() / np.exp(log).sum(), rel=1e-3)
    large = enlarged(doubt, step)
    share = 1.5 * (1 - np.abs(found - before).sum() / (0.4 * np.exp(log).sum()))
    keeps = 1 / (1 + share * np.exp(log - large) ** 4)
    wanted = before + keeps * (found - before)
    np.testing.assert_allclose(alpha, wanted, atol=1e-5)
    expected = keeps * np.exp(log) + (1 - keeps) * np.exp(large)
    np.testing.assert_allclose(error, expected, atol=2e-4)
    assert np.abs(found - wanted).max() > 0.005


@pytest.mark.parametrize("broken", ["found", "doubt"])
@pytest.mark.parametrize("moved", [0.001, 0.2])
@pytest.mark.parametrize("all_of_it", [True, False])
def test_what_is_not_a_number_goes_back(broken: str, moved: float, all_of_it: bool) -> None:
    nothing = np.float32(np.nan)
    found = told(full(nothing if broken == "found" else UNSURE))
    if not all_of_it:
        found[:4, ..., 1] = UNSURE
    alpha, error = full(0.5 + moved), full(0)
    doubt = cells(nothing if broken == "doubt" else UNSURE)
    restless = hedge_alpha(alpha, in_tiles(full(0.5)), found, TILES, doubt, STEP, 0, 0, error)
    assert restless == 0
    np.testing.assert_allclose(alpha[TILE:], 0.5, atol=1e-6)
    assert np.isfinite(alpha).all()
    assert np.isnan(error[TILE:]).all()


def test_other_tiles_are_left() -> None:
    alpha, before = full(0.51), in_tiles(full(0.5))
    found, doubt = told(full(UNSURE)), cells(SURE)
    hedge_alpha(alpha, before[:0], found[:0], TILES[:0], doubt, STEP, 0, 0)
    assert (alpha == np.float32(0.51)).all()
    hedge_alpha(alpha, before[:1], found[:1], TILES[:1], doubt, STEP, 0, 0)
    assert (alpha[:TILE, :TILE] < 0.502).all()
    assert (alpha[TILE:] == np.float32(0.51)).all() and (alpha[:, TILE:] == np.float32(0.51)).all()


def test_a_picture_of_one_pixel() -> None:
    alpha = np.full((1, 1), 0.51, np.float32)
    found = told(full(UNSURE))[:1]
    place = np.zeros((1, 2), np.int32)
    hedge_alpha(alpha, in_tiles(full(0.5))[:1], found, place, cells(SURE)[:1, :1], STEP, 0, 0)
    assert 0.5 <= alpha[0, 0] < 0.502


def test_what_lies_beyond_the_edge_does_not_count() -> None:
    before = in_tiles(full(0.5))
    beyond = in_tiles(full(0.5))
    rows = TILES[:, 0] == lattice(*SIZE)[0] - 1
    beyond[rows, SIZE[0] % TILE :] = -100
    alphas = []
    for each in (before, beyond):
        alpha = full(0.53)
        hedge_alpha(alpha, each, told(full(UNSURE)), TILES, cells(SURE), STEP, 0, 0)
        alphas.append(alpha)
    np.testing.assert_array_equal(*alphas)
    assert (alphas[0] < 0.51).all()


def test_haze_is_cleared() -> None:
    alpha, before = full(0.0), in_tiles(full(0.03))
    hedge_alpha(alpha, before, told(full(UNSURE)), TILES, cells(SURE), STEP, 0, 0)
    assert not alpha.any()
    alpha, before = full(1.0), in_tiles(full(0.97))
    hedge_alpha(alpha, before, told(full(UNSURE)), TILES, cells(SURE), STEP, 0, 0)
    assert (alpha == 1).all()
