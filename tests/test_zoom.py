"""When pass 1 looks at the whole frame, and when near, with made-up nets."""

import threading

import numpy as np
import pytest

from kernels.types import Alpha, Rgb
from models.picture import Picture
from models.window import Window
from models.zoom import Zoom
from stream.frame import Frame

HEIGHT, WIDTH = 288, 512
FIND_EVERY, DT = 0.2, 0.1
"""A look counts for the picture after it, so that one is due at each."""


class Nets:
    """Finds what is red, and counts how often it is asked; `near` may be told to add to it."""

    def __init__(self) -> None:
        self.far_looks = self.near_looks = 0
        self.extra = np.zeros((HEIGHT, WIDTH), np.float32)

    def far(self, rgb: Rgb) -> Alpha:
        self.far_looks += 1
        return self._red(rgb)

    def near(self, picture: Picture, window: Window) -> Alpha:
        self.near_looks += 1
        top, left, height, width = window
        rows, columns = slice(top, top + height), slice(left, left + width)
        red = self._red(picture.rgb(HEIGHT, WIDTH))
        return np.maximum(red, self.extra)[rows, columns]

    @staticmethod
    def _red(rgb: Rgb) -> Alpha:
        return ((rgb[..., 0] > 150) & (rgb[..., 1] < 100)).astype(np.float32)


@pytest.fixture
def nets() -> Nets:
    return Nets()


@pytest.fixture
def zoom(nets: Nets) -> Zoom:
    return Zoom([nets.far], HEIGHT * WIDTH // 4, nets.near, FIND_EVERY)


def picture(left: int = 200, lamp: int = 0, speckle: int = 0) -> Frame:
    """Somebody 80 wide from column `left`, and a lamp in the corner as bright as said."""
    rgb = np.full((HEIGHT, WIDTH, 3), 80, np.uint8)
    rgb[100:260, left : left + 80] = (220, 20, 20)
    rgb[10:40, 460:500] += np.uint8(lamp)
    if speckle:
        random = np.random.default_rng(speckle)
        rgb = np.clip(rgb + random.normal(0, 3, rgb.shape), 0, 255).astype(np.uint8)
    return Frame.from_rgb(rgb)


def test_a_speck_at_the_edge_of_a_box_is_not_looked_into(zoom: Zoom, nets: Nets) -> None:
    zoom(picture(), None)
    nets.far_looks = nets.near_looks = 0
    nets.extra[270:274] = 1
    zoom(picture(), DT)
    assert (nets.far_looks, nets.near_looks) == (0, 1)


def test_a_subject_that_touches_its_box_is_looked_for_again(zoom: Zoom, nets: Nets) -> None:
    zoom(picture(), None)
    nets.far_looks = nets.near_looks = 0
    nets.extra[150:154] = 1
    zoom(picture(), DT)
    assert (nets.far_looks, nets.near_looks) == (1, 2)


def test_still_surroundings_put_looks_off(zoom: Zoom, nets: Nets) -> None:
    zoom(picture(speckle=1), None)
    for number in range(1, 60):
        # Who is known may move.
        zoom(picture(left=200 + number % 3, speckle=1 + number), DT)
    assert 10 <= nets.far_looks <= 13
    assert nets.near_looks == 60


def test_a_change_beside_the_subject_is_looked_at_when_a_look_is_due(
    zoom: Zoom, nets: Nets
) -> None:
    zoom(picture(), None)
    for _ in range(4):
        zoom(picture(), DT)
    nets.far_looks = 0
    for _ in range(3):
        zoom(picture(lamp=60), DT)
    assert nets.far_looks == 1


def test_restless_surroundings_are_looked_at_as_often_as_was_asked(zoom: Zoom, nets: Nets) -> None:
    zoom(picture(), None)
    for number in range(40):
        zoom(picture(lamp=30 + 60 * (number // 2 % 2)), DT)
    assert 18 <= nets.far_looks <= 22


def test_somebody_who_comes_in_is_found(zoom: Zoom) -> None:
    for number in range(10):
        zoom(picture(), DT if number else None)
    rgb = picture().rgb(HEIGHT, WIDTH).copy()
    rgb[60:280, 400:480] = (220, 20, 20)
    for _ in range(4):
        alpha = zoom(Frame.from_rgb(rgb), DT)
    assert alpha[200, 440] > 0.5


def test_who_cannot_wait_looks_near_alone_at_a_subject_that_leaves_its_box(nets: Nets) -> None:
    zoom = Zoom([nets.far], HEIGHT * WIDTH // 4, nets.near, FIND_EVERY, patient=False)
    zoom(picture(), None)
    nets.far_looks = nets.near_looks = 0
    nets.extra[150:154] = 1
    zoom(picture(), DT / 10)
    assert (nets.far_looks, nets.near_looks) == (0, 2)


@pytest.mark.parametrize("beside", [True, False])
def test_who_cannot_wait_has_nets_look_far_one_beside_each_picture(
    nets: Nets, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a thread of their own, where kernels may run in several."""
    monkeypatch.setattr("models.search.may_be_shared", lambda: beside)
    asked, threads = list[int](), set[int]()

    def other(rgb: Rgb) -> Alpha:
        asked.append(nets.far_looks)
        threads.add(threading.get_ident())
        return nets.far(rgb)

    zoom = Zoom([nets.far, other], HEIGHT * WIDTH // 4, nets.near, FIND_EVERY, patient=False)
    zoom(picture(), None)
    assert (asked, nets.far_looks) == ([1], 2)
    rgb = picture().rgb(HEIGHT, WIDTH).copy()
    rgb[60:280, 400:480] = (220, 20, 20)
    seen = [zoom(Frame.from_rgb(rgb), DT)[200, 440] > 0.5 for _ in range(6)]
    assert len(asked) == nets.far_looks - len(asked) >= 2
    assert (len(threads) > 1) == beside
    assert not seen[0]
    assert seen[-1]
