import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from kernels.types import Planes
from stream.backgrounds import Film, Solid, open_background
from stream.errors import SourceError
from stream.frame import Frame, Matte
from stream.live import reel
from stream.live.backdrop import Backdrop
from stream.live.look import Look
from tests import media
from tests.test_backgrounds import flat_film, matte_of

LONG = 20.0


@pytest.fixture
def backdrop(no_thread_remains: None) -> Iterator[Backdrop]:
    made = Backdrop()
    yield made
    made.close()


def blank(seconds: Fraction = Fraction(0), name: str = "gray", size: int = 48) -> Matte:
    frame = media.frame_of(name, size, 64)
    return matte_of(replace(frame, pts=int(seconds * 1000), time_base=Fraction(1, 1000)))


def level(backdrop: Backdrop, matte: Matte, look: Look) -> int:
    planes = backdrop.planes(matte, look)
    assert planes[0].shape == matte.frame.planes[0].shape
    return int(planes[0][20, 30])


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(int(LONG / 0.01)):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def gray(path: Path, value: int) -> str:
    frame = Frame.from_rgb(np.full((48, 64, 3), value, np.uint8))
    with media.av.open(str(path), "w") as out:
        stream = out.add_stream("png", media.RATE)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "rgb24"
        picture = media.av.VideoFrame.from_ndarray(frame.rgb(48, 64), "rgb24")
        out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return str(path)


def test_colours_and_blurs_are_there_at_once(backdrop: Backdrop) -> None:
    matte = blank()
    assert level(backdrop, matte, Look("#646464")) == 100
    blurred = backdrop.planes(matte, Look("blur"))
    expected = open_background("blur")
    assert expected is not None
    np.testing.assert_array_equal(blurred[0], expected.planes(matte)[0])


def test_before_there_is_a_picture_all_is_black(backdrop: Backdrop, tmp_path: Path) -> None:
    look, matte = Look(gray(tmp_path / "a.png", 80)), blank()
    assert level(backdrop, matte, look) in (0, 80)
    eventually(lambda: level(backdrop, matte, look) == 80)
    assert backdrop.trouble == ""


def test_a_picture_is_what_the_file_writer_shows(backdrop: Backdrop, tmp_path: Path) -> None:
    (path,) = media.write_pictures(tmp_path / "p", 1, 96, 100)
    for fit in ("cover", "contain"):
        background = open_background(str(path), fit)
        assert background is not None
        matte = blank(name="yuv420p")
        truth = background.planes(matte)

        look = Look(str(path), fit=fit)
        eventually(lambda look=look, truth=truth: shows(backdrop, look, truth))  # type: ignore[misc]


def shows(backdrop: Backdrop, look: Look, truth: Planes) -> bool:
    found = backdrop.planes(blank(name="yuv420p"), look)
    return all(np.array_equal(a, b) for a, b in zip(found, truth, strict=True))


@pytest.mark.parametrize(
    "name", ["#12", "blur:9", "nowhere.png", "broken.png", "broken.mp4", "dir"]
)
def test_what_cannot_be_opened_leaves_the_one_before(
    backdrop: Backdrop, tmp_path: Path, name: str
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "dir").mkdir()
    full = name if name.startswith(("#", "blur")) else str(tmp_path / name)
    matte = blank()
    assert level(backdrop, matte, Look("#646464")) == 100

    def refused() -> bool:
        assert level(backdrop, matte, Look(full)) == 100
        return backdrop.trouble != ""

    eventually(refused)
    assert name in backdrop.trouble
    assert "\n" not in backdrop.trouble
    assert level(backdrop, matte, Look("#323232")) == 50
    assert backdrop.trouble == ""


def test_what_cannot_be_opened_first_is_black(backdrop: Backdrop, tmp_path: Path) -> None:
    matte, look = blank(), Look(str(tmp_path / "nowhere.mp4"))

    def refused() -> bool:
        assert level(backdrop, matte, look) == 0
        return backdrop.trouble != ""

    eventually(refused)


