"""The camera's thread: the newest picture wins, and a lost camera is sought."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from stream.errors import SourceError
from stream.frame import Frame
from stream.live import capture as capture_room
from stream.live.capture import Capture
from stream.live.feeds import Captured, Feed
from stream.live.normal import Size

PICTURE = Frame.from_rgb(np.zeros((4, 4, 3), np.uint8))


class FakeFeed:
    """Gives what `pictures` does; counts its closings."""

    def __init__(self, pictures: Callable[[], Iterator[Captured]]) -> None:
        self._pictures, self.closed = pictures, 0

    def __iter__(self) -> Iterator[Captured]:
        return self._pictures()

    def close(self) -> None:
        self.closed += 1


def pictures(count: int) -> Iterator[Captured]:
    for _ in range(count):
        yield Captured(PICTURE, time.monotonic())
    raise SourceError("camera: gone")


def camera_threads() -> int:
    return sum(thread.name == "camera" for thread in threading.enumerate())


def waited_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_the_newest_wins_and_what_nobody_took_is_counted() -> None:
    gate = threading.Event()

    def ten() -> Iterator[Captured]:
        yield from (Captured(PICTURE, float(number)) for number in range(10))
        gate.wait()
        raise SourceError("camera: gone")

    capture = Capture(lambda size: FakeFeed(ten), (4, 4))
    assert waited_for(lambda: capture.captured == 10)
    newest = capture.newest(-1, 1)
    assert newest is not None
    assert newest.captured.at == 9
    assert capture.dropped == 9
    assert capture.newest(newest.number, 0.01) is None
    gate.set()
    capture.close()
    assert camera_threads() == 0


def test_a_hundred_unpluggings_leave_no_thread_and_no_open_feed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture_room, "_BACK_OFF", (0.001, 0.002))
    feeds: list[FakeFeed] = []

    def opened(size: Size) -> Feed:
        if len(feeds) % 2:
            feeds.append(FakeFeed(lambda: iter(())))
            raise SourceError("camera: no such camera")
        feeds.append(FakeFeed(lambda: pictures(2)))
        return feeds[-1]

    before = threading.active_count()
    capture = Capture(opened, (4, 4))
    assert waited_for(lambda: len(feeds) >= 200)
    assert threading.active_count() == before + 1
    assert capture.captured >= 198
    assert "camera" in capture.trouble
    capture.close()
    # Each time is told, though nobody looked in between.
    assert set(capture.changed[1::2]) == {"back"}
    assert -(-capture.captured // 2) - len(capture.changed[1::2]) == 1
    assert "back" not in capture.changed[::2]
    assert threading.active_count() == before
    assert all(feed.closed == 1 for feed in feeds[:-1:2])


def test_whatever_a_driver_raises_is_told_and_the_camera_sought_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture_room, "_BACK_OFF", (0.001, 0.002))
    tries: list[int] = []

    def opened(size: Size) -> Feed:
        tries.append(1)
        raise ZeroDivisionError("odd driver")

    capture = Capture(opened, (4, 4))
    assert waited_for(lambda: len(tries) > 3)
    assert "odd driver" in capture.trouble
    capture.close()


def test_a_stuck_read_is_left_behind_once_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_room, "PATIENCE", 0.05)
    monkeypatch.setattr(capture_room, "_MOST_STUCK", 1)
    monkeypatch.setattr(capture_room, "_JOIN", 0.01)
    gate, opened = threading.Event(), [0]

    def stuck() -> Iterator[Captured]:
        yield Captured(PICTURE, time.monotonic())
        gate.wait()
        raise SourceError("camera: gone")

    def open_(size: Size) -> Feed:
        opened[0] += 1
        return FakeFeed(stuck)

    capture = Capture(open_, (4, 4))
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        capture.look_after()
        time.sleep(0.01)
    assert camera_threads() == 2
    assert opened[0] == 2
    gate.set()
    capture.close()
    assert waited_for(lambda: camera_threads() == 0)


def test_close_returns_though_a_read_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_room, "_JOIN", 0.01)
    gate = threading.Event()

    def never() -> Iterator[Captured]:
        gate.wait()
        yield from ()

    capture = Capture(lambda size: FakeFeed(never), (4, 4))
    capture.close()
    gate.set()
    assert waited_for(lambda: camera_threads() == 0)


def test_a_camera_slow_to_open_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_room, "PATIENCE", 0.05)
    tries: list[int] = []

    def slow(size: Size) -> Feed:
        tries.append(1)
        time.sleep(0.4)
        return FakeFeed(lambda: pictures(100_000))

    capture = Capture(slow, (4, 4))
    end = time.monotonic() + 20
    while not capture.captured and time.monotonic() < end:
        capture.look_after()
        time.sleep(0.01)
    assert capture.captured
    assert len(tries) == 1
    capture.close()


def test_nothing_is_opened_once_closed() -> None:
    capture = Capture(lambda size: FakeFeed(lambda: pictures(3)), (4, 4))
    capture.close()
    seen = capture.captured
    capture.reopen(lambda size: FakeFeed(lambda: pictures(100)))
    capture.look_after()
    assert camera_threads() == 0
    assert capture.captured == seen
