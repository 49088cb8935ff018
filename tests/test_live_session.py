"""A whole session on made pictures: what leaves, and that the room never does."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.types import Alpha, Planes
from models.classical_refiner import ClassicalRefiner
from models.clock import StageClock
from models.matting import Matting
from models.picture import Picture
from models.temporal import TemporalSmoother
from stream.errors import SinkError, SourceError, WeightsError
from stream.live import compute as compute_room
from stream.live.capture import Capture
from stream.live.compute import Compute
from stream.live.feeds import Captured, Feed
from stream.live.governor import Governor, Step
from stream.live.look import Controls, Look
from stream.live.normal import Size, live_frame
from stream.live.outbox import Outbox
from stream.live.rest import Rest
from stream.live.session import Session
from stream.live.slate import slate
from stream.live.work import Opened

HEIGHT, WIDTH, RATE = 96, 160, 50.0
ROOM = (150, 40, 230)
"""Samples of the room that nothing else has: a marker."""
BODY = (90, 128, 128)
BACKGROUND = "#20a0c0"
LONGEST = 240
"""Seconds after which a session is ended though what it waits for never came."""


_TURN = 24


def middle_of(number: int) -> float:
    """Column of the disc's middle; it moves by up to 17 pixels a picture."""
    return float(WIDTH / 2 + 32 * np.sin(4 * np.pi * (number % _TURN) / _TURN))


def scene(number: int) -> Planes:
    """A gray disc that moves to and fro before the marked room; its luma tells which it is."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    body = np.hypot(y - HEIGHT / 2, x - middle_of(number)) < 25
    luma = BODY[0] + 2 * (number % _TURN)
    planes = [np.where(body, luma, ROOM[0]).astype(np.uint8)]
    small = body[::2, ::2]
    planes += [np.where(small, BODY[n], ROOM[n]).astype(np.uint8) for n in (1, 2)]
    return tuple(planes)


class Camera:
    """Feeds scenes in real time; does what `script` says before each picture of a number."""

    def __init__(self, script: Callable[[int], None] = lambda number: None) -> None:
        self._script, self._number, self.opened = script, 0, 0

    def __call__(self, size: Size) -> Feed:
        self.opened += 1
        return self

    def __iter__(self) -> Iterator[Captured]:
        while True:
            self._script(self._number)
            self._number += 1
            at = time.monotonic()
            yield Captured(live_frame(scene(self._number), round(at * 1e6)), at)
            time.sleep(1 / RATE)

    def close(self) -> None:
        """Nothing to give back."""


class Finder:
    """Pass 1 of this test: what is gray is the subject."""

    def __init__(self, script: Callable[[int], None] = lambda number: None) -> None:
        self._script, self.calls = script, 0

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        self.calls += 1
        self._script(self.calls)
        rgb = picture.rgb(HEIGHT // 4, WIDTH // 4).astype(int)
        return np.float32(np.ptp(rgb, axis=2) < 40)

    def reset(self) -> None:
        """Remembers nothing."""


class Kept:
    """An outlet that keeps everything."""

    name, trouble = "kept", ""

    def __init__(self, fails_after: int | None = None) -> None:
        self.pictures: list[Planes] = []
        self.closed, self._fails_after = 0, fails_after

    def send(self, planes: Planes) -> None:
        if self._fails_after is not None and len(self.pictures) >= self._fails_after:
            raise SinkError("kept: the virtual camera is gone")
        self.pictures.append(tuple(plane.copy() for plane in planes))

    def close(self) -> None:
        self.closed += 1


def opener(finder: Finder) -> Callable[[StageClock], Opened]:
    def opened(clock: StageClock) -> Opened:
        refiner = ClassicalRefiner("fast")
        return Matting(finder, refiner, TemporalSmoother(), clock), lambda step: None

    return opened


def run(
    camera: Camera, finder: Finder, kept: Kept, until: Callable[[Session], bool],
    controls: Controls | None = None, **more: Any,
) -> tuple[Session, list[str]]:  # fmt: skip
    """Run a session until `until` says so, or LONGEST; returns it and what it said.

    What a test asserts is for its `until` to wait for: slow machines show slates meanwhile.
    """
    controls = controls or Controls(Look(background=BACKGROUND))
    capture, outbox = Capture(camera, (HEIGHT, WIDTH)), Outbox()
    governor = more.get("governor")
    opened = more.get("open_matting", opener(finder))
    latency = more.get("latency", 0)
    compute = Compute(capture, controls, outbox, governor, opened, RATE, latency)
    session = Session(capture, compute, outbox, [kept], controls, governor, RATE, "made")
    stop, said = threading.Event(), list[str]()

    def watch() -> None:
        end = time.monotonic() + LONGEST
        while not until(session) and time.monotonic() < end:
            time.sleep(0.01)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        session.run(stop, said.append)
    finally:
        watcher.join()
    return session, said


def leaks(planes: Planes) -> int:
    """Chroma samples that are the room's own colour."""
    near = [np.abs(planes[n].astype(int) - ROOM[n]) <= 12 for n in (1, 2)]
    return int((near[0] & near[1]).sum())


