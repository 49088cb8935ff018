"""What windows of a tile hold, beside the same worked out for each by itself."""

import cv2
import numpy as np
import pytest

from kernels.band import TILE
from kernels.layout import Layout
from kernels.windows import (
    BLOCKS,
    CORNERS,
    FIRST,
    OWN,
    RING,
    SEEN,
    TOLD,
    WINDOWS,
    look,
    mean_around,
    measure_windows,
)
from tests.edges import noise

LAYOUTS = {
    "gbrp": Layout("rgb", 8, 0, 0, "bt601", True),
    "yuv444p10": Layout("yuv", 10, 0, 0, "bt709", False),
    "yuv420p": Layout("yuv", 8, 1, 1, "bt601", False),
    "yuv422p": Layout("yuv", 8, 0, 1, "bt601", True),
    "yuv410p": Layout("yuv", 8, 2, 2, "bt601", True),
}
SIZE = (37, 45)


def around(
    plane: np.ndarray, row: int, column: int, shifts: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    """24 x 24 pixels about a tile of a plane, enlarged bilinearly; the picture's edge repeats."""
    whole = plane.shape[1] << shifts[1], plane.shape[0] << shifts[0]
    wide = plane if shifts == (0, 0) else cv2.resize(plane.astype(np.float32), whole)
    wide = wide[: size[0], : size[1]]
    y = np.clip(np.arange(TILE + 2 * RING) + row * TILE - RING, 0, wide.shape[0] - 1)
    x = np.clip(np.arange(TILE + 2 * RING) + column * TILE - RING, 0, wide.shape[1] - 1)
    return np.asarray(wide[y[:, None], x])


def rows_of(flat: np.ndarray) -> np.ndarray:
    return flat.reshape(*flat.shape[:-1], -1, BLOCKS)


def as_pixels(corners: np.ndarray) -> np.ndarray:
    """(..., CORNERS, SEEN) as (..., 24, 24)."""
    parts = rows_of(corners).reshape(*corners.shape[:-2], 2, 2, BLOCKS, BLOCKS)
    return np.einsum("...yxij->...iyjx", parts).reshape(*corners.shape[:-2], 2 * BLOCKS, 2 * BLOCKS)


@pytest.mark.parametrize("size", [SIZE, (37, 35), (1, 1)])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (2, 2)])
def test_look_reads_each_corner_of_each_block(
    size: tuple[int, int], place: tuple[int, int]
) -> None:
    plane = np.random.default_rng(0).random(size, np.float32)
    seen = np.empty((CORNERS, SEEN), np.float32)
    for corner in range(CORNERS):
        look(plane, place[0] * TILE - RING, place[1] * TILE - RING, corner, seen[corner])
    np.testing.assert_array_equal(as_pixels(seen), around(plane, *place, (0, 0), size))


@pytest.mark.parametrize("name", LAYOUTS)
def test_colours_means_and_covariances_are_those_of_each_window(name: str) -> None:
    layout = LAYOUTS[name]
    planes = noise(layout, SIZE, 1)
    tiles = np.array([[0, 0], [1, 1], [2, 2]], np.int32)
    colours = np.empty((3, 3, CORNERS, SEEN), np.float32)
    told = np.empty((3, TOLD, WINDOWS), np.float32)
    measure_windows(planes, layout, tiles, colours, told)
    matrix, offset = layout.to_rgb()
    for tile, place in enumerate(tiles):
        samples = [around(plane, *place, layout.shifts(n), SIZE) for n, plane in enumerate(planes)]
        rgb = np.einsum("nk,kyx->nyx", matrix.astype(float), np.stack(samples).astype(float))
        rgb = (rgb + offset[:, None, None]).clip(0, 1)
        rgb -= rgb.mean(axis=(1, 2), keepdims=True)
        np.testing.assert_allclose(as_pixels(colours[tile]), rgb, atol=1e-5)
        for row in range(BLOCKS - 2):
            for column in range(BLOCKS - 2):
                window = rgb[:, 2 * row : 2 * row + 6, 2 * column : 2 * column + 6].reshape(3, 36)
                covariance = np.cov(window, bias=True) + 1e-6 * np.eye(3)
                found = rows_of(told[tile])[:, row, column].astype(float)
                np.testing.assert_allclose(found[:3], window.mean(axis=1), atol=1e-5)
                # Float32 rounds to a sixth of the 1e-6, which counts where colours hardly differ.
                one = found[[3, 4, 5, 4, 6, 7, 5, 7, 8]].reshape(3, 3) @ covariance
                np.testing.assert_allclose(one, np.eye(3), atol=0.16)


def test_means_of_a_tiles_own_blocks_are_those_of_the_windows_around_each() -> None:
    cells = np.random.default_rng(2).random(WINDOWS, np.float32)
    means = np.empty(OWN, np.float32)
    mean_around(cells, np.empty(SEEN, np.float32), means)
    square = rows_of(cells)
    for row in range(TILE // 2):
        for column in range(TILE // 2):
            wanted = square[row : row + 3, column : column + 3].mean()
            assert rows_of(means)[row, column] == pytest.approx(wanted, abs=1e-6)


def test_the_first_own_block_lies_behind_the_ring() -> None:
    assert divmod(FIRST, BLOCKS) == (RING // 2, RING // 2)


def test_a_gray_picture_is_measured() -> None:
    layout = Layout("gray", 8, 0, 0, "bt601", True)
    told = np.empty((1, TOLD, WINDOWS), np.float32)
    colours = np.empty((1, 3, CORNERS, SEEN), np.float32)
    measure_windows(noise(layout, SIZE, 3), layout, np.zeros((1, 2), np.int32), colours, told)
    assert np.isfinite(told).all()
    np.testing.assert_array_equal(colours[:, 0], colours[:, 2])
