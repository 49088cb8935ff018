"""Alpha drawn towards what is linear in colour, beside the same written down plainly."""

import cv2
import numpy as np
import pytest

from kernels.band import TILE, lattice
from kernels.layout import Layout
from kernels.relax import relax_alpha, relax_share
from kernels.types import Alpha, Places, Planes
from tests.edges import all_tiles, cut, noise

SIZE = (45, 58)
TILES = all_tiles(SIZE)
RGB = Layout("rgb", 8, 0, 0, "bt601", True)
LAYOUTS = {
    "gbrp": (RGB, 0.25),
    "yuv444p": (Layout("yuv", 8, 0, 0, "bt709", True), 0.25),
    "yuv420p": (Layout("yuv", 8, 1, 1, "bt601", False), 8.0),
    "yuv422p10": (Layout("yuv", 10, 0, 1, "bt709", False), 8.0),
}
SURE, UNSURE = np.log(np.float32(0.005)), np.log(np.float32(0.3))


def told(log: Alpha, tiles: Places) -> np.ndarray:
    """What a net found in `tiles`, as far as it matters: the log of the expected error."""
    found = np.zeros((len(tiles), TILE, TILE, 2), np.float32)
    found[..., 1] = cut(log, tiles)
    return found


def full(value: float) -> Alpha:
    return np.full(SIZE, value, np.float32)


def colours_of(planes: Planes, layout: Layout) -> np.ndarray:
    """(H, W, 3) RGB from 0 to 1, smaller planes enlarged bilinearly."""
    full_size = []
    for number, plane in enumerate(planes):
        y, x = layout.shifts(number)
        size = plane.shape[1] << x, plane.shape[0] << y
        wide = cv2.resize(plane.astype(float), size, interpolation=cv2.INTER_LINEAR)
        full_size.append(wide[: SIZE[0], : SIZE[1]])
    matrix, offset = layout.to_rgb()
    rgb = np.stack(full_size, -1) @ matrix.T.astype(float) + offset
    return np.asarray(rgb.clip(0, 1))


def about(plane: np.ndarray) -> np.ndarray:
    """A plane as whole tiles with 4 pixels more around, its edge repeated."""
    rows, columns = lattice(*SIZE)
    room = (4, rows * TILE - SIZE[0] + 4), (4, columns * TILE - SIZE[1] + 4)
    return np.pad(plane, room + ((0, 0),) * (plane.ndim - 2), mode="edge")


