from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from models.picture import Box
from stream.colour import Colour
from stream.frame import Frame
from stream.pixels import parse
from tests.media import frame_of, planes_of

FORMATS = ["yuv420p", "yuv422p10le", "yuv444p", "yuv411p", "gbrp10le", "gray"]


def test_from_rgb_gives_the_same_rgb_back() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    np.testing.assert_array_equal(Frame.from_rgb(rgb).rgb(7, 5), rgb)


@pytest.mark.parametrize("rgb", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8),
                                 np.zeros((4, 4, 3), np.float32)])  # fmt: skip
def test_from_rgb_refuses_what_is_not_rgb(rgb: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8"):
        Frame.from_rgb(rgb)


def test_wrong_planes_are_refused() -> None:
    form = parse("yuv420p")
    assert form is not None
    planes = planes_of("yuv420p", 8, 8)
    good = Frame(planes, form, Colour(), 0, Fraction(1, 25))
    with pytest.raises(ValueError, match="3 planes, got 2"):
        replace(good, planes=planes[:2])
    with pytest.raises(ValueError, match=r"plane 1 .* must be \(4, 4\)"):
        replace(good, planes=(planes[0], planes[0], planes[2]))
    with pytest.raises(ValueError, match="uint16"):
        replace(good, planes=tuple(p.astype(np.uint16) for p in planes))


def test_seconds_are_exact() -> None:
    frame = replace(frame_of("gray", 4, 4), pts=1001, time_base=Fraction(1, 30000))
    assert frame.seconds == Fraction(1001, 30000)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("size", [(16, 24), (15, 23), (1, 1)])
@pytest.mark.parametrize("name", FORMATS)
def test_upright_turns_the_picture_counter_clockwise(
    name: str, size: tuple[int, int], turn: int
) -> None:
    frame = replace(frame_of(name, *size), rotation=turn, sample_aspect=Fraction(4, 3))
    up = frame.upright()
    assert up.rotation == 0
    np.testing.assert_array_equal(up.planes[0], np.rot90(frame.planes[0], turn // 90))
    assert up.sample_aspect == (Fraction(3, 4) if turn % 180 else Fraction(4, 3))
    assert (up.pts, up.time_base, up.colour) == (frame.pts, frame.time_base, frame.colour)
    if min(size) % 2 == 0 and frame.layout.shift_y == frame.layout.shift_x:
        turned = np.rot90(frame.rgb(*size), turn // 90).astype(int)
        assert np.abs(turned - up.rgb(*turned.shape[:2])).max() <= 2


@pytest.mark.parametrize("name", FORMATS)
def test_four_quarter_turns_lose_nothing(name: str) -> None:
    frame = frame_of(name, 16, 24)
    turned = frame
    for _ in range(4):
        turned = replace(turned, rotation=90).upright()
    np.testing.assert_array_equal(turned.planes[0], frame.planes[0])
    assert np.abs(turned.rgb(16, 24).astype(int) - frame.rgb(16, 24)).max() <= 40


def test_unrotated_frames_are_not_copied() -> None:
    frame = frame_of("yuv420p", 16, 24)
    assert frame.upright() is frame


def test_a_portrait_phone_film_counts_its_short_side() -> None:
    upright = frame_of("yuv420p", 64, 48)
    assert upright.layout.matrix == "bt601"
    wide = Frame.from_rgb(np.zeros((1280, 720, 3), np.uint8))
    assert replace(wide, colour=Colour()).layout.matrix == "bt709"


def test_rgb_of_a_box_is_the_rgb_cut_out() -> None:
    frame = frame_of("yuv444p", 40, 60)
    np.testing.assert_array_equal(
        frame.rgb(20, 30, Box(10, 20, 20, 30)), frame.rgb(40, 60)[10:30, 20:50]
    )
