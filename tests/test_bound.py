"""Alpha held near where a coarse one is open."""

import cv2
import numpy as np
import pytest

from kernels.band import BAND, TILE, tiles_of
from kernels.bound import REACH, bound_alpha
from kernels.refine import upsample_band
from kernels.types import Alpha

SIZE = (150, 202)
CELL = 4


def everywhere() -> np.ndarray:
    return tiles_of(np.full((-(-SIZE[0] // TILE), -(-SIZE[1] // TILE)), BAND, np.uint8))


def disc(softness: float) -> tuple[Alpha, Alpha]:
    """A coarse alpha, and how many of its pixels each pixel is from its edge, inside positive."""
    rows, columns = (size // CELL for size in SIZE)
    y, x = np.mgrid[:rows, :columns]
    inside = 12 - np.hypot(y - rows / 2, x - columns / 2)
    coarse = np.clip(inside / softness + 0.5, 0, 1).astype(np.float32)
    return coarse, np.asarray(cv2.resize(inside.astype(np.float32), SIZE[::-1]))


def test_what_lies_far_from_the_edge_is_as_the_coarse_alpha_has_it() -> None:
    coarse, inside = disc(2)
    wild = np.random.default_rng(1).random(SIZE, np.float32)
    alpha = wild.copy()
    bound_alpha(alpha, coarse, everywhere())
    assert not alpha[inside < -(REACH + 4)].any()
    assert (alpha[inside > REACH + 4] == 1).all()
    near = np.abs(inside) < REACH - 1
    np.testing.assert_array_equal(alpha[near], wild[near])
    assert near.sum() > 1000


@pytest.mark.parametrize("softness", [0.5, 2, 9])
def test_the_enlarged_coarse_alpha_stays(softness: float) -> None:
    coarse, _ = disc(softness)
    kinds = np.full((-(-SIZE[0] // TILE), -(-SIZE[1] // TILE)), BAND, np.uint8)
    enlarged = upsample_band(coarse, kinds, *SIZE)
    alpha = enlarged.copy()
    bound_alpha(alpha, coarse, everywhere())
    np.testing.assert_allclose(alpha, enlarged, atol=1e-6)


def test_other_tiles_are_left() -> None:
    coarse, _ = disc(2)
    alpha = np.full(SIZE, 0.5, np.float32)
    bound_alpha(alpha, coarse, np.array([[0, 0]], np.int32))
    assert not alpha[:TILE, :TILE].any()
    assert (alpha[TILE:] == 0.5).all() and (alpha[:, TILE:] == 0.5).all()


@pytest.mark.parametrize("places", [[[0, 0]], [[4, 5], [5, 7]], [[9, 12]], [[2, 12], [3, 4]]])
@pytest.mark.parametrize("rest", [0.0, 1.0])
def test_tiles_are_bounded_alike_alone_and_among_all(places: list[list[int]], rest: float) -> None:
    random = np.random.default_rng(2)
    coarse = random.random((53, 71), np.float32)
    coarse[random.random(coarse.shape) < 0.97] = rest
    together = np.full(SIZE, 0.5, np.float32)
    bound_alpha(together, coarse, everywhere())
    alone = np.full(SIZE, 0.5, np.float32)
    bound_alpha(alone, coarse, np.array(places, np.int32))
    for row, column in places:
        tile = slice(row * TILE, (row + 1) * TILE), slice(column * TILE, (column + 1) * TILE)
        np.testing.assert_array_equal(alone[tile], together[tile])
    assert (together != 0.5).any() and (together == 0.5).any()


def test_no_tiles_are_no_work() -> None:
    alpha = np.full(SIZE, 0.5, np.float32)
    bound_alpha(alpha, disc(2)[0], np.zeros((0, 2), np.int32))
    assert (alpha == 0.5).all()
