from itertools import product

import numpy as np
import pytest

from kernels.convert import convert_planes
from kernels.fit import contained_box, covering_box, fit_planes
from kernels.layout import Layout
from tests.edges import LAYOUTS
from tests.media import planes_of

FRAMES = [(1, 1), (33, 47), (60, 80), (90, 40)]


@pytest.mark.parametrize(("source", "target"), list(product(LAYOUTS, LAYOUTS)))
@pytest.mark.parametrize("frame", FRAMES)
def test_covering_is_the_parallel_conversion_bit_for_bit(
    source: str, target: str, frame: tuple[int, int]
) -> None:
    planes, was, becomes = planes_of(source, 50, 70), LAYOUTS[source], LAYOUTS[target]
    found = fit_planes(planes, was, becomes, *frame, "cover")
    truth = convert_planes(planes, was, becomes, *frame, covering_box(50, 70, *frame))
    for plane, expected in zip(found, truth, strict=True):
        np.testing.assert_array_equal(plane, expected)


@pytest.mark.parametrize("target", list(LAYOUTS))
@pytest.mark.parametrize("frame", FRAMES)
def test_a_contained_picture_is_whole(target: str, frame: tuple[int, int]) -> None:
    layout, becomes = LAYOUTS["gbrp"], LAYOUTS[target]
    planes = planes_of("gbrp", 50, 70)
    found = fit_planes(planes, layout, becomes, *frame, "contain")
    top, left, tall, wide = contained_box(50, 70, *frame, becomes)
    assert max(tall / frame[0], wide / frame[1]) == 1
    whole = convert_planes(planes, layout, becomes, tall, wide, (0, 0, 50, 70))
    for number, plane in enumerate(found):
        assert plane.shape == becomes.plane_shape(number, *frame)
        assert plane.dtype == becomes.dtype
        y, x = becomes.shifts(number)
        rows, columns = whole[number].shape
        inner = plane[top >> y : (top >> y) + rows, left >> x : (left >> x) + columns]
        np.testing.assert_array_equal(inner, whole[number])


@pytest.mark.parametrize("target", list(LAYOUTS))
def test_around_a_contained_picture_is_a_dim_copy(target: str) -> None:
    layout, becomes = LAYOUTS["gbrp"], LAYOUTS[target]
    white = tuple(np.full((64, 64), 255, np.uint8) for _ in range(3))
    found = fit_planes(white, layout, becomes, 64, 192, "contain")
    matrix, offset = becomes.to_rgb()
    corner = np.array([plane[0, 0] for plane in found] + [0] * (3 - len(found)), np.float64)
    np.testing.assert_allclose(matrix @ corner + offset, 0.6, atol=0.01)


def test_the_frames_own_shape_is_contained_as_it_covers() -> None:
    layout = Layout("yuv", 8, 1, 1, "bt601", False)
    planes = planes_of("yuv420p", 48, 64)
    cover = fit_planes(planes, layout, layout, 96, 128, "cover")
    contain = fit_planes(planes, layout, layout, 96, 128, "contain")
    for one, other in zip(cover, contain, strict=True):
        np.testing.assert_array_equal(one, other)
