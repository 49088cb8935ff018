"""Looks of pass 1 that run beside other work, and what they saw followed to other pictures."""

import threading

import pytest

from models import beside, following
from models.following import FollowingSegmenter
from stream.live.normal import live_frame
from tests.following_eye import DT, Eye, other_subject
from tests.moved import off, picture_of, truth


@pytest.fixture
def eye() -> Eye:
    return Eye()


@pytest.fixture
def nothing_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (following, beside):
        monkeypatch.setattr(place, "are_ranks", lambda: False)


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
    moved = eye.picture(200, subject=other_subject())
    assert off(segmenter(moved, DT), 200) == 0
    assert eye.seen[-1] == (200, pytest.approx(DT))
    assert eye.threads == {threading.current_thread().name}


def test_motion_that_is_lost_over_many_pictures_makes_the_next_look_come_earlier(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye)
    segmenter.every = 9
    for number in range(3):
        segmenter(eye.picture(40), DT if number else None)
    segmenter(eye.picture(200, subject=other_subject()), DT)
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
    subject = other_subject()
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


@pytest.mark.usefixtures("nothing_comes_last")
def test_where_nothing_comes_last_looks_are_waited_for(eye: Eye) -> None:
    segmenter = FollowingSegmenter(eye, eye.glance, eye.glimpse)
    segmenter.every = 4
    segmenter(eye.picture(40), None)
    moved = [eye.picture(left, subject=other_subject()) for left in (200, 120)]
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


@pytest.mark.usefixtures("nothing_comes_last")
def test_looks_that_are_waited_for_come_no_closer(eye: Eye) -> None:
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
