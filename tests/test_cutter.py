"""The lines a program needs, as the README gives them."""

import numpy as np
import pytest

import stream
from kernels.types import Rgb
from stream import Cutter


@pytest.fixture(scope="module")
def picture() -> Rgb:
    """Noise with a bright disc: no person, but something for pass 2 to hold on to."""
    y, x = np.mgrid[0:120, 0:160]
    disc = (y - 60) ** 2 + (x - 80) ** 2 < 35**2
    noise = np.random.default_rng(1).integers(0, 60, (120, 160, 3))
    return np.asarray(noise + np.where(disc, 180, 20)[..., None], np.uint8)


def coarse_disc() -> np.ndarray:
    y, x = np.mgrid[0:30, 0:40]
    return ((y - 14.5) ** 2 + (x - 19.5) ** 2 < 8.5**2).astype(np.float32)


def test_a_coarse_mask_of_ones_own_takes_the_place_of_pass_1(picture: Rgb) -> None:
    alpha, foreground = Cutter()(picture, seconds=0.0, coarse=coarse_disc())
    assert alpha.shape == (120, 160)
    assert alpha.dtype == np.float32
    assert foreground.dtype == np.uint8
    assert alpha[60, 80] == 1
    assert alpha[5, 5] == 0
    np.testing.assert_array_equal(foreground[60, 80], picture[60, 80])


def test_a_picture_without_a_person_is_nearly_empty(picture: Rgb) -> None:
    alpha, _ = Cutter(quality="fast")(np.full_like(picture, 90))
    assert alpha.mean() < 0.01


def test_every_name_the_package_offers_is_there() -> None:
    for name in stream.__all__:
        assert getattr(stream, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        stream.nothing  # noqa: B018


def test_an_unknown_quality_is_refused() -> None:
    with pytest.raises(ValueError, match="superb"):
        Cutter(quality="superb")
