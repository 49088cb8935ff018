"""The subject's own colours, against a naive version and the compositing equation."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.foreground import foreground_planes
from kernels.layout import Layout
from kernels.spread import SpreadColours
from kernels.types import Alpha, Kinds, Planes

SIZES = [(1, 1), (17, 17), (45, 83), (64, 96)]
LAYOUTS = [
    Layout("yuv", 8, 1, 1, "bt709", False),
    Layout("yuv", 10, 0, 1, "bt709", False),
    Layout("yuv", 8, 2, 2, "bt601", True),
    Layout("yuv", 12, 0, 0, "bt601", True),
    Layout("rgb", 16, 0, 0, "bt709", True),
    Layout("gray", 8, 0, 0, "bt709", False),
]


def name(layout: Layout) -> str:
    return f"{layout.model}{layout.depth}-{layout.shift_y}{layout.shift_x}"


def covered(alpha: Alpha, shape: tuple[int, int], shift_y: int, shift_x: int) -> Alpha:
    mean = np.empty(shape, np.float32)
    for y in range(shape[0]):
        for x in range(shape[1]):
            rows = slice(y << shift_y, (y + 1) << shift_y)
            mean[y, x] = alpha[rows, x << shift_x : (x + 1) << shift_x].mean(dtype=np.float64)
    return mean


def scene(
    layout: Layout, height: int, width: int
) -> tuple[Planes, Alpha, Kinds, SpreadColours, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Two flat colours mixed by a random alpha with many exact 0 and 1, all of it band."""
    random = np.random.default_rng(height * 100 + layout.depth)
    alpha = np.clip(random.uniform(-0.5, 1.5, (height, width)), 0, 1).astype(np.float32)
    front, back = np.array([0.7, 0.4, 0.6]) * layout.peak, np.array([0.3, 0.6, 0.45]) * layout.peak
    planes = []
    for number in range(layout.count):
        a = covered(alpha, layout.plane_shape(number, height, width), *layout.shifts(number))
        mixed = a * front[number] + (1 - a) * back[number]
        planes.append(np.round(mixed).astype(layout.dtype))
    cells = np.ones((-(-height // 4), -(-width // 4), 4), np.float32)
    colours = SpreadColours(cells * np.float32([*front, 0]), cells * np.float32([*back, 0]), 4)
    kinds = np.full(lattice(height, width), BAND, np.uint8)
    return tuple(planes), alpha, kinds, colours, front, back


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_flat_colours_are_recovered(layout: Layout, height: int, width: int) -> None:
    planes, alpha, kinds, colours, front, _ = scene(layout, height, width)
    found = foreground_planes(planes, layout, alpha, kinds, colours)
    for number, plane in enumerate(found):
        assert plane.dtype == layout.dtype
        assert np.abs(plane.astype(np.float64) - front[number]).max() <= 2


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_laid_over_its_own_background_it_is_the_picture(
    layout: Layout, height: int, width: int
) -> None:
    planes, alpha, kinds, colours, _, back = scene(layout, height, width)
    found = foreground_planes(planes, layout, alpha, kinds, colours)
    for number, plane in enumerate(found):
        a = covered(alpha, plane.shape, *layout.shifts(number))
        over = a * plane + (1 - a) * back[number]
        assert np.abs(over - planes[number]).max() <= 1.01


@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_alpha_one_keeps_the_samples(layout: Layout) -> None:
    planes, alpha, kinds, colours, _, _ = scene(layout, 45, 83)
    alpha[10:30, 10:60] = 1
    random = np.random.default_rng(6)
    noisy = tuple(random.integers(0, layout.peak + 1, p.shape).astype(p.dtype) for p in planes)
    found = foreground_planes(noisy, layout, alpha, kinds, colours)
    for number, plane in enumerate(found):
        whole = covered(alpha, plane.shape, *layout.shifts(number)) == 1
        assert whole.any()
        assert np.array_equal(plane[whole], noisy[number][whole])


@pytest.mark.parametrize("kind", [INSIDE, OUTSIDE])
def test_tiles_off_the_band_are_copied(kind: int) -> None:
    planes, alpha, kinds, colours, _, _ = scene(LAYOUTS[0], 64, 96)
    kinds[:2] = kind
    found = foreground_planes(planes, LAYOUTS[0], alpha, kinds, colours)
    for number, plane in enumerate(found):
        rows = 2 * TILE >> LAYOUTS[0].shifts(number)[0]
        assert np.array_equal(plane[:rows], planes[number][:rows])
        assert not np.array_equal(plane[rows:], planes[number][rows:])


def test_what_the_mix_leaves_unexplained_is_shared_by_least_change() -> None:
    layout = LAYOUTS[4]
    planes, alpha, kinds, colours, front, back = scene(layout, 45, 83)
    noise = np.random.default_rng(8).integers(-3000, 3000, planes[0].shape)
    noisy = tuple((plane + noise).astype(plane.dtype) for plane in planes)
    found = foreground_planes(noisy, layout, alpha, kinds, colours)
    a = alpha.astype(np.float64)
    for number, plane in enumerate(found):
        left = noisy[number] - a * front[number] - (1 - a) * back[number]
        truth = front[number] + a / (a**2 + (1 - a) ** 2) * left
        np.testing.assert_allclose(plane, np.clip(truth, 0, layout.peak), atol=0.6)


@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_unknown_colours_leave_the_picture(layout: Layout) -> None:
    planes, alpha, kinds, colours, _, _ = scene(layout, 45, 83)
    unknown = replace(colours, foreground_known=False)
    found = foreground_planes(planes, layout, alpha, kinds, unknown)
    assert all(np.array_equal(*pair) for pair in zip(found, planes, strict=True))


def test_out_is_written_and_returned() -> None:
    planes, alpha, kinds, colours, _, _ = scene(LAYOUTS[0], 45, 83)
    out = tuple(np.zeros_like(plane) for plane in planes)
    found = foreground_planes(planes, LAYOUTS[0], alpha, kinds, colours, out)
    fresh = foreground_planes(planes, LAYOUTS[0], alpha, kinds, colours)
    for given, returned, expected in zip(out, found, fresh, strict=True):
        assert returned is given
        assert np.array_equal(returned, expected)


def test_read_only_strided_planes_are_taken() -> None:
    planes, alpha, kinds, colours, _, _ = scene(LAYOUTS[0], 64, 96)
    padded = [np.pad(plane, ((0, 0), (0, 8))) for plane in planes]
    for plane in padded:
        plane.flags.writeable = False
    views = tuple(plane[:, :-8] for plane in padded)
    found = foreground_planes(views, LAYOUTS[0], alpha, kinds, colours)
    fresh = foreground_planes(planes, LAYOUTS[0], alpha, kinds, colours)
    assert all(np.array_equal(*pair) for pair in zip(found, fresh, strict=True))


def test_shapes_that_disagree_are_refused() -> None:
    planes, alpha, kinds, colours, _, _ = scene(LAYOUTS[0], 45, 83)
    with pytest.raises(ValueError, match="do not fit"):
        foreground_planes(planes, LAYOUTS[0], alpha[:-1], kinds, colours)
    with pytest.raises(ValueError, match="do not fit"):
        foreground_planes(planes, LAYOUTS[0], alpha, kinds[:, :-1], colours)
    with pytest.raises(ValueError, match="not like"):
        out = tuple(plane[:-1] for plane in planes)
        foreground_planes(planes, LAYOUTS[0], alpha, kinds, colours, out)
