"""What leaves and when, on a clock of the test's own."""

import numpy as np
import pytest

from stream.frame import Frame
from stream.live.director import STALL, Director, Ready, Send, Signs, Wait

PICTURE = Frame.from_rgb(np.zeros((4, 4, 3), np.uint8))
RATE = 30.0
WELL = Signs(camera_silent=0.0)


def ready(number: int, at: float = 0.0) -> Ready:
    return Ready(PICTURE, at, number)


def test_before_the_first_picture_slates_keep_the_rate() -> None:
    director, now, sent = Director(RATE), 0.0, 0
    while now < 1:
        decision = director.decide(now, None, Signs())
        if isinstance(decision, Send):
            assert decision.state == "starting"
            assert decision.ready is None
            sent += 1
        else:
            now += max(decision.seconds, 1e-6)
    assert 29 <= sent <= 31


def test_a_new_picture_leaves_at_once_and_only_once_as_new() -> None:
    director = Director(RATE)
    first = director.decide(10.0, ready(1), WELL)
    assert isinstance(first, Send)
    assert first.is_new
    assert first.ready is not None
    then = director.decide(10.001, ready(1), WELL)
    assert isinstance(then, Wait)
    assert 0 < then.seconds < 2 / RATE
    second = director.decide(10.002, ready(2), WELL)
    assert isinstance(second, Send)
    assert second.is_new


def test_the_last_picture_fills_a_gap() -> None:
    director = Director(RATE)
    director.decide(0.0, ready(1), WELL)
    again = director.decide(1.9 / RATE, ready(1), WELL)
    assert isinstance(again, Send)
    assert not again.is_new
    assert again.ready is not None
    assert again.ready.number == 1


@pytest.mark.parametrize(
    ("signs", "state"),
    [
        (Signs(camera_silent=1.0), "camera lost"),
        (Signs(camera_silent=0.1), "no matte"),
        (Signs(camera_silent=0.1, trouble="the matte failed"), "no matte"),
        (Signs(private=True, camera_silent=0.0), "private"),
    ],
)
def test_a_picture_too_old_stands_no_longer(signs: Signs, state: str) -> None:
    director = Director(RATE)
    director.decide(0.0, ready(1), WELL)
    decision = director.decide(STALL + 0.01, ready(1), signs)
    assert isinstance(decision, Send)
    assert decision.state == state
    assert decision.ready is None


def test_privacy_is_a_slate_at_once_even_with_a_new_picture() -> None:
    director = Director(RATE)
    director.decide(0.0, ready(1), WELL)
    decision = director.decide(0.001, ready(2), Signs(private=True, camera_silent=0.0))
    assert isinstance(decision, Send)
    assert decision.state == "private"
    assert decision.ready is None


def test_pictures_come_back_by_themselves() -> None:
    director = Director(RATE)
    director.decide(0.0, ready(1), WELL)
    director.decide(2.0, ready(1), Signs(camera_silent=2.0))
    decision = director.decide(2.01, ready(2), WELL)
    assert isinstance(decision, Send)
    assert decision.state == "live"
    assert decision.is_new


def test_waits_never_reach_past_the_moment_a_picture_grows_too_old() -> None:
    director = Director(5.0)
    director.decide(0.0, ready(1), WELL)
    director.decide(0.45, ready(1), WELL)
    decision = director.decide(0.46, ready(1), WELL)
    assert isinstance(decision, Wait)
    assert decision.seconds <= STALL - 0.46 + 1e-9


def test_a_camera_that_came_back_is_given_time_for_its_first_matte() -> None:
    director = Director(RATE)
    director.decide(0.0, ready(1), WELL)
    states = []
    for now, silent in ((2.0, 2.0), (2.1, 0.05), (2.5, 0.01), (2.7, 0.01)):
        decision = director.decide(now, ready(1), Signs(camera_silent=silent))
        assert isinstance(decision, Send)
        states.append(decision.state)
    assert states == ["camera lost", "camera lost", "camera lost", "no matte"]


def test_a_slow_rate_is_no_lost_camera() -> None:
    director, states = Director(1.0), set()
    for tenth in range(100):
        now = tenth / 10
        seen = ready(int(now) + 1, now)
        decision = director.decide(now, seen, Signs(camera_silent=now % 1))
        if isinstance(decision, Send):
            states.add(decision.state)
    assert states == {"live"}
