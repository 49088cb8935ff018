"""The lattice against a naive search of every tile's surroundings."""

import math

import numpy as np
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, classify, lattice, settled, tiles_of
from kernels.types import Alpha, Kinds

SIZES = [(1, 1), (17, 17), (45, 83), (144, 256), (720, 1280)]


def naive_kinds(coarse: Alpha, height: int, width: int) -> Kinds:
    rows, columns = lattice(height, width)
    kinds = np.empty((rows, columns), np.uint8)
    scale_y, scale_x = coarse.shape[0] / height, coarse.shape[1] / width
    for row in range(rows):
        top = math.floor(row * TILE * scale_y - 2 - 4 * scale_y)
        end = math.ceil(min((row + 1) * TILE, height) * scale_y + 2 + 4 * scale_y)
        for column in range(columns):
            left = math.floor(column * TILE * scale_x - 2 - 4 * scale_x)
            right = math.ceil(min((column + 1) * TILE, width) * scale_x + 2 + 4 * scale_x)
            near = coarse[max(top, 0) : end, max(left, 0) : right]
            outside, inside = near.max() < 0.02, near.min() > 0.98
            kinds[row, column] = OUTSIDE if outside else INSIDE if inside else BAND
    return kinds


def disc(height: int, width: int) -> Alpha:
    y, x = np.mgrid[:height, :width]
    far = np.hypot(y - height / 2, x - width / 2) / max(min(height, width), 1)
    return np.clip((0.35 - far) * 12 + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("shape", [(1, 1), (36, 64), (144, 256), (720, 1280)])
def test_kinds_equal_the_naive_search(height: int, width: int, shape: tuple[int, int]) -> None:
    coarse = disc(*shape)
    assert np.array_equal(classify(coarse, height, width), naive_kinds(coarse, height, width))


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(("value", "kind"), [(0.0, OUTSIDE), (1.0, INSIDE), (0.5, BAND)])
def test_constant_alpha_has_one_kind(height: int, width: int, value: float, kind: int) -> None:
    kinds = classify(np.full((9, 16), value, np.float32), height, width)
    assert kinds.shape == lattice(height, width)
    assert (kinds == kind).all()


def test_a_speck_makes_its_surroundings_band_and_nothing_far() -> None:
    coarse = np.zeros((144, 256), np.float32)
    coarse[72, 128] = 0.5
    kinds = classify(coarse, 720, 1280)
    # The speck covers luma rows 360..364 and columns 640..644; reach is 2 cells and 4 pixels.
    rows, columns = np.nonzero(kinds == BAND)
    assert {*rows.tolist()} == {21, 22, 23}
    assert {*columns.tolist()} == {39, 40, 41}


def test_tiles_are_listed_in_reading_order_in_memory_too() -> None:
    kinds = np.array([[BAND, INSIDE], [OUTSIDE, BAND]], np.uint8)
    assert tiles_of(kinds).tolist() == [[0, 0], [1, 1]]
    assert tiles_of(kinds).flags.c_contiguous
    assert tiles_of(kinds, INSIDE).tolist() == [[0, 1]]


@pytest.mark.parametrize(("shape", "size"), [((0, 4), (9, 9)), ((4,), (9, 9)), ((4, 4), (0, 9))])
def test_senseless_sizes_are_refused(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot lay"):
        classify(np.zeros(shape, np.float32), *size)


@pytest.mark.parametrize("step", [4, 8, 16])
@pytest.mark.parametrize(("value", "kind"), [(0.005, OUTSIDE), (0.995, INSIDE)])
def test_a_tile_that_is_sure_with_its_surroundings_leaves_the_band(
    step: int, value: float, kind: int
) -> None:
    kinds = np.full((10, 10), BAND, np.uint8)
    found = np.full((160 // step, 160 // step), value, np.float32)
    # One open cell in the middle of tile (2, 3), another just beyond the edge of tile (0, 0).
    found[40 // step, 56 // step] = 0.5
    found[0, 16 // step] = 0.5
    narrowed = settled(kinds, found, step)
    assert narrowed[2, 3] == narrowed[0, 0] == narrowed[0, 1] == BAND
    assert narrowed[9, 9] == narrowed[0, 9] == narrowed[6, 0] == kind
    assert (kinds == BAND).all()


def test_tiles_beyond_what_was_looked_at_stay_in_the_band() -> None:
    kinds = np.full((4, 8), BAND, np.uint8)
    narrowed = settled(kinds, np.zeros((4, 4), np.float32), 16, 0, 64)
    assert (narrowed[:, :4] == BAND).all()
    assert (narrowed[:, 4:] == OUTSIDE).all()


def test_no_tile_joins_a_side_between_both() -> None:
    kinds = np.full((1, 2), BAND, np.uint8)
    found = np.array([[0, 0, 1, 1]], np.float32)
    np.testing.assert_array_equal(settled(kinds, found, 8), kinds)
