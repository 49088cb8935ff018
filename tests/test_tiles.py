"""What the last net reads and says, against a naive reading of each pixel."""

import numpy as np
import numpy.typing as npt
import pytest

from kernels.band import TILE
from kernels.convolve import Weights, pack
from kernels.layout import Layout
from kernels.near import APART, FINE_INPUTS, NEAR, SPARE, Near, Terms
from kernels.tiles import Spare, find_in_tiles
from kernels.wanted import Transformed, transform

LAYOUT = Layout("rgb", 8, 0, 0, "bt709", full_range=True)
TERMS = Terms(0.01, 0.25)
Floats = npt.NDArray[np.float64]


def between(cells: npt.NDArray[np.float32], y: float, x: float) -> Floats:
    """The bilinear value of `cells` at (y, x), their centres being whole numbers; edges repeat."""
    rows, columns = cells.shape[:2]
    y, x = min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)
    top, left = int(y), int(x)
    low, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
    here = cells.astype(np.float64)
    above = here[top, left] * (1 - x + left) + here[top, right] * (x - left)
    below = here[low, left] * (1 - x + left) + here[low, right] * (x - left)
    return np.asarray(above * (1 - y + top) + below * (y - top))


def logit(alpha: float) -> float:
    squeezed = alpha * 0.98 + 0.01
    return float(np.log(squeezed / (1 - squeezed)) * 0.25)


def naive(
    rgb: npt.NDArray[np.uint8], alpha: npt.NDArray[np.float32], near: Near,
    spare: Spare, y: int, x: int,
) -> Floats:  # fmt: skip
    """What is to be read at pixel (y, x)."""
    height, width = alpha.shape
    part = near.step / 2
    at = np.array([y, x]) + 0.5
    sides = between(near.cells[..., :8], *((at - (near.top, near.left)) / near.step - 0.5))
    lines = between(spare.halves, *((at - (near.top, near.left)) / part - 0.5 + spare.reach))
    shown = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    pixel = rgb[shown] / 255 - 0.5
    apart = sides[:3] - sides[3:6]
    along = ((pixel - sides[3:6]) @ apart) / (apart @ apart + float(APART))
    along = min(max(along, -0.5), 1.5)
    level = logit(float(alpha[shown])) + sides[7]
    urged = sides[6] * (logit(min(max(along, 0), 1)) - level)
    guesses = [lines[4 * n : 4 * n + 3] @ pixel + lines[4 * n + 3] for n in range(2)]
    return np.array([*pixel, level, along - 0.5, urged, *guesses, *lines[8:]])


def passing_on(
    first: int, tap: tuple[int, int], half: bool
) -> tuple[Weights | Transformed, Weights]:
    """A last net that says what it reads at `tap`: of channels `first` and the one after."""
    stem = np.zeros((2 * FINE_INPUTS, FINE_INPUTS, 3, 3), np.float32)
    last = np.zeros((2, 2 * FINE_INPUTS, 1, 1), np.float32)
    for n in range(FINE_INPUTS):
        # What is clipped below 0 comes back from its opposite.
        stem[n, n, *tap], stem[FINE_INPUTS + n, n, *tap] = 1, -1
    for n in range(2):
        last[n, first + n], last[n, FINE_INPUTS + first + n] = 1, -1
    nothing = np.zeros(2 * FINE_INPUTS, np.float32)
    if half:
        return pack(stem, nothing, half=True), pack(last, nothing[:2], half=True)
    return transform(stem, nothing, 1, FINE_INPUTS), pack(last, nothing[:2])


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("step", [2, 4, 8, 16])
@pytest.mark.parametrize("size", [(16, 16), (31, 46)])
def test_each_pixel_is_read_as_it_should_be(step: int, size: tuple[int, int], half: bool) -> None:
    random = np.random.default_rng(step)
    height, width = size
    rgb = random.integers(0, 256, (*size, 3), np.uint8)
    alpha = random.random(size).astype(np.float32)
    # The second row of cells, and the second column, are the first that are known.
    first = step if height > TILE else 0
    shape = -(-(height - first) // step), -(-(width - first) // step), NEAR
    near = Near(random.normal(0, 0.3, shape).astype(np.float32), step, first, first)
    halves = (2 * shape[0] + 6, 2 * shape[1] + 6, SPARE)
    spare = Spare(random.normal(0, 0.3, halves).astype(np.float32), 3)
    rows, columns = -(-height // TILE), -(-width // TILE)
    tiles = np.argwhere(np.ones((rows, columns))).astype(np.int32)
    found = np.empty((len(tiles), TILE, TILE, 2), np.float32)
    levels = np.empty((len(tiles), TILE, TILE), np.float32)
    planes = tuple(np.ascontiguousarray(rgb[..., n]) for n in (1, 2, 0))
    for channel in range(0, FINE_INPUTS, 2):
        tap = (1, 1) if channel % 4 else (0, 2)
        find_in_tiles(
            planes, LAYOUT, alpha, near, spare, tiles, TERMS, *passing_on(channel, tap, half),
            found, levels,
        )  # fmt: skip
        for number, (row, column) in enumerate(tiles):
            for i in range(0, TILE, 3):
                for j in range(TILE):
                    y, x = row * TILE + i + tap[0] - 1, column * TILE + j + tap[1] - 1
                    expected = naive(rgb, alpha, near, spare, y, x)[channel : channel + 2]
                    near_by = {"rtol": 2**-8, "atol": 1e-6} if half else {"atol": 1e-4}
                    np.testing.assert_allclose(found[number, i, j], expected, **near_by)
                    if channel == 2:
                        told = pytest.approx(found[number, i, j, 1], rel=2**-8, abs=1e-4)
                        assert levels[number, i, j] == told
