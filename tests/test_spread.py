"""The pull-push pyramid and the cell means against naive double precision."""

import numpy as np
import numpy.typing as npt
import pytest

from kernels.layout import Layout
from kernels.pyramid import pull_push
from kernels.spread import cell_means, spread
from kernels.types import Planes

Truth = npt.NDArray[np.float64]
GRIDS = [(1, 1), (1, 7), (5, 3), (33, 47), (68, 120)]


def naive_pull_push(means: Truth, weights: Truth) -> Truth:
    weighted = np.concatenate([means * weights[..., None], weights[..., None]], axis=2)
    return naive_level(weighted)[..., :4]


def naive_level(level: Truth) -> Truth:
    rows, columns = level.shape[:2]
    if rows == columns == 1:
        return level / level[..., 4:]
    pulled = np.zeros((-(-rows // 2), -(-columns // 2), 5))
    for y in range(rows):
        for x in range(columns):
            pulled[y // 2, x // 2] += level[y, x]
    pulled /= np.maximum(pulled[..., 4:], 1)
    coarser = naive_level(pulled)
    filled = level.copy()
    for y in range(rows):
        for x in range(columns):
            filled[y, x] += (1 - level[y, x, 4]) * between(coarser, y, x)
    return filled


def between(coarser: Truth, y: int, x: int) -> Truth:
    total = np.zeros(5)
    for row, share_y in ((y // 2, 0.75), (y // 2 + (1 if y % 2 else -1), 0.25)):
        for column, share_x in ((x // 2, 0.75), (x // 2 + (1 if x % 2 else -1), 0.25)):
            row_in = min(max(row, 0), coarser.shape[0] - 1)
            column_in = min(max(column, 0), coarser.shape[1] - 1)
            total += share_y * share_x * coarser[row_in, column_in]
    return total


def random_planes(layout: Layout, height: int, width: int) -> Planes:
    random = np.random.default_rng(5)
    shapes = [layout.plane_shape(number, height, width) for number in range(layout.count)]
    return tuple(
        random.integers(0, layout.peak + 1, shape).astype(layout.dtype) for shape in shapes
    )


@pytest.mark.parametrize("grid", GRIDS)
def test_pull_push_equals_the_naive_pyramid(grid: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    means = random.uniform(0, 255, (*grid, 4)).astype(np.float32)
    weights = np.where(random.random(grid) < 0.1, random.random(grid), 0).astype(np.float32)
    weights[0, 0] = 0.7
    truth = naive_pull_push(means.astype(np.float64), weights.astype(np.float64))
    np.testing.assert_allclose(pull_push(means, weights)[0], truth, atol=2e-3)


@pytest.mark.parametrize("grid", GRIDS)
def test_sure_cells_keep_their_colour(grid: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    means = random.uniform(0, 1023, (*grid, 4)).astype(np.float32)
    weights = (random.random(grid) < 0.5).astype(np.float32)
    weights[-1, -1] = 1
    spread_means, known = pull_push(means, weights)
    assert known
    assert np.array_equal(spread_means[weights == 1], means[weights == 1])


def test_constant_colours_are_spread_unchanged() -> None:
    prior = np.zeros((30, 50), np.float32)
    prior[:, 20:30] = 0.5
    prior[:, 30:] = 1
    means = np.where(
        prior[..., None] == 1, np.float32([200, 90, 60, 1]), np.float32([30, 120, 140, 2])
    )
    means[:, 20:30] = 77
    colours = spread(means, prior)
    np.testing.assert_allclose(colours.foreground[..., :3] - [200, 90, 60], 0, atol=1e-3)
    np.testing.assert_allclose(colours.background[..., :3] - [30, 120, 140], 0, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_side_seen_nowhere_is_the_picture(value: float) -> None:
    means = np.random.default_rng(3).uniform(0, 255, (9, 11, 4)).astype(np.float32)
    colours = spread(means, np.full((9, 11), value, np.float32))
    assert np.array_equal(colours.foreground, means)
    assert np.array_equal(colours.background, means)


@pytest.mark.parametrize("unsure", [0.4, 1])
@pytest.mark.parametrize(
    ("value", "foreground", "background"),
    [
        (0.0, False, True),
        (0.3, False, True),
        (0.5, False, False),
        (0.65, True, False),
        (1, True, False),
    ],
)
def test_a_side_is_known_when_a_cell_is_surely_of_it(
    value: float, foreground: bool, background: bool, unsure: float
) -> None:
    means = np.random.default_rng(3).uniform(0, 255, (9, 11, 4)).astype(np.float32)
    colours = spread(means, np.full((9, 11), value, np.float32), unsure=unsure)
    assert (colours.foreground_known, colours.background_known) == (foreground, background)


@pytest.mark.parametrize("step", [2, 4, 8])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 17), (45, 83), (64, 96)])
@pytest.mark.parametrize(
    "layout",
    [
        Layout("yuv", 8, 1, 1, "bt601", False),
        Layout("yuv", 10, 0, 1, "bt709", False),
        Layout("yuv", 8, 2, 2, "bt601", True),
        Layout("rgb", 16, 0, 0, "bt709", True),
        Layout("gray", 12, 0, 0, "bt709", False),
    ],
    ids=lambda layout: f"{layout.model}{layout.depth}-{layout.shift_y}{layout.shift_x}",
)
def test_cell_means_differ_by_rounding_only(
    layout: Layout, height: int, width: int, step: int
) -> None:
    planes = random_planes(layout, height, width)
    means = cell_means(planes, layout, step)
    assert means.shape == (-(-height // step), -(-width // step), 4)
    for channel in range(3):
        number = channel if layout.count == 3 else 0
        shift_y, shift_x = layout.shifts(number)
        tall, wide = max(step >> shift_y, 1), max(step >> shift_x, 1)
        for row in range(height // step):
            for column in range(width // step):
                top, left = (row * step) >> shift_y, (column * step) >> shift_x
                truth = planes[number][top : top + tall, left : left + wide].mean()
                # Each of at most three halvings rounds by half a level.
                assert abs(means[row, column, channel] - truth) <= 1.5


def test_length_is_that_of_the_rgb_colour() -> None:
    layout = Layout("yuv", 10, 1, 1, "bt709", False)
    means = cell_means(random_planes(layout, 32, 48), layout)
    matrix, offset = (part.astype(np.float64) for part in layout.to_rgb())
    rgb = means[..., :3].astype(np.float64) @ matrix.T + offset
    np.testing.assert_allclose(means[..., 3], (rgb**2).sum(-1), rtol=1e-4, atol=1e-5)


def test_prior_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        spread(np.zeros((4, 4, 4), np.float32), np.zeros((4, 5), np.float32))
