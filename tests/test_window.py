"""Looking through a window and laying the result back keeps every place."""

import numpy as np
import pytest

from models.window import Window, around, lay, see, tile_size, whole
from stream.frame import Frame


def _ramp(height: int, width: int) -> Frame:
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([y * 255 / height, x * 255 / width, 0 * x], -1)
    return Frame.from_rgb(np.round(rgb).astype(np.uint8))


def test_window_inside_shows_its_place() -> None:
    rgb = see(_ramp(200, 400), Window(50, 100, 100, 200), 100, 200)
    assert abs(int(rgb[0, 0, 0]) - 50 * 255 / 200) <= 1
    assert abs(int(rgb[-1, -1, 1]) - 299 * 255 / 400) <= 1


def test_beyond_the_picture_is_black_and_nothing_is_squashed() -> None:
    picture = Frame.from_rgb(np.full((100, 50, 3), 200, np.uint8))
    rgb = see(picture, around(Window(0, 0, 100, 50), 64, 64), 64, 64)
    assert (rgb[:, :16] == 0).all()
    assert (rgb[:, 16:48] == 200).all()
    assert (rgb[:, 48:] == 0).all()


@pytest.mark.parametrize("aspect", [(3, 4), (144, 256), (1, 1), (1, 5)])
@pytest.mark.parametrize("inner", [(30, 50, 60, 90), (0, 0, 1, 1), (0, 0, 37, 91), (5, 2, 91, 37)])
def test_a_window_around_another_holds_it_and_its_middle(
    aspect: tuple[int, int], inner: tuple[int, int, int, int]
) -> None:
    within, outer = Window(*inner), around(Window(*inner), *aspect)
    assert _holds(outer, within)
    assert outer.height == within.height or outer.width == within.width
    assert outer.height * aspect[1] == pytest.approx(outer.width * aspect[0], abs=max(aspect))
    assert abs(2 * (outer.top - within.top) + outer.height - within.height) <= 1
    assert abs(2 * (outer.left - within.left) + outer.width - within.width) <= 1


def _holds(outer: Window, inner: Window) -> bool:
    return (
        outer.top <= inner.top
        and outer.left <= inner.left
        and outer.top + outer.height >= inner.top + inner.height
        and outer.left + outer.width >= inner.left + inner.width
    )


def test_window_that_misses_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="misses"):
        see(_ramp(10, 10), Window(20, 0, 5, 5), 16, 16)


@pytest.mark.parametrize("window", [Window(0, 0, 200, 400), Window(40, 60, 120, 160)])
def test_what_was_seen_is_laid_back_in_place(window: Window) -> None:
    picture = _ramp(200, 400)
    tile = see(picture, window, window.height // 2, window.width // 2)[..., 1] / np.float32(255)
    back = lay(tile.astype(np.float32), window, picture, 100, 200)
    truth = picture.rgb(100, 200)[..., 1] / 255
    inner = np.s_[window.top // 2 + 2 : (window.top + window.height) // 2 - 2,
                  window.left // 2 + 2 : (window.left + window.width) // 2 - 2]  # fmt: skip
    assert np.abs(back[inner] - truth[inner]).max() < 0.01


def test_outside_the_window_is_zero() -> None:
    picture = _ramp(200, 400)
    back = lay(np.ones((32, 32), np.float32), Window(50, 100, 100, 100), picture, 200, 400)
    assert back[100, 150] == 1
    assert back[:48].max() == back[152:].max() == back[:, :98].max() == back[:, 202:].max() == 0


@pytest.mark.parametrize("tile", [(16, 16), (32, 64), (288, 512)])
@pytest.mark.parametrize("size", [(1, 1), (37, 91), (200, 400)])
@pytest.mark.parametrize("beyond", [0, 7])
def test_what_the_frame_cuts_does_not_fade(
    size: tuple[int, int], tile: tuple[int, int], beyond: int
) -> None:
    picture = Frame.from_rgb(np.zeros((*size, 3), np.uint8))
    window = Window(-beyond, -beyond, size[0] + 2 * beyond, size[1] + 2 * beyond)
    back = lay(np.ones(tile, np.float32), window, picture, -(-size[0] // 2), -(-size[1] // 2))
    assert (back == 1).all()


@pytest.mark.parametrize(
    "height, width", [(1, 1), (720, 1280), (1920, 1080), (997, 331), (20, 900)]
)
def test_tile_size_fits_the_nets_and_keeps_the_aspect(height: int, width: int) -> None:
    tall, wide = tile_size(Window(0, 0, height, width), 65536)
    assert tall % 16 == wide % 16 == 0
    assert tall >= 16 <= wide
    if 1 / 3 < height / width < 3:
        assert abs(tall / wide / (height / width) - 1) < 0.04
        assert 0.8 < tall * wide / 65536 < 1.25


@pytest.mark.parametrize("size", [(1, 1), (37, 91), (1080, 1920)])
def test_a_window_around_the_whole_picture_holds_it(size: tuple[int, int]) -> None:
    picture = Frame.from_rgb(np.zeros((*size, 3), np.uint8))
    assert whole(picture) == Window(0, 0, *size)
    assert _holds(around(whole(picture), 144, 256), whole(picture))


def test_of_a_window_beside_the_picture_nothing_is_laid() -> None:
    for window in (Window(-300, 0, 200, 400), Window(0, 500, 200, 400)):
        assert not lay(np.ones((50, 100), np.float32), window, _ramp(200, 400), 100, 200).any()
