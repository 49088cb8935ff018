"""What the last net reads, against a naive reading of each pixel."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from kernels.band import TILE
from kernels.layout import Layout
from kernels.patches import APART, CORE, FINE_INPUTS, NEAR, SPARE, Near, Terms
from kernels.tiles import SIDE, gather_fine

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
    spare: npt.NDArray[np.float32], y: int, x: int,
) -> Floats:  # fmt: skip
    """What is to be read at pixel (y, x) of a picture that lies in one patch."""
    height, width = alpha.shape
    part = near.step / 2
    at = np.array([y, x]) + 0.5
    sides = between(near.cells[..., :8], *((at - (near.top, near.left)) / near.step - 0.5))
    lines = between(spare[0], *(at / part + 0.5))
    shown = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    pixel = rgb[shown] / 255 - 0.5
    apart = sides[:3] - sides[3:6]
    along = ((pixel - sides[3:6]) @ apart) / (apart @ apart + float(APART))
    along = min(max(along, -0.5), 1.5)
    level = logit(float(alpha[shown])) + sides[7]
    urged = sides[6] * (logit(min(max(along, 0), 1)) - level)
    guesses = [lines[4 * n : 4 * n + 3] @ pixel + lines[4 * n + 3] for n in range(2)]
    return np.array([*pixel, level, along - 0.5, urged, *guesses, *lines[8:]])


@pytest.mark.parametrize("step", [2, 4, 8, 16])
@pytest.mark.parametrize("size", [(16, 16), (31, 30)])
def test_each_pixel_is_read_as_it_should_be(step: int, size: tuple[int, int]) -> None:
    random = np.random.default_rng(step)
    height, width = size
    rgb = random.integers(0, 256, (*size, 3), np.uint8)
    alpha = random.random(size).astype(np.float32)
    shape = -(-height // step), -(-width // step), NEAR
    near = Near(random.normal(0, 0.3, shape).astype(np.float32), step)
    spare = random.normal(0, 0.3, (1, CORE + 2, CORE + 2, SPARE)).astype(np.float32)
    rows, columns = -(-height // TILE), -(-width // TILE)
    tiles = np.argwhere(np.ones((rows, columns))).astype(np.int32)
    out = np.empty((len(tiles), SIDE, SIDE, FINE_INPUTS), np.float32)
    levels = np.empty((len(tiles), TILE, TILE), np.float32)
    planes = tuple(np.ascontiguousarray(rgb[..., n]) for n in (1, 2, 0))
    patch_at = np.zeros((max(rows * TILE // (CORE * step // 2), 1),) * 2, np.int32)
    gather_fine(planes, LAYOUT, alpha, near, spare, patch_at, tiles, TERMS, out, levels)
    for number, (row, column) in enumerate(tiles):
        for i in range(0, SIDE, 3):
            for j in range(SIDE):
                y, x = row * TILE + i - 1, column * TILE + j - 1
                expected = naive(rgb, alpha, near, spare, y, x)
                np.testing.assert_allclose(out[number, i, j], expected, atol=1e-4)
        np.testing.assert_array_equal(levels[number], out[number, 1:-1, 1:-1, 3])
    halves = np.empty(out.shape, np.uint16)
    gather_fine(planes, LAYOUT, alpha, near, spare, patch_at, tiles, TERMS, halves, levels)
    expected_halves = torch.from_numpy(out).to(torch.bfloat16)
    assert torch.equal(torch.from_numpy(halves).view(torch.bfloat16), expected_halves)


def test_other_types_are_refused() -> None:
    empty = np.empty((0, SIDE, SIDE, FINE_INPUTS), np.float64)
    near = Near(np.zeros((1, 1, NEAR), np.float32), 4)
    some = np.zeros((0, 2), np.int32)
    with pytest.raises(ValueError, match="float64"):
        gather_fine(
            (np.zeros((4, 4), np.uint8),) * 3, LAYOUT, np.zeros((4, 4), np.float32), near,
            np.zeros((0, CORE + 2, CORE + 2, SPARE), np.float32), np.zeros((1, 1), np.int32), some,
            TERMS, empty, np.empty((0, TILE, TILE), np.float32),
        )  # fmt: skip
