"""Tiles as flat rows, and the alpha that samples cover, against plain numpy."""

import numpy as np
import pytest

from kernels.band import TILE
from kernels.cover import cover, covered
from kernels.flat import FLAT, flatten, unflatten


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (17, 33), (40, 16)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_tile_comes_back_where_it_was_and_nothing_else_is_touched(
    shape: tuple[int, int], dtype: type[np.generic]
) -> None:
    plane = np.random.default_rng(1).integers(1, 255, shape).astype(dtype)
    values = np.empty(FLAT, np.float32)
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            flatten(plane, top, left, values)
            rows = np.minimum(np.arange(top, top + TILE), shape[0] - 1)
            columns = np.minimum(np.arange(left, left + TILE), shape[1] - 1)
            np.testing.assert_array_equal(values, plane[np.ix_(rows, columns)].ravel())
            out = np.zeros_like(plane)
            unflatten(values, top, left, out)
            place = np.s_[top : top + TILE, left : left + TILE]
            np.testing.assert_array_equal(out[place], plane[place])
            out[place] = 0
            assert not out.any()


@pytest.mark.parametrize("shift", [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 2)])
@pytest.mark.parametrize("shape", [(31, 45), (32, 48), (1, 1)])
def test_a_run_of_samples_covers_what_each_covers(
    shape: tuple[int, int], shift: tuple[int, int]
) -> None:
    alpha = np.random.default_rng(2).random(shape, np.float32)
    rows, columns = (-(-size // (1 << by)) for size, by in zip(shape, shift, strict=True))
    for left, end in ((0, columns), (0, max(columns - 1, 1)), (columns // 2, columns)):
        for y in range(rows):
            row = np.full(end - left, np.nan, np.float32)
            cover(alpha, y, left, end - left, *shift, row)
            truth = [covered(alpha, y, x, *shift) for x in range(left, end)]
            np.testing.assert_array_equal(row, np.array(truth, np.float32))
