from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from kernels.layout import Layout
from kernels.picture import resized, shrink_rgb
from kernels.types import Planes
from tests.media import planes_of

SIZES = [(1, 1), (7, 5), (61, 83), (130, 96)]
TARGETS = [(1, 1), (3, 5), (7, 4), (60, 80)]
SHRINKS = [(s, t) for s, t in product(SIZES, TARGETS) if t[0] <= s[0] and t[1] <= s[1]]


def area_truth(plane: npt.NDArray[np.generic], height: int, width: int) -> npt.NDArray[np.float64]:
    """Area averages as two dense matrices of overlaps."""

    def overlaps(many: int, few: int) -> npt.NDArray[np.float64]:
        size = many / few
        starts, cells = np.arange(few)[:, None] * size, np.arange(many)[None]
        shared = np.minimum(starts + size, cells + 1) - np.maximum(starts, cells)
        return np.clip(shared, 0, None) / size

    tall, wide = plane.shape
    return overlaps(tall, height) @ plane.astype(np.float64) @ overlaps(wide, width).T


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("size", "target"), SHRINKS)
def test_shrinking_averages_areas(
    size: tuple[int, int], target: tuple[int, int], dtype: type[np.generic]
) -> None:
    peak = np.iinfo(dtype).max
    plane = np.random.default_rng(0).integers(0, peak + 1, size, dtype)
    truth = area_truth(plane, *target)
    np.testing.assert_allclose(resized(plane, *target), truth, atol=peak * 2e-6)


def test_same_size_changes_nothing() -> None:
    plane = np.random.default_rng(0).integers(0, 65536, (9, 13), np.uint16)
    np.testing.assert_array_equal(resized(plane, 9, 13), plane)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_enlarging_is_bilinear(dtype: type[np.generic]) -> None:
    plane = np.array([[0, 100], [200, 40]], dtype)
    found = resized(plane, 4, 4)
    rows = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    np.testing.assert_allclose(found, rows @ plane.astype(float) @ rows.T, atol=0.6)


def test_strided_views_are_taken_as_they_are() -> None:
    whole = np.random.default_rng(0).integers(0, 256, (40, 64), np.uint8)
    view = whole[:, :37]
    np.testing.assert_array_equal(resized(view, 9, 8), resized(view.copy(), 9, 8))


def rgb_truth(planes: Planes, layout: Layout, height: int, width: int) -> npt.NDArray[np.float64]:
    matrix, offset = (part.astype(np.float64) for part in layout.to_rgb())
    small = [area_truth(plane, height, width) for plane in planes]
    small += [small[0]] * (3 - len(small))
    rgb = np.einsum("ck,khw->hwc", matrix, np.stack(small)) + offset
    return np.clip(rgb * 255, 0, 255)


@pytest.mark.parametrize("size", [(8, 8), (37, 53), (64, 96)])
@pytest.mark.parametrize(
    ("name", "full"),
    [("yuv420p", False), ("yuv422p10le", True), ("yuv444p12le", False), ("gbrp", True),
     ("gbrp10le", True), ("gray", True), ("gray16le", True)],
)  # fmt: skip
def test_shrunk_rgb_is_within_a_level_of_the_truth(
    name: str, full: bool, size: tuple[int, int]
) -> None:
    planes = planes_of(name, *size)
    depth = (
        8 if planes[0].dtype == np.uint8 else int("".join(c for c in name[4:] if c.isdigit())[-2:])
    )
    model = "rgb" if name.startswith("gbr") else "gray" if name.startswith("gray") else "yuv"
    shifts = {"yuv420p": (1, 1), "yuv422p10le": (0, 1)}.get(name, (0, 0))
    layout = Layout(model, depth, *shifts, "bt709", full)
    found = shrink_rgb(planes, layout, 4, 3)
    truth = rgb_truth(planes, layout, 4, 3)
    assert np.abs(found - truth).max() <= 0.51


def test_a_box_is_the_picture_cut_out() -> None:
    layout = Layout("yuv", 8, 1, 1, "bt601", False)
    planes = planes_of("yuv420p", 60, 80)
    cut = (planes[0][20:50, 10:70], planes[1][10:25, 5:35], planes[2][10:25, 5:35])
    found = shrink_rgb(planes, layout, 10, 20, (20, 10, 30, 60))
    np.testing.assert_array_equal(found, shrink_rgb(cut, layout, 10, 20))


def test_rgb_planes_at_full_size_pass_unchanged() -> None:
    layout = Layout("rgb", 8, 0, 0, "bt601", True)
    planes = tuple(np.random.default_rng(s).integers(0, 256, (9, 7), np.uint8) for s in range(3))
    rgb = shrink_rgb(planes, layout, 9, 7)
    np.testing.assert_array_equal(rgb, np.stack([planes[2], planes[0], planes[1]], -1))


@pytest.mark.parametrize(
    "box", [(-1, 0, 4, 4), (0, -1, 4, 4), (0, 0, 9, 4), (0, 0, 4, 9), (6, 0, 3, 4), (0, 0, 0, 4)]
)
def test_a_box_outside_the_picture_is_refused(box: tuple[int, int, int, int]) -> None:
    layout = Layout("gray", 8, 0, 0, "bt601", True)
    with pytest.raises(ValueError, match="leaves the 8x8 picture"):
        shrink_rgb((np.zeros((8, 8), np.uint8),), layout, 2, 2, box)


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (-1, 4)])
def test_an_empty_size_is_refused(size: tuple[int, int]) -> None:
    layout = Layout("gray", 8, 0, 0, "bt601", True)
    with pytest.raises(ValueError, match="positive"):
        shrink_rgb((np.zeros((8, 8), np.uint8),), layout, *size)
