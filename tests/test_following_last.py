"""Looks of pass 1 that come after all that wants a core: nobody waits for them."""

from collections.abc import Callable

import pytest

from kernels.types import Alpha
from models import following
from models.beside import Beside, Rank
from models.detail import DETAILS
from models.following import FollowingSegmenter
from tests.following_eye import DT, Eye, other_subject
from tests.moved import off


@pytest.fixture
def eye() -> Eye:
    return Eye()


@pytest.fixture
def looks_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "are_ranks", lambda: True)
    monkeypatch.setattr(following, "Beside", Last)


@pytest.fixture
def last(eye: Eye, looks_come_last: None) -> FollowingSegmenter:
    """One whose looks come last, at each fourth picture; they begin once eye.gate is open."""
    segmenter = FollowingSegmenter(eye, eye.glance, eye.glimpse)
    segmenter.every = 4
    return segmenter


class Last(Beside[tuple[Alpha, float]]):
    """Says that it comes last, also where nothing does."""

    def __init__(
        self, name: str, compute: Callable[[], tuple[Alpha, float]], rank: Rank = "equal"
    ) -> None:
        assert rank == "last"
        super().__init__(name, compute, "equal")
        self.rank = rank


def _begin_look(segmenter: FollowingSegmenter, eye: Eye) -> None:
    """Have a look run that does not end: at the second picture, after a glance at the first."""
    segmenter(eye.picture(40), None)
    eye.gate.clear()
    segmenter(eye.picture(41), DT)
    assert segmenter._looking is not None


def _open(segmenter: FollowingSegmenter, eye: Eye) -> None:
    """Let the look that waits go on, and wait for it, but do not heed it yet."""
    looking = segmenter._looking
    assert looking is not None
    eye.gate.set()
    looking.beside.join()


def test_a_glimpse_does_while_a_look_runs_that_comes_last(
    eye: Eye, last: FollowingSegmenter
) -> None:
    _begin_look(last, eye)
    moved = other_subject()
    for left in (200, 201):
        assert off(last(eye.picture(left, subject=moved), DT), left) < 0.05
    [(left, given, remembers)] = eye.glimpses  # the second picture is followed from the glimpse
    assert (left, given is None, remembers) == (200, False, True)
    # The look is older than the glimpse; what cannot be followed from it is from the glimpse.
    _open(last, eye)
    assert off(last(eye.picture(202, subject=moved), DT), 202) < 0.05
    assert len(eye.glimpses) == 1
    assert [left for left, _ in eye.seen if left >= 0] == [40, 41]


def test_motion_that_is_lost_is_a_glimpse_and_then_a_look(
    eye: Eye, last: FollowingSegmenter
) -> None:
    for number in range(3):
        last(eye.picture(40), DT if number else None)
        last.settle()
    assert off(last(eye.picture(200, subject=other_subject()), DT), 200) == 0
    last.settle()
    assert [left for left, *_ in eye.glimpses] == [200]
    assert eye.seen[-1] == (200, pytest.approx(2 * DT))


def test_a_look_that_takes_too_long_is_stood_in_for_and_not_heeded(
    eye: Eye, last: FollowingSegmenter
) -> None:
    last(eye.picture(40), None)
    eye.gate.clear()
    lefts = range(41, 62)
    pictures = {left: eye.picture(left) for left in lefts}
    for left in lefts:
        assert off(last(pictures[left], DT), left) < 0.05
    # A quarter of a second after the look began, and after each glimpse.
    assert [left for left, *_ in eye.glimpses] == [48, 55]
    eye.places[id(pictures[41].planes[0])] = 200  # what it says is old by now
    _open(last, eye)
    assert off(last(eye.picture(62), DT), 62) < 0.05


def test_a_shot_that_begins_while_a_look_does_not_end_is_glimpsed_at(
    eye: Eye, last: FollowingSegmenter
) -> None:
    _begin_look(last, eye)
    for left in range(200, 209):
        assert off(last(eye.picture(left), DT if left > 200 else None), left) < 0.05
    # At once, and after a quarter of a second; nothing that looks left is of this shot.
    assert [(left, remembers) for left, _, remembers in eye.glimpses] == [
        (200, False),
        (207, False),
    ]
    assert eye.glimpses[0][1] is None
    _open(last, eye)
    last(eye.picture(209), DT)
    last.settle()
    # Nor is the shot before known when the first look at this one begins.
    assert eye.seen[-3:] == [(41, pytest.approx(DT)), (-1, None), (209, None)]


def test_a_look_that_ends_soon_is_waited_for_before_a_new_shot(
    eye: Eye, last: FollowingSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_PATIENCE", 20.0)
    last(eye.picture(40), None)
    last(eye.picture(41), DT)
    assert off(last(eye.picture(200), None), 200) == 0
    assert eye.seen[-2:] == [(-1, None), (200, None)]
    assert not eye.glimpses


def test_pictures_far_apart_are_glimpsed_at_while_a_look_runs(
    eye: Eye, last: FollowingSegmenter
) -> None:
    _begin_look(last, eye)
    assert off(last(eye.picture(200), 0.2), 200) == 0
    assert [left for left, *_ in eye.glimpses] == [200]
    eye.gate.set()


@pytest.mark.usefixtures("looks_come_last")
def test_looks_that_nobody_waits_for_come_as_close_as_they_would_be_over_in_time(
    eye: Eye, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_timed", lambda look, picture, dt: (look(picture, dt), DT / 3))
    details: list[float] = []
    segmenter = FollowingSegmenter(eye, eye.glance, eye.glimpse, details.append)
    segmenter.detail = 1.5
    segmenter(eye.picture(40), None)
    assert details == [1.5]  # here and now
    segmenter.every = 2
    for _ in range(60):
        segmenter(eye.picture(40), DT)
        segmenter.settle()
    assert details[1] == 1
    assert details[1:] == sorted(details[1:])
    assert details[-1] == DETAILS[-1]
    # Pictures wait for what is looked at here and now; glances say nothing of looks.
    segmenter(eye.picture(40), None)
    assert details[-1] == 1
    segmenter.brief = True
    for _ in range(3):
        segmenter(eye.picture(40), DT)
        segmenter.settle()
    assert details[-2:] == [1, 1]
