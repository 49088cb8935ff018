import math

import numpy as np
import numpy.typing as npt
import pytest

from kernels.types import Alpha
from kernels.wrap import CELL, glow_of, wrap_light
from tests.edges import LAYOUTS, SIZES, blob, covering, lattice_of, noise

Doubles = npt.NDArray[np.float64]


def cells_of(alpha: Alpha, sigma: float) -> Doubles:
    """Means of cells, blurred, the border repeated."""
    rows, columns = -(-alpha.shape[0] // CELL), -(-alpha.shape[1] // CELL)
    cells = np.empty((rows, columns))
    for y, x in np.ndindex(rows, columns):
        cells[y, x] = alpha[y * CELL : (y + 1) * CELL, x * CELL : (x + 1) * CELL].mean()
    radius = math.ceil(2.5 * sigma / CELL)
    weights = np.exp(-(np.arange(-radius, radius + 1.0) ** 2) / (2 * max(sigma / CELL, 0.3) ** 2))
    weights /= weights.sum()
    wide = np.pad(cells, radius, mode="edge")
    down = sum(w * wide[k : k + rows] for k, w in enumerate(weights))
    return sum(w * down[:, k : k + columns] for k, w in enumerate(weights))


def enlarged(cells: npt.NDArray[np.floating], shape: tuple[int, ...], side: Doubles) -> Doubles:
    """Bilinear between the cells' middles."""
    places = [
        np.clip((np.arange(n) + 0.5) / s - 0.5, 0, m - 1)
        for n, s, m in zip(shape, side, cells.shape, strict=True)
    ]
    rows = np.array([np.interp(places[1], np.arange(cells.shape[1]), row) for row in cells])
    return np.array(
        [np.interp(places[0], np.arange(cells.shape[0]), column) for column in rows.T]
    ).T


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_light_agrees_with_the_float_truth(size: tuple[int, int], name: str) -> None:
    layout, alpha, sigma = LAYOUTS[name], blob(size), 9.0
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    glow = glow_of(back, 20)
    found = wrap_light(front, glow, alpha, lattice_of(alpha), layout, 0.7, sigma)
    for number, plane in enumerate(found):
        shifts = layout.shifts(number)
        side = CELL / np.array([1 << shifts[0], 1 << shifts[1]])
        weight = 0.7 * (1 - enlarged(cells_of(alpha, sigma), plane.shape, side))
        light = enlarged(glow[number], plane.shape, side)
        truth = front[number] + weight * (light - front[number])
        seen = covering(alpha, *shifts) > 0
        assert np.abs(plane - truth)[seen].max(initial=0) <= 0.51 + 1e-4 * layout.peak
        np.testing.assert_array_equal(plane[~seen], front[number][~seen])


def test_glow_is_the_backgrounds_own_brightness() -> None:
    layout = LAYOUTS["yuv420p10le"]
    flat = tuple(
        np.full(layout.plane_shape(n, 50, 70), 300 + n, layout.dtype) for n in range(layout.count)
    )
    for number, plane in enumerate(glow_of(flat, 15)):
        np.testing.assert_allclose(plane, 300 + number, atol=1e-3)


def test_the_middle_of_the_subject_and_the_given_planes_stay() -> None:
    layout, size = LAYOUTS["gray"], (256, 256)
    alpha = np.zeros(size, np.float32)
    alpha[40:216, 40:216] = 1
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    before = front[0].copy()
    (plane,) = wrap_light(front, glow_of(back, 8), alpha, lattice_of(alpha), layout, 1.0, 8)
    np.testing.assert_array_equal(front[0], before)
    np.testing.assert_array_equal(plane[100:156, 100:156], before[100:156, 100:156])
    assert (plane[41:44, 100:150] != before[41:44, 100:150]).mean() > 0.8


def test_more_light_falls_on_the_edge_than_within() -> None:
    layout, size = LAYOUTS["gray"], (128, 128)
    alpha = np.zeros(size, np.float32)
    alpha[:, 64:] = 1
    front = (np.full(size, 40, np.uint8),)
    back = (np.full(size, 240, np.uint8),)
    (plane,) = wrap_light(front, glow_of(back, 8), alpha, lattice_of(alpha), layout, 1.0, 8)
    row = plane[64, 64:].astype(int)
    assert (np.diff(row) <= 0).all()
    assert row[0] > 120
    assert row[-1] == 40