def is_slate(planes: Planes) -> bool:
    return any(
        np.array_equal(planes[0], slate(HEIGHT, WIDTH, title)[0])
        for title in ("Starting", "Paused", "Camera lost", "One moment")
    )


def live_in(pictures: list[Planes]) -> list[Planes]:
    """Those that are no slates."""
    return [planes for planes in pictures if not is_slate(planes)]


def test_the_marker_is_found_in_the_camera_s_own_picture() -> None:
    assert leaks(scene(3)) > 1000


@pytest.mark.parametrize("latency", [0, 1])
def test_pictures_leave_with_another_background_and_threads_end(latency: int) -> None:
    before = threading.active_count()
    kept = Kept()
    session, said = run(
        Camera(), Finder(), kept, lambda session: session.tally.sent > 40, latency=latency
    )
    assert is_slate(kept.pictures[0])
    assert len(live_in(kept.pictures)) > 40
    assert max(map(leaks, kept.pictures)) == 0
    assert kept.closed == 1
    assert any(line.startswith("live") for line in said)
    assert session.status().state == "stopped"
    assert threading.active_count() == before


@pytest.mark.parametrize("beside", [True, False])
def test_pass_1_has_a_thread_where_kernels_may_run_beside_each_other(
    beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute_room, "may_be_shared", lambda: beside)
    names = set[str]()
    finder = Finder(lambda number: names.add(threading.current_thread().name))
    run(Camera(), finder, Kept(), lambda session: session.tally.sent > 10, latency=1)
    assert ("pass 1" in names) == beside
    assert names


