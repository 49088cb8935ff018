"""Mattes of smaller pictures, laid over the whole one."""

import numpy as np
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE, TILE
from models.classical_refiner import ClassicalRefiner
from models.matting import Matting
from models.temporal import TemporalSmoother
from stream.frame import Matte
from stream.live.normal import live_frame
from stream.live.smaller import matte_of, shrunk

HEIGHT, WIDTH = 182, 322


def scene() -> tuple[np.ndarray, ...]:
    """A bright disc before a dark room of another colour."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = (np.hypot(y - 91, x - 161) < 60).astype(np.float32)
    luma = np.uint8(40 + 160 * inside)
    small = inside[::2, ::2]
    return luma, np.uint8(90 + 76 * small), np.uint8(200 - 110 * small)


def matte(share: float) -> Matte:
    frame = live_frame(scene(), 0)
    matting = Matting(None, ClassicalRefiner("balanced"), TemporalSmoother())
    small = shrunk(frame, share)
    coarse = np.float32(small.rgb(45, 80)[..., 1] > 100)
    return matte_of(frame, matting(small, 0.0, coarse))


@pytest.mark.parametrize("share", [1.0, 0.67, 0.5])
def test_a_smaller_picture_gives_nearly_the_same_matte(share: float) -> None:
    found, whole = matte(share), matte(1.0)
    assert found.alpha.shape == (HEIGHT, WIDTH)
    assert found.alpha.dtype == np.float32
    assert np.abs(found.alpha - whole.alpha).mean() < 0.01
    assert [plane.shape for plane in found.foreground] == [p.shape for p in whole.foreground]


@pytest.mark.parametrize("share", [0.67, 0.5])
def test_the_lattice_says_what_alpha_is(share: float) -> None:
    found = matte(share)
    tall = found.kinds.repeat(TILE, axis=0).repeat(TILE, axis=1)[:HEIGHT, :WIDTH]
    assert (found.alpha[tall == OUTSIDE] == 0).all()
    assert (found.alpha[tall == INSIDE] == 1).all()
    assert {OUTSIDE, INSIDE, BAND} == set(np.unique(found.kinds))


@pytest.mark.parametrize("share", [0.67, 0.5])
def test_inside_it_is_the_camera_s_own_picture(share: float) -> None:
    found = matte(share)
    whole = found.alpha == 1
    assert np.array_equal(found.foreground[0][whole], found.frame.planes[0][whole])


def test_the_whole_share_is_the_frame_itself() -> None:
    frame = live_frame(scene(), 0)
    assert shrunk(frame, 1) is frame
    assert shrunk(frame, 0.5).planes[0].shape == (92, 160)