def misfits(alpha: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """What windows would have each pixel be, less what it is. alpha, rgb: as `about` gives them."""
    tall, wide = alpha.shape[0] // 2, alpha.shape[1] // 2
    lines, counts = np.zeros((tall, wide, 4)), np.zeros((tall, wide, 1))
    for i in range(tall - 2):
        for j in range(wide - 2):
            part = slice(2 * i, 2 * i + 6), slice(2 * j, 2 * j + 6)
            values, seen = rgb[part].reshape(36, 3), alpha[part].reshape(36)
            covariance = np.cov(values.T, bias=True) + 1e-6 * np.eye(3)
            with_alpha = (values - values.mean(0)).T @ (seen - seen.mean()) / 36
            slope = np.linalg.solve(covariance, with_alpha)
            line = np.append(slope, seen.mean() - slope @ values.mean(0))
            lines[i : i + 3, j : j + 3] += line
            counts[i : i + 3, j : j + 3] += 1
    spread = (lines / counts).repeat(2, 0).repeat(2, 1)
    return np.asarray((spread[..., :3] * rgb).sum(-1) + spread[..., 3] - alpha)


def plainly(
    alpha: Alpha,
    planes: Planes,
    layout: Layout,
    log: Alpha,
    tiles: Places,
    share: float,
    firm: float,
) -> np.ndarray:
    """Chebyshev's iteration over the whole picture, in float64."""
    rgb = about(colours_of(planes, layout))
    error = np.exp(log.astype(float))
    weight = firm * (0.02 / np.maximum(error, 0.02)) ** 2
    inside = np.zeros(SIZE, bool)
    for row, column in tiles * TILE:
        inside[row : row + TILE, column : column + TILE] = True
    value, before, way = alpha.astype(float), alpha.astype(float), np.zeros(SIZE)
    middle, half = (1.12 + 0.05) / 2, (1.12 - 0.05) / 2
    ratio = 0.0
    for number in range(6):
        left = misfits(about(value), rgb)[4 : SIZE[0] + 4, 4 : SIZE[1] + 4]
        left = (left + weight * (before - value)) / (0.9 + weight)
        if number == 0:
            way, ratio = left / middle, half / middle
        else:
            following = 1 / (2 * middle / half - ratio)
            way, ratio = following * ratio * way + 2 * following / half * left, following
        value = value + np.where(inside, way, 0)
    value = before + share * (value - before)
    haze = 0.02 * share
    return np.where(inside, np.clip((value - haze) / (1 - 2 * haze), 0, 1), before)


@pytest.mark.parametrize("name", LAYOUTS)
def test_it_goes_where_the_formula_says(name: str) -> None:
    (layout, firm), random = LAYOUTS[name], np.random.default_rng(4)
    planes = noise(layout, SIZE, 5)
    alpha = random.random(SIZE).astype(np.float32)
    log = random.uniform(-6, -1, SIZE).astype(np.float32)
    tiles = TILES[[0, 1, 4, 6, 11]]
    wanted = plainly(alpha, planes, layout, log, tiles, 0.8, firm)
    relax_alpha(alpha, planes, layout, told(log, tiles), tiles, 0.8)
    # Where windows hold few colours, at the corners, float32 tells them apart to a part in ten.
    np.testing.assert_allclose(alpha, wanted, atol=5e-3)
    assert np.abs(alpha - wanted).mean() < 1e-5


def scene() -> tuple[Planes, Alpha]:
    """A picture whose alpha is a function of colour: fine stripes of one colour over another."""
    x = np.arange(SIZE[1])
    alpha = np.tile((0.5 + 0.4 * np.sin(x * 1.3)).astype(np.float32), (SIZE[0], 1))
    planes = tuple(
        np.rint(low + (high - low) * alpha).astype(np.uint8)
        for low, high in ((30, 200), (90, 40), (10, 160))
    )
    return planes, alpha


def test_what_is_doubted_becomes_what_colours_say() -> None:
    planes, true = scene()
    alpha = np.clip(true + np.random.default_rng(6).normal(0, 0.1, SIZE), 0, 1).astype(np.float32)
    before = np.abs(alpha - true).mean()
    relax_alpha(alpha, planes, RGB, told(full(UNSURE), TILES), TILES, 1)
    assert np.abs(alpha - true).mean() < 0.4 * before


def test_what_is_sure_stays_nearer() -> None:
    planes, true = scene()
    alpha = np.clip(true + np.random.default_rng(7).normal(0, 0.1, SIZE), 0, 1).astype(np.float32)
    log = full(UNSURE)
    log[:, :24] = SURE
    moved = alpha.copy()
    relax_alpha(moved, planes, RGB, told(log, TILES), TILES, 1)
    change = np.abs(moved - alpha)
    assert change[:, :20].mean() < 0.9 * change[:, 28:].mean()


def test_where_the_error_is_not_a_number_alpha_hardly_moves_and_stays_a_number() -> None:
    planes, _ = scene()
    alpha = np.random.default_rng(10).uniform(0.2, 0.8, SIZE).astype(np.float32)
    kept = alpha.copy()
    relax_alpha(alpha, planes, RGB, told(full(np.nan), TILES), TILES, 1)
    np.testing.assert_allclose(alpha, (kept - 0.02) / 0.96, atol=0.03)


def test_less_error_is_expected_where_alpha_became_sure() -> None:
    planes, _ = scene()
    alpha = np.random.default_rng(12).random(SIZE, np.float32)
    tiles, error = TILES[[0, 3]], full(0.3)
    error[5, 6] = np.nan
    relax_alpha(alpha, planes, RGB, told(full(UNSURE), tiles), tiles, 0.5, error)
    wanted = 0.3 * (0.5 + 0.5 * (0.4 + 2 * np.minimum(alpha, 1 - alpha)))
    wanted[:, TILE:48], wanted[TILE:], wanted[5, 6] = 0.3, 0.3, np.nan
    np.testing.assert_allclose(error, wanted, atol=1e-6)


def test_a_picture_of_one_pixel() -> None:
    planes = tuple(np.full((1, 1), value, np.uint8) for value in (200, 90, 160))
    alpha, found = np.full((1, 1), 0.5, np.float32), np.zeros((1, TILE, TILE, 2), np.float32)
    relax_alpha(alpha, planes, LAYOUTS["yuv420p"][0], found, np.zeros((1, 2), np.int32), 1)
    np.testing.assert_allclose(alpha, 0.5, atol=1e-5)


def test_colours_that_no_rgb_has_leave_alpha_a_number() -> None:
    layout = Layout("yuv", 8, 0, 0, "bt709", False)
    planes = tuple(np.full(SIZE, value, np.uint8) for value in (235, 255, 255))
    for plane in planes:
        plane[:, 30:] = 255 - plane[:, 30:]
    alpha = np.random.default_rng(13).random(SIZE, np.float32)
    relax_alpha(alpha, planes, layout, told(full(UNSURE), TILES), TILES, 1)
    assert np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1


def test_flat_colours_leave_alpha_in_range() -> None:
    planes = tuple(np.full(SIZE, value, np.uint8) for value in (10, 20, 30))
    alpha = np.random.default_rng(11).integers(0, 2, SIZE).astype(np.float32)
    relax_alpha(alpha, planes, RGB, told(full(UNSURE), TILES), TILES, 1)
    assert np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1


@pytest.mark.parametrize(
    ("name", "calm", "restless"), [("gbrp", 0.15, 0.3), ("yuv420p", 0.1, 0.25)]
)
def test_the_share_grows_with_what_was_moved(name: str, calm: float, restless: float) -> None:
    layout = LAYOUTS[name][0]
    assert relax_share(layout, calm) == 0 and relax_share(layout, 0) == 0
    assert relax_share(layout, (calm + restless) / 2) == pytest.approx(0.5)
    assert relax_share(layout, restless) == pytest.approx(1) and relax_share(layout, 9) == 1
