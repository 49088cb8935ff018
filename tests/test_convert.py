from itertools import product

import numpy as np
import pytest

from kernels.convert import convert_planes
from kernels.layout import Layout
from tests.media import planes_of
from tests.test_picture import area_truth

YUV = Layout("yuv", 8, 1, 1, "bt601", False)
LAYOUTS = {
    "yuv420p": YUV,
    "yuv444p": Layout("yuv", 8, 0, 0, "bt601", False),
    "yuv422p10le": Layout("yuv", 10, 0, 1, "bt709", True),
    "gbrp": Layout("rgb", 8, 0, 0, "bt601", True),
    "gray": Layout("gray", 8, 0, 0, "bt601", True),
}


def test_the_same_layout_and_size_change_nothing() -> None:
    planes = planes_of("yuv420p", 38, 50)
    again = convert_planes(planes, YUV, YUV, 38, 50, (0, 0, 38, 50))
    for plane, copy in zip(planes, again, strict=True):
        np.testing.assert_array_equal(plane, copy)


@pytest.mark.parametrize(("source", "target"), list(product(LAYOUTS, LAYOUTS)))
def test_every_pair_agrees_with_the_float_truth(source: str, target: str) -> None:
    height, width = 40, 56
    planes = planes_of(source, height, width)
    was, becomes = LAYOUTS[source], LAYOUTS[target]
    found = convert_planes(planes, was, becomes, 20, 28, (0, 0, height, width))
    to_rgb, rgb_offset = (part.astype(np.float64) for part in was.to_rgb())
    from_rgb, offset = (part.astype(np.float64) for part in becomes.from_rgb())
    for number, plane in enumerate(found):
        shape = becomes.plane_shape(number, 20, 28)
        small = [area_truth(each, *shape) for each in planes]
        small += [small[0] * 0] * (3 - len(small))
        mixed = np.einsum("k,khw->hw", (from_rgb @ to_rgb)[number], np.stack(small))
        truth = np.clip(mixed + (from_rgb @ rgb_offset + offset)[number], 0, becomes.peak)
        assert plane.dtype == becomes.dtype
        # Samples round half up; float32 may fall on the other side of a half.
        assert np.abs(plane - truth).max() < 0.5 + becomes.peak * 1e-5


def test_a_colour_survives_the_way_to_ten_bits_and_another_matrix() -> None:
    deep = LAYOUTS["yuv422p10le"]
    rgb = np.array([200, 60, 120]) / 255
    matrix, offset = YUV.from_rgb()
    code = np.rint(matrix @ rgb + offset)
    planes = tuple(np.full(YUV.plane_shape(n, 16, 16), code[n], np.uint8) for n in range(3))
    found = convert_planes(planes, YUV, deep, 16, 16, (0, 0, 16, 16))
    back, back_offset = deep.to_rgb()
    again = back @ np.array([plane[3, 3] for plane in found], float) + back_offset
    np.testing.assert_allclose(again * 255, rgb * 255, atol=1.6)


def test_only_the_box_is_seen() -> None:
    planes = planes_of("gray", 32, 48)
    gray = LAYOUTS["gray"]
    found = convert_planes(planes, gray, gray, 16, 20, (8, 4, 16, 20))
    np.testing.assert_array_equal(found[0], planes[0][8:24, 4:24])
