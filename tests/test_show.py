import numpy as np
import pytest

from kernels.show import gray_planes, mirrored
from tests.edges import LAYOUTS, SIZES, blob, noise


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_left_is_right_in_every_plane(size: tuple[int, int], name: str) -> None:
    planes = noise(LAYOUTS[name], size, 1)
    for plane, turned in zip(planes, mirrored(planes), strict=True):
        np.testing.assert_array_equal(turned, plane[:, ::-1])
        assert turned.dtype == plane.dtype


def test_planes_of_a_decoder_can_be_mirrored() -> None:
    padded = noise(LAYOUTS["yuv420p"], (50, 80), 1)[0]
    padded.flags.writeable = False
    (turned,) = mirrored((padded[:, :70],))
    np.testing.assert_array_equal(turned, padded[:, :70][:, ::-1])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_an_alpha_is_shown_as_its_gray(size: tuple[int, int], name: str) -> None:
    layout, alpha = LAYOUTS[name], blob(size)
    planes = gray_planes(alpha, layout)
    matrix, _ = layout.to_rgb()
    for number, plane in enumerate(planes):
        assert plane.shape == layout.plane_shape(number, *size)
        assert plane.dtype == layout.dtype
    if layout.model == "rgb":
        luma = planes[0] / layout.peak
    else:
        black = 0 if layout.full_range else 16 << layout.depth - 8
        luma = (planes[0] - float(black)) * matrix[0, 0]
    np.testing.assert_allclose(luma, alpha, atol=0.6 / (layout.peak * 219 / 255))
    if layout.model == "yuv":
        assert all((plane == 1 << layout.depth - 1).all() for plane in planes[1:])
