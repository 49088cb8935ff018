"""Pass 1's own net with its committed weights, through the door that every segmenter has."""

from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest

from kernels.types import Alpha, Rgb
from models import person_segmenter
from models.person_segmenter import PersonSegmenter
from models.segmenter import QUALITIES, coarse_size, open_segmenter
from models.window import Window, see
from stream.frame import Frame
from tests.conftest import SHARED

STILL = SHARED / "stills" / "twilio_person.jpg"
ROOMS = SHARED / "backgrounds"


def _frame(path: Path) -> Frame:
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        pytest.skip(f"no {path}")
    return Frame.from_rgb(np.ascontiguousarray(read[..., ::-1], np.uint8))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("size", [(16, 16), (37, 91), (40, 1200), (1200, 40), (361, 640)])
def test_pictures_of_any_size_have_an_alpha(size: tuple[int, int], quality: str) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (*size, 3), np.uint8)
    alpha = open_segmenter("hairline", quality)(Frame.from_rgb(np.asarray(rgb, np.uint8)), None)
    assert alpha.shape == coarse_size(*size)
    assert 0 <= alpha.min() <= alpha.max() <= 1


def test_a_person_is_found_and_stays_found() -> None:
    frame, segmenter = _frame(STILL), open_segmenter("hairline", "balanced")
    other = open_segmenter("selfie", "best")(frame, None) > 0.5
    for dt in (None, 0.04, 0.04, 0.04):
        alpha = segmenter(frame, dt)
        own = cv2.resize(alpha, other.shape[::-1]) > 0.5
        assert (own & other).sum() > 0.9 * (own | other).sum()


@pytest.mark.parametrize("quality", QUALITIES)
def test_rooms_and_landscapes_are_empty(quality: str) -> None:
    """Trees in snow and rocks are people to the net alone."""
    paths = sorted(ROOMS.glob("*.jpg")) + sorted(ROOMS.glob("*.png"))
    if not paths:
        pytest.skip(f"no pictures in {ROOMS}")
    segmenter = open_segmenter("hairline", quality)
    for path in paths:
        frame = _frame(path)
        for dt in (None, 0.04, 0.04):
            alpha = segmenter(frame, dt)
        assert (alpha > 0.5).mean() <= 0.001, path.name


def test_a_shot_begins_without_memory_of_another() -> None:
    frame, segmenter = _frame(STILL), open_segmenter("hairline", "balanced")
    first = segmenter(frame, None).copy()
    dark = Frame.from_rgb(np.zeros((frame.height, frame.width, 3), np.uint8))
    segmenter(dark, 0.04)
    np.testing.assert_array_equal(segmenter(frame, None), first)