@pytest.mark.parametrize("latency", [0, 1])
def test_the_picture_shown_is_the_one_the_matte_was_made_of(latency: int) -> None:
    kept = Kept()
    run(Camera(), Finder(), kept, lambda session: session.tally.sent > 40, latency=latency)
    live = live_in(kept.pictures)
    assert len(live) > 40
    for planes in live:
        row = planes[0][HEIGHT // 2].astype(int)
        # Up to where both colours weigh the same; nearer to gray, one soft side shifts the middle.
        gray = np.flatnonzero(np.abs(planes[1][HEIGHT // 4].astype(int) - BODY[1]) < 16)
        middle = gray.mean() * 2 + 1
        number = round((np.median(row[int(middle) - 8 : int(middle) + 8]) - BODY[0]) / 2)
        assert abs(middle - middle_of(number)) < 3


@pytest.mark.parametrize("latency", [0, 1])
@pytest.mark.parametrize("calls", [range(30, 33), range(30, 10_000)])
def test_a_matte_that_fails_shows_no_room(calls: range, latency: int) -> None:
    def fail(number: int) -> None:
        if number in calls:
            raise RuntimeError("out of luck")

    kept, finder, is_short = Kept(), Finder(fail), len(calls) < 10
    ends: list[Planes] = []

    def until(session: Session) -> bool:
        if finder.calls > 80 and is_slate(kept.pictures[-1]) is not is_short:
            ends.append(kept.pictures[-1])
        return bool(ends)

    _, said = run(Camera(), finder, kept, until, latency=latency)
    assert max(map(leaks, kept.pictures)) == 0
    assert ends
    assert is_short or any("out of luck" in line for line in said)


def test_missing_weights_mean_a_slate_and_a_line() -> None:
    def opened(clock: StageClock) -> Opened:
        raise WeightsError("refiner.safetensors: missing: get it again")

    def until(session: Session) -> bool:
        return len(kept.pictures) > 20 and session.status().state == "no matte"

    kept = Kept()
    _, said = run(Camera(), Finder(), kept, until, open_matting=opened)
    assert all(map(is_slate, kept.pictures))
    assert any("get it again" in line for line in said)


def test_a_lost_camera_is_a_slate_and_comes_back() -> None:
    pulled, lost = threading.Event(), threading.Event()

    def script(number: int) -> None:
        if pulled.is_set() and not lost.is_set():
            lost.wait(LONGEST)
            raise SourceError("camera: unplugged")

    sent: list[int] = []

    def until(session: Session) -> bool:
        if session.tally.sent > 30:
            pulled.set()
        if session.status().state == "camera lost" and not sent:
            sent.append(session.tally.sent)
            lost.set()
        return bool(sent) and session.tally.sent > sent[0] + 30

    camera, kept = Camera(script), Kept()
    _, said = run(camera, Finder(), kept, until)
    assert camera.opened == 2
    assert max(map(leaks, kept.pictures)) == 0
    order = [line.split(":")[0] for line in said if not line.startswith(("step", "camera:"))]
    told = [line for line in said if line.startswith("camera:")]
    assert told == ["camera: camera: unplugged", "camera: back"]
    assert "camera lost" in order
    assert order[order.index("camera lost") + 1] == "live"


def test_privacy_is_a_slate_from_the_next_picture_on() -> None:
    controls, kept = Controls(Look(background=BACKGROUND)), Kept()
    marks: list[int] = []

    def until(session: Session) -> bool:
        if session.tally.sent > 30 and not marks:
            controls.change(private=True)
            marks.append(len(kept.pictures))
        return bool(marks) and len(kept.pictures) > marks[0] + 30

    run(Camera(), Finder(), kept, until, controls)
    assert all(map(is_slate, kept.pictures[marks[0] + 1 :]))


def test_a_vanished_virtual_camera_ends_with_one_line_and_no_thread() -> None:
    before = threading.active_count()
    with pytest.raises(SinkError, match="gone"):
        run(
            Camera(),
            Finder(),
            Kept(fails_after=20),
            lambda session: session.status().state == "stopped",
        )
    assert threading.active_count() == before


def test_random_looks_never_show_the_room() -> None:
    random = np.random.default_rng(5)
    controls, kept = Controls(Look(background=BACKGROUND)), Kept()

    def until(session: Session) -> bool:
        controls.change(
            mirror=bool(random.random() < 0.5), softness=float(random.uniform(0, 20)),
            shift=float(random.uniform(-20, 0)), wrap=float(random.uniform(0, 1)),
            scale=float(random.uniform(0.3, 2)), x=float(random.uniform(-0.5, 0.5)),
            y=float(random.uniform(-0.5, 0.5)),
        )  # fmt: skip
        time.sleep(0.03)
        return session.tally.sent > 100

    run(Camera(), Finder(), kept, until, controls)
    assert max(map(leaks, kept.pictures)) == 0


def test_the_last_step_shows_no_room_either() -> None:
    kept = Kept()
    governor = Governor(1e-6)
    steps: list[Step] = []
    finder = Finder()

    def opened(clock: StageClock) -> Opened:
        matting = Matting(finder, ClassicalRefiner("fast"), TemporalSmoother(), clock)
        return matting, steps.append

    def until(session: Session) -> bool:
        return session.tally.sent > 80 and governor.level == governor.levels - 1

    run(Camera(), finder, kept, until, governor=governor, open_matting=opened)
    assert governor.level == governor.levels - 1
    assert steps[-1] is governor.step
    assert {planes[0].shape for planes in kept.pictures} == {(HEIGHT, WIDTH)}
    assert max(map(leaks, kept.pictures)) == 0


def test_pass_1_rests_only_while_nothing_moves() -> None:
    rest, coarse = Rest(), np.zeros((4, 4), np.float32)
    frames = [live_frame(scene(number), number) for number in range(2)]
    rest.keep(frames[0], 7, coarse, 2)
    assert rest.coarse_of(frames[0], 8, 2) is coarse
    assert rest.coarse_of(frames[0], 9, 2) is None
    assert rest.coarse_of(frames[0], 8, 1) is None
    assert rest.coarse_of(frames[1], 8, 2) is None
    hue = live_frame((frames[0].planes[0], frames[1].planes[1], frames[1].planes[2]), 1)
    assert rest.coarse_of(hue, 8, 2) is None
    rest.forget()
    assert rest.coarse_of(frames[0], 8, 2) is None


@pytest.mark.parametrize("latency", [0, 1])
def test_what_nobody_foresaw_is_told_and_overcome(
    latency: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for the slate to be seen in between.
    monkeypatch.setattr(compute_room, "_RETRY", 0.7)

    class Odd(Governor):
        failures = 3

        def note(self, now: float, seconds: float) -> bool:
            if session_began and Odd.failures:
                Odd.failures -= 1
                time.sleep(0.2)  # until pass 1 has seen the next picture, where it may
                raise ArithmeticError("who would have thought")
            return False

    session_began, kept, over = list[int](), Kept(), list[tuple[int, int]]()

    def until(session: Session) -> bool:
        sent = session.tally.sent
        if sent > 10:
            session_began.append(1)
        if not Odd.failures and not over:
            over.append((sent, len(kept.pictures)))
        return bool(over) and sent > over[0][0] + 10

    session, said = run(Camera(), Finder(), kept, until, governor=Odd(1.0), latency=latency)
    assert any("who would have thought" in line for line in said)
    assert max(map(leaks, kept.pictures)) == 0
    # New ones since the last failure, and not the one before it again.
    assert session.tally.sent > over[0][0] + 10
    assert len(live_in(kept.pictures[over[0][1] :])) > 10


def test_a_background_that_fails_is_told(tmp_path: Path) -> None:
    controls, kept = Controls(Look(background=BACKGROUND)), Kept()
    gone = str(tmp_path / "gone.jpg")

    def until(session: Session) -> bool:
        if session.tally.sent > 20 and controls.look.background != gone:
            controls.change(background=gone)
        return session.tally.sent > 60 and "gone.jpg" in session.status().message

    _, said = run(Camera(), Finder(), kept, until, controls)
    assert any("gone.jpg" in line for line in said)
    assert max(map(leaks, kept.pictures)) == 0
