"""Looks of pass 1 that run beside other work, and what they saw followed to other pictures."""

import threading
from collections.abc import Callable

import pytest

from kernels.types import Alpha, Plane
from models import beside, following
from models.beside import Beside, Rank
from models.detail import DETAILS
from models.following import FollowingSegmenter
from models.picture import Picture
from stream.frame import Frame
from stream.live.normal import live_frame
from tests.moved import SIDE, off, picture_of, texture, truth

DT = 0.04


class Eye:
    """Knows where the subject is, and remembers what it was asked. gate: what it waits for."""

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        self.seen: list[tuple[int, float | None]] = []
        self.glances: list[int] = []
        self.glimpses: list[tuple[int, Alpha | None, bool]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()
        self.error: Exception | None = None

    def picture(self, left: int, **more: Plane) -> Frame:
        frame = picture_of(left, **more)
        self.places[id(frame.planes[0])] = left
        return frame

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        assert self.gate.wait(20)
        self.threads.add(threading.current_thread().name)
        left = self.places[id(picture.planes[0])]
        self.seen.append((left, dt))
        if self.error is not None:
            raise self.error
        return truth(left)

    def glance(self, picture: Picture, dt: float | None) -> Alpha:
        self.glances.append(len(self.seen))
        return self(picture, dt)

    def glimpse(self, picture: Picture, last: Alpha | None, remembers: bool) -> Alpha:
        left = self.places[id(picture.planes[0])]
        self.glimpses.append((left, last, remembers))
        return truth(left)

    def reset(self) -> None:
        self.seen.append((-1, None))


@pytest.fixture
def eye() -> Eye:
    return Eye()


def _other_subject() -> Plane:
    """One whose motion cannot be followed."""
    return texture(SIDE, SIDE, 130, 235)


def test_what_moves_is_followed_between_looks(eye: Eye) -> None:
    segmenter, lefts = FollowingSegmenter(eye), range(40, 72, 2)
    segmenter.every = 4
    pictures = [eye.picture(left) for left in lefts]
    for number, (left, picture) in enumerate(zip(lefts, pictures, strict=True)):
        found = segmenter(picture, DT if number else None)
        assert off(found, left) < 0.05, number
        segmenter.settle()
    looked = [left for left, _ in eye.seen if left >= 0]
    assert looked == list(lefts)[::4]
    # What a look saw and nobody followed is far off four pictures later.
    assert off(truth(lefts[0]), lefts[3]) > 0.1


def test_looks_run_beside_and_know_how_long_ago_the_last_one_was(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 2
    for number in range(7):
        segmenter(eye.picture(40 + number), DT if number else None)
        segmenter.settle()
    assert [dt for left, dt in eye.seen if left >= 0] == [None, *[pytest.approx(2 * DT)] * 3]
    assert eye.threads == {threading.current_thread().name, "look"}


def test_a_look_that_takes_long_holds_nobody_up_for_a_while(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 1
    pictures = [eye.picture(40 + number) for number in range(9)]
    segmenter(pictures[0], None)
    eye.gate.clear()
    for number in range(1, 7):
        assert off(segmenter(pictures[number], DT), 40 + number) < 0.05
    assert [left for left, _ in eye.seen if left >= 0] == [40]
    # A quarter of a second later it is waited for.
    opening = threading.Timer(0.05, eye.gate.set)
    opening.start()
    segmenter(pictures[7], 2 * DT)
    opening.join()
    assert (41, pytest.approx(DT)) in eye.seen
    segmenter.settle()


@pytest.mark.parametrize("glances", [False, True])
def test_a_picture_without_known_motion_is_looked_at_here_and_now(eye: Eye, glances: bool) -> None:
    segmenter = FollowingSegmenter(eye, eye.glance if glances else None)
    segmenter.every = 4
    segmenter(eye.picture(40), None)
    moved = eye.picture(200, subject=_other_subject())
    assert off(segmenter(moved, DT), 200) == 0
    assert eye.seen[-1] == (200, pytest.approx(DT))
    assert eye.threads == {threading.current_thread().name}


def test_motion_that_is_lost_over_many_pictures_makes_the_next_look_come_earlier(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 9
    for number in range(3):
        segmenter(eye.picture(40), DT if number else None)
    segmenter(eye.picture(200, subject=_other_subject()), DT)
    segmenter.settle()
    assert eye.seen[-1] == (200, pytest.approx(3 * DT))
    assert eye.threads == {threading.current_thread().name, "look"}


def test_pictures_far_apart_are_each_glanced_at(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye, eye.glance)
    segmenter.every = 4
    for number in range(4):
        assert off(segmenter(eye.picture(40 + number), 0.2 if number else None), 40 + number) == 0
    assert eye.glances == [1, 2, 3, 4]  # after one reset
    assert len(eye.seen) == 5


def test_a_glance_is_followed_by_a_look_as_soon_as_there_is_time(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye, eye.glance)
    segmenter.every = 4
    for number in range(4):
        segmenter(eye.picture(40 + number), DT if number else None)
        segmenter.settle()
    assert [left for left, _ in eye.seen if left >= 0] == [40, 41]
    assert eye.glances == [1]


def test_looks_come_often_in_time_too(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 9
    for number in range(4):
        segmenter(eye.picture(40 + number), 0.1 if number else None)
        segmenter.settle()
    assert [left for left, _ in eye.seen if left >= 0] == [40, 42]


def test_motion_lost_while_a_look_runs_is_sought_from_there(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 1
    subject = _other_subject()
    segmenter(eye.picture(40), None)
    moved = [eye.picture(left, subject=subject) for left in (200, 202)]
    segmenter.every = 9
    segmenter(eye.picture(40), DT)
    segmenter(eye.picture(40), DT)
    eye.gate.clear()
    segmenter(moved[0], DT)  # begins a look
    opening = threading.Timer(0.05, eye.gate.set)
    opening.start()
    assert off(segmenter(moved[1], DT), 202) < 0.05
    opening.join()
    assert eye.seen[-1] == (200, pytest.approx(3 * DT))


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
    moved = _other_subject()
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
    assert off(last(eye.picture(200, subject=_other_subject()), DT), 200) == 0
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


def test_where_nothing_comes_last_looks_are_waited_for(
    eye: Eye, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (following, beside):
        monkeypatch.setattr(place, "are_ranks", lambda: False)
    segmenter = FollowingSegmenter(eye, eye.glance, eye.glimpse)
    segmenter.every = 4
    segmenter(eye.picture(40), None)
    moved = [eye.picture(left, subject=_other_subject()) for left in (200, 120)]
    assert off(segmenter(moved[0], DT), 200) == 0  # a look here and now
    segmenter(eye.picture(201), DT)
    eye.gate.clear()
    segmenter(eye.picture(202), DT)
    segmenter(eye.picture(203), DT)
    opening = threading.Timer(0.05, eye.gate.set)
    opening.start()
    segmenter.every = 0
    assert off(segmenter(moved[1], DT), 120) == 0
    opening.join()
    assert [left for left, _ in eye.seen if left >= 0][:2] == [40, 200]
    assert eye.seen[-1][0] == 120
    assert not eye.glimpses


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
    segmenter.brief = True
    for _ in range(3):
        segmenter(eye.picture(40), DT)
        segmenter.settle()
    assert details[-2:] == [1, 1]


def test_looks_that_are_waited_for_come_no_closer(
    eye: Eye, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (following, beside):
        monkeypatch.setattr(place, "are_ranks", lambda: False)
    details: list[float] = []
    segmenter = FollowingSegmenter(eye, eye.glance, eye.glimpse, details.append)
    segmenter.every = 2
    for number in range(60):
        segmenter(eye.picture(40), DT if number else None)
        segmenter.settle()
    assert {*details} == {1}


def test_glances_may_run_beside_as_well(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye, eye.glance)
    segmenter.every, segmenter.brief = 2, True
    for number in range(5):
        segmenter(eye.picture(40 + number), DT if number else None)
        segmenter.settle()
    assert [left for left, _ in eye.seen if left >= 0] == [40, 42, 44]
    assert len(eye.glances) == 3


@pytest.mark.parametrize("every", [0, 2, 3])
def test_where_nothing_runs_beside_each_picture_is_looked_at(
    eye: Eye, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if every:
        monkeypatch.setattr(following, "may_be_shared", lambda: False)
    segmenter = FollowingSegmenter(eye, eye.glance)
    segmenter.every = every
    for number in range(4):
        assert off(segmenter(eye.picture(60 + number), DT if number else None), 60 + number) == 0
    assert [dt for left, dt in eye.seen if left >= 0] == [None, *[pytest.approx(DT)] * 3]
    assert len(eye.glances) == (4 if every > 2 else 0)


def test_it_goes_over_from_looks_beside_to_looks_at_each_picture_and_back(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    for number, every in enumerate((2, 2, 2, 0, 0, 2, 2, 2)):
        segmenter.every = every
        found = segmenter(eye.picture(40 + 3 * number), DT if number else None)
        assert off(found, 40 + 3 * number) < 0.05
    segmenter.settle()
    times = [dt for left, dt in eye.seen[1:] if dt is not None]
    assert sum(times) == pytest.approx(7 * DT)


def test_a_new_shot_is_looked_at_and_nothing_of_the_old_one_stays(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 1
    pictures = [eye.picture(left) for left in (40, 41, 200)]
    segmenter(pictures[0], None)
    segmenter(pictures[1], DT)  # which begins a look
    assert off(segmenter(pictures[2], None), 200) == 0
    assert eye.seen[-2:] == [(-1, None), (200, None)]


def test_a_look_that_failed_is_told_once(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 1
    segmenter(eye.picture(40), None)
    eye.error = ArithmeticError("no such number")
    segmenter(eye.picture(41), DT)
    with pytest.raises(RuntimeError, match="look"):
        segmenter.settle()
    eye.error = None
    segmenter.reset()
    assert off(segmenter(eye.picture(42), None), 42) == 0


def test_a_size_that_changes_within_a_shot_is_looked_at(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 4
    segmenter(eye.picture(40), None)
    small = live_frame(tuple(plane[: len(plane) // 2] for plane in picture_of(40).planes), 0)
    eye.places[id(small.planes[0])] = 40
    segmenter(small, DT)
    assert eye.seen[-1] == (40, pytest.approx(DT))