def test_a_look_is_no_finer_than_what_it_shows_merits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a person fills the picture, looks near grow with it up to what the quality allows."""
    frame, looked = _frame(STILL), []

    def noted(picture: Frame, window: Window, height: int, width: int) -> Rgb:
        looked.append((window, height * width))
        return see(picture, window, height, width)

    monkeypatch.setattr(person_segmenter, "see", noted)
    for lines in (96, 180, 360, 720):
        rgb = frame.rgb(lines, round(lines * frame.width / frame.height / 2) * 2)
        open_segmenter("hairline", "balanced")(Frame.from_rgb(np.ascontiguousarray(rgb)), None)
    areas = [area for _, area in looked]
    assert areas == sorted(areas)
    assert areas[-1] > 4 * areas[0]
    for window, area in looked:
        assert area < max(0.7 * window.height * window.width, 80**2)


def test_deep_inside_nothing_shines_through_and_elsewhere_all_stays() -> None:
    alpha = np.zeros((120, 160), np.float32)
    alpha[20:, 40:120] = 0.7
    alpha[60:80, 70:90] = 0.2  # between an arm and the body
    found = person_segmenter.decided(alpha)
    assert found[40, 80] == 1
    assert found[100, 60] == 1
    near = np.s_[20:28, 40:120]
    np.testing.assert_array_equal(found[near], alpha[near])
    np.testing.assert_array_equal(found[alpha < 0.5], alpha[alpha < 0.5])
    assert (
        np.ones((8, 8), np.float32) == person_segmenter.decided(np.ones((8, 8), np.float32))
    ).all()
    assert not person_segmenter.decided(np.zeros((8, 8), np.float32)).any()


def test_a_ghost_beside_a_subject_goes_and_hair_around_it_stays() -> None:
    alpha = np.zeros((100, 160), np.float32)
    alpha[20:, 60:100] = 1
    alpha[20:, 50:60] = 0.4  # ten pixels of hair
    alpha[60:, :40] = 0.4  # the back of a chair
    found = person_segmenter.decided(alpha)
    np.testing.assert_array_equal(found[:, 50:], alpha[:, 50:])
    assert not found[:, :40].any()
    faint = np.full((40, 40), 0.4, np.float32)
    assert not person_segmenter.decided(faint).any()


def test_a_ghost_that_would_pass_for_somebody_goes_where_another_is_sure() -> None:
    alpha = np.zeros((100, 160), np.float32)
    alpha[20:, 60:100] = 1
    alpha[20:, 58:60] = 0.05  # hair
    alpha[30:60, 110:140], alpha[40:42, 100:110] = 0.8, 0.2  # something held, and what holds it
    alpha[70:, :40] = 0.8  # a chair that the look cuts off
    found = person_segmenter.decided(alpha)
    np.testing.assert_array_equal(found[20:, 58:68], alpha[20:, 58:68])
    assert found[30:60, 110:140].min() >= np.float32(0.8)
    assert not found[:, :40].any()
    alpha[:, 60:100] = 0
    np.testing.assert_array_equal(person_segmenter.decided(alpha)[99, 19:21], 1)


def test_a_glance_takes_in_a_third_of_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, segmenter, areas = _frame(STILL), PersonSegmenter("fast", patient=False), list[int]()

    def noted(picture: Frame, window: Window, height: int, width: int) -> Rgb:
        areas.append(height * width)
        return see(picture, window, height, width)

    monkeypatch.setattr(person_segmenter, "see", noted)
    for look in (segmenter, segmenter.glance, segmenter):
        look(frame, None)
    assert 0.25 < areas[1] / areas[0] < 0.4
    assert areas[2] == areas[0]
    segmenter.set_detail(0.5)
    segmenter(frame, None)
    assert 0.4 < areas[3] / areas[0] < 0.6
    segmenter.glimpse(frame, None, True)
    segmenter.set_detail(1.0)
    segmenter.glimpse(frame, None, True)
    assert areas[-1] == areas[-2]


def test_a_glimpse_finds_who_is_known_and_whom_nobody_knows_yet() -> None:
    frame, segmenter = _frame(STILL), PersonSegmenter("fast", patient=False)
    alpha = segmenter(frame, None)
    for last in (alpha, None, alpha[::2], np.zeros_like(alpha)):
        for remembers in (True, False):
            glimpse = segmenter.glimpse(frame, last, remembers)
            assert glimpse.shape == alpha.shape
            both, either = (glimpse > 0.5) & (alpha > 0.5), (glimpse > 0.5) | (alpha > 0.5)
            assert both.sum() > 0.95 * either.sum()


def test_glimpses_wait_for_nobody_who_looks() -> None:
    """Whoever holds a net's memory may have to wait for a core for many seconds."""
    frame, segmenter = _frame(STILL), PersonSegmenter("fast", patient=False)
    alpha = segmenter(frame, None)
    held = [*segmenter._net._sizes._sized.values(), *segmenter._other._sizes._sized.values()]
    found = list[Alpha]()

    def glimpse() -> None:
        found.extend(segmenter.glimpse(frame, last, True) for last in (alpha, None))

    with ExitStack() as stack:
        for each in held:
            stack.enter_context(each.running)
        thread = Thread(target=glimpse, daemon=True)
        thread.start()
        thread.join(60)
        assert len(found) == 2
    assert held


def test_glimpses_recall_nothing_of_another_shot() -> None:
    frame, segmenter = _frame(STILL), PersonSegmenter("fast", patient=False)
    alpha = segmenter(frame, None)
    new = PersonSegmenter("fast", patient=False).glimpse(frame, alpha, True)
    assert np.abs(new - segmenter.glimpse(frame, alpha, True)).max() > 0.01
    np.testing.assert_array_equal(new, segmenter.glimpse(frame, alpha, False))


def test_glimpses_change_nothing_of_what_is_remembered() -> None:
    frame = _frame(STILL)
    first, second = (PersonSegmenter("fast", patient=False) for _ in range(2))
    for number in range(4):
        alpha = first(frame, 0.04 if number else None)
        np.testing.assert_array_equal(alpha, second(frame, 0.04 if number else None))
        second.glimpse(frame, alpha if number % 2 else None, True)