def test_a_slow_file_holds_nothing_up(
    backdrop: Backdrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def slow(name: str) -> object:
        gate.wait(LONG)
        return open_background(name)

    monkeypatch.setattr(reel, "open_background", slow)
    matte, look = blank(), Look(gray(tmp_path / "a.png", 80))
    level(backdrop, matte, Look("#646464"))
    assert [level(backdrop, matte, look) for _ in range(20)] == [100] * 20
    assert level(backdrop, matte, Look("#323232")) == 50
    assert level(backdrop, matte, look) == 50
    gate.set()
    eventually(lambda: level(backdrop, matte, look) == 80)


def test_a_film_moves_on_with_the_frames_and_loops(backdrop: Backdrop, tmp_path: Path) -> None:
    levels = flat_film(tmp_path / "loop.mkv", 4)
    look, count = Look(str(tmp_path / "loop.mkv")), 0
    eventually(lambda: level(backdrop, blank(), look) == levels[0])
    for count in range(1, 11):
        now = blank(Fraction(count, 25))
        expected = levels[count % 4]
        eventually(lambda now=now, expected=expected: level(backdrop, now, look) == expected)  # type: ignore[misc]


def test_time_that_jumps_does_not_make_a_film_race(backdrop: Backdrop, tmp_path: Path) -> None:
    levels = flat_film(tmp_path / "loop.mkv", 4)
    look = Look(str(tmp_path / "loop.mkv"))
    eventually(lambda: level(backdrop, blank(Fraction(100)), look) == levels[0])
    assert level(backdrop, blank(Fraction(3)), look) == levels[0]
    # Half a second on, however long the camera was away: twelve pictures and a half, the first.
    eventually(lambda: level(backdrop, blank(Fraction(100_003)), look) == levels[12 % 4])
    eventually(
        lambda: level(backdrop, blank(Fraction(100_003) + Fraction(3, 100)), look) == levels[1]
    )


def test_a_film_that_breaks_stays_where_it_is(
    backdrop: Backdrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = flat_film(tmp_path / "loop.mkv", 4)
    look, at = Look(str(tmp_path / "loop.mkv")), Film.at
    closed: list[Film] = []

    def broken(film: Film, seconds: Fraction) -> Frame:
        if seconds >= Fraction(2, 25):
            raise SourceError("loop.mkv: the disk is gone\nand more")
        return at(film, seconds)

    def close(film: Film) -> None:
        closed.append(film)

    monkeypatch.setattr(Film, "at", broken)
    monkeypatch.setattr(Film, "close", close)
    eventually(lambda: level(backdrop, blank(), look) == levels[0])
    eventually(lambda: level(backdrop, blank(Fraction(1, 25)), look) == levels[1])

    def broke() -> bool:
        assert level(backdrop, blank(Fraction(2, 25)), look) == levels[1]
        return backdrop.trouble == "loop.mkv: the disk is gone"

    eventually(broke)
    eventually(lambda: len(closed) == 1)
    assert level(backdrop, blank(Fraction(3, 25)), look) == levels[1]


def test_frames_of_another_shape_keep_the_picture(backdrop: Backdrop, tmp_path: Path) -> None:
    look = Look(gray(tmp_path / "a.png", 80))
    eventually(lambda: level(backdrop, blank(), look) == 80)
    for name, size in (("gray", 30), ("gray10le", 48), ("gray", 96)):
        expected = 80 if name == "gray" else 80 * 1023 // 255
        assert level(backdrop, blank(name=name, size=size), look) == pytest.approx(expected, abs=2)


def test_backgrounds_left_behind_are_closed(backdrop: Backdrop, tmp_path: Path) -> None:
    flat_film(tmp_path / "loop.mkv", 4)
    for _ in range(3):
        for name in (str(tmp_path / "loop.mkv"), gray(tmp_path / "a.png", 80), "#646464"):
            backdrop.planes(blank(), Look(name))

    def threads() -> int:
        return sum(thread.name == "background" for thread in threading.enumerate())

    eventually(lambda: threads() == 0)


def test_closing_twice_is_safe_and_the_next_look_opens_again(
    backdrop: Backdrop, tmp_path: Path
) -> None:
    look = Look(gray(tmp_path / "a.png", 80))
    eventually(lambda: level(backdrop, blank(), look) == 80)
    backdrop.close()
    backdrop.close()
    eventually(lambda: level(backdrop, blank(), look) == 80)


def test_the_blank_is_black_in_every_format(backdrop: Backdrop, tmp_path: Path) -> None:
    for name in ("yuv420p", "gbrp", "yuv420p10le"):
        matte = blank(name=name)
        found = backdrop.planes(matte, Look(str(tmp_path / "nowhere.mp4")))
        for plane, black in zip(found, Solid((0, 0, 0)).planes(matte), strict=True):
            np.testing.assert_array_equal(plane, black)
