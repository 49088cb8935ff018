"""Subjects with an edge, and what a lattice of them must be."""

import numpy as np

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice, tiles_of
from kernels.layout import Layout
from kernels.types import Alpha, Floats, Kinds, Places, Planes

SIZES = [(1, 1), (17, 33), (50, 70), (97, 131)]
LAYOUTS = {
    "yuv420p": Layout("yuv", 8, 1, 1, "bt601", False),
    "yuv444p": Layout("yuv", 8, 0, 0, "bt709", True),
    "gbrp": Layout("rgb", 8, 0, 0, "bt601", True),
    "gray": Layout("gray", 8, 0, 0, "bt601", True),
    "yuv420p10le": Layout("yuv", 10, 1, 1, "bt709", False),
}


def blob(size: tuple[int, int], ramp: float = 3.0) -> Alpha:
    """An ellipse that the lower border cuts, with a soft edge and some holes."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    away = np.hypot((y + 0.5) / height - 0.75, (x + 0.5) / width - 0.5) - 0.35
    alpha = np.clip(0.5 - away * max(height, width) / ramp, 0, 1)
    alpha[np.random.default_rng(3).random(size) < 0.002] = 0
    return alpha.astype(np.float32)


def lattice_of(alpha: Alpha) -> Kinds:
    """The kinds of tiles, by the alpha within each alone."""
    kinds = np.empty(lattice(*alpha.shape), np.uint8)
    for row, column in np.ndindex(*kinds.shape):
        tile = tile_of(alpha, row, column)
        kinds[row, column] = OUTSIDE if (tile == 0).all() else INSIDE if (tile == 1).all() else BAND
    return kinds


def tile_of(alpha: Alpha, row: int, column: int) -> Alpha:
    return alpha[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]


def all_tiles(size: tuple[int, int]) -> Places:
    """Where the tiles of a picture are."""
    return tiles_of(np.full(lattice(*size), BAND, np.uint8))


def cut(plane: Alpha, tiles: Places) -> Alpha:
    """`tiles` of the plane, its edge repeated."""
    rows, columns = (size * TILE for size in lattice(*plane.shape))
    wide = np.pad(plane, ((0, rows - plane.shape[0]), (0, columns - plane.shape[1])), mode="edge")
    return np.stack([tile_of(wide, row, column) for row, column in tiles])


def normal(*shape: int, seed: int = 0) -> Floats:
    """Normally distributed numbers about 0."""
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def noise(layout: Layout, size: tuple[int, int], seed: int, low: int = 0, high: int = -1) -> Planes:
    """Random samples from `low` to `high`, the peak when that is negative."""
    rng = np.random.default_rng(seed)
    high = layout.peak if high < 0 else high
    return tuple(
        rng.integers(low, high + 1, layout.plane_shape(n, *size), layout.dtype)
        for n in range(layout.count)
    )


def covering(alpha: Alpha, shift_y: int, shift_x: int) -> Alpha:
    """Means of the alphas under each chroma sample, borders cut short."""
    tall, wide = -(-alpha.shape[0] >> shift_y), -(-alpha.shape[1] >> shift_x)
    out = np.empty((tall, wide), np.float32)
    for y, x in np.ndindex(tall, wide):
        rows = slice(y << shift_y, y + 1 << shift_y)
        out[y, x] = alpha[rows, x << shift_x : x + 1 << shift_x].mean()
    return out
