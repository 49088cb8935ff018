"""Alpha held back where what was found is doubted more than what was there."""

import cv2
import numpy as np
import pytest

from kernels.band import BAND, TILE, lattice, tiles_of
from kernels.hedge import hedge_alpha
from kernels.types import Alpha

SIZE = (90, 121)
STEP = 4
SURE, UNSURE = np.log(np.float32(0.01)), np.log(np.float32(0.2))


def everywhere() -> np.ndarray:
    return tiles_of(np.full(lattice(*SIZE), BAND, np.uint8))


def in_tiles(plane: Alpha) -> Alpha:
    """The plane cut into all tiles, its edge repeated."""
    rows, columns = lattice(*SIZE)
    room = (0, rows * TILE - SIZE[0]), (0, columns * TILE - SIZE[1])
    padded = np.pad(plane, room, mode="edge").reshape(rows, TILE, columns, TILE)
    return np.ascontiguousarray(padded.transpose(0, 2, 1, 3).reshape(-1, TILE, TILE))


def told(log: Alpha) -> np.ndarray:
    """What a net found, as far as it matters: the log of the expected error."""
    found = np.zeros((len(everywhere()), TILE, TILE, 2), np.float32)
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
    hedge_alpha(alpha, in_tiles(before), told(log), everywhere(), cells(np.log(0.05)), STEP, 0, 0)
    np.testing.assert_allclose(alpha[:48], before[:48], atol=1e-3)
    np.testing.assert_allclose(alpha[48:], found[48:], atol=1e-3)


def test_a_picture_that_moves_much_is_left() -> None:
    alpha = full(0.7)
    hedge_alpha(
        alpha, in_tiles(full(0.5)), told(full(UNSURE)), everywhere(), cells(SURE), STEP, 0, 0
    )
    assert (alpha == np.float32(0.7)).all()


@pytest.mark.parametrize("step", [2, 4, 8, 16])
@pytest.mark.parametrize("offset", [0, 1])
def test_each_pixel_keeps_what_the_formula_says(step: int, offset: int) -> None:
    random = np.random.default_rng(step)
    before = random.uniform(0.2, 0.8, SIZE).astype(np.float32)
    found = (before + random.normal(0, 0.01, SIZE)).astype(np.float32)
    log = random.uniform(-3, -2, SIZE).astype(np.float32)
    doubt = random.uniform(-3, -2, cells(0, step).shape).astype(np.float32)
    # Cells begin `offset` tiles into the picture; before them the first is repeated.
    part = doubt[offset * TILE // step :, offset * TILE // step :]
    alpha, error = found.copy(), np.zeros(SIZE, np.float32)
    start = offset * TILE
    hedge_alpha(
        alpha, in_tiles(before), told(log), everywhere(), np.ascontiguousarray(part), step, start,
        start, error,
    )  # fmt: skip
    full_size = doubt.shape[1] * step, doubt.shape[0] * step
    large = cv2.resize(doubt, full_size)[: SIZE[0], : SIZE[1]]
    moved = np.abs(in_tiles(found) - in_tiles(before)).sum()
    share = 1.5 * (1 - moved / (0.4 * np.exp(in_tiles(log)).sum()))
    keeps = 1 / (1 + share * np.exp(log - large) ** 4)
    inner = slice(start + step, -TILE), slice(start + step, -TILE)
    wanted = before + keeps * (found - before)
    np.testing.assert_allclose(alpha[inner], wanted[inner], atol=1e-4)
    expected = keeps * np.exp(log) + (1 - keeps) * np.exp(large)
    np.testing.assert_allclose(error[inner], expected[inner], atol=1e-3)
    assert np.abs(found - wanted)[inner].max() > 0.005


@pytest.mark.parametrize("broken", ["found", "doubt"])
def test_what_is_not_a_number_goes_back(broken: str) -> None:
    nothing = np.float32(np.nan)
    found = told(full(nothing if broken == "found" else UNSURE))
    found[:4, ..., 1] = UNSURE
    alpha, error = full(0.501), full(0)
    doubt = cells(nothing if broken == "doubt" else UNSURE)
    hedge_alpha(alpha, in_tiles(full(0.5)), found, everywhere(), doubt, STEP, 0, 0, error)
    assert (alpha[TILE:] == 0.5).all()
    assert np.isfinite(alpha).all()
    assert np.isnan(error[TILE:]).all()


def test_other_tiles_are_left_and_none_are_no_work() -> None:
    alpha, before = full(0.51), in_tiles(full(0.5))
    found, doubt = told(full(UNSURE)), cells(SURE)
    hedge_alpha(alpha, before[:0], found[:0], everywhere()[:0], doubt, STEP, 0, 0)
    assert (alpha == np.float32(0.51)).all()
    hedge_alpha(alpha, before[:1], found[:1], everywhere()[:1], doubt, STEP, 0, 0)
    assert (alpha[:TILE, :TILE] < 0.502).all()
    assert (alpha[TILE:] == np.float32(0.51)).all() and (alpha[:, TILE:] == np.float32(0.51)).all()


def test_haze_is_cleared() -> None:
    alpha, before = full(0.0), in_tiles(full(0.03))
    hedge_alpha(alpha, before, told(full(UNSURE)), everywhere(), cells(SURE), STEP, 0, 0)
    assert not alpha.any()
    alpha, before = full(1.0), in_tiles(full(0.97))
    hedge_alpha(alpha, before, told(full(UNSURE)), everywhere(), cells(SURE), STEP, 0, 0)
    assert (alpha == 1).all()
