"""`live` as the command line starts it: files as cameras, recordings, settings, keys, bad input."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pyvirtualcam

from stream.arguments import parser
from stream.cli import main
from stream.demo import photograph
from stream.errors import SinkError, UsageError
from stream.live.arguments import live_settings_of
from stream.live.config import ConfigWatch, read_look
from stream.live.console import Console
from stream.live.keys import Keys, listening
from stream.live.look import Controls, Look
from stream.live.outlets import VirtualCamera
from stream.live.page_folder import backgrounds_in
from stream.live.plan import plan_for
from stream.live.recorder import Recorder
from stream.live.settings import LiveSettings
from stream.live.slate import slate
from stream.live.status import Status


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a photographed person at 25 frames a second."""
    path = tmp_path_factory.mktemp("live") / "person.mp4"
    rgb = np.ascontiguousarray(photograph()[:512, :512])
    rgb = rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = rgb.shape[0], rgb.shape[1], "yuv420p"
        for _ in range(25):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def settings(*words: str) -> LiveSettings:
    return live_settings_of(parser().parse_args(["live", *words]))


def test_a_file_becomes_a_recording_without_its_room(
    person: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(console: Console, status: Callable[[], Status]) -> None:
        """Press Ctrl-C once 60 pictures have left, however long that takes."""

        def press() -> None:
            assert _waited(lambda: status().sent >= 60, 240)
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=press, daemon=True).start()

    monkeypatch.setattr(Console, "watch", watch)
    out = tmp_path / "call.mp4"
    words = ["live", "--camera", str(person), "--size", "320x240", "--to", "none"]
    words += ["--background", "#00ff00", "--quality", "fast", "--record", str(out)]
    assert main(words) == 0
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert frames[0].shape == (240, 320, 3)
    assert len(frames) > 60
    green = [float((np.abs(f.astype(int) - (0, 255, 0)).max(2) < 40).mean()) for f in frames]
    assert green[0] < 0.01
    assert max(green) > 0.15
    assert not list(tmp_path.glob(".*"))


def test_a_duration_ends_a_session(person: Path) -> None:
    words = ["live", "--camera", str(person), "--to", "none", "--size", "320x240"]
    assert main([*words, "--duration", "0.2"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--camera", "/dev/video77", "--to", "none"], "/dev/video77"),
        (["--camera", "{film}", "--to", "none", "--config", "{missing}"], "cannot be read"),
        (["--camera", "{text}", "--to", "none"], "text.mp4"),
        (["--camera", "{film}", "--to", "none", "--background", "transparent"], "live background"),
        (["--camera", "{film}", "--to", "none", "--record", "{folder}/a.xyz"], ".xyz"),
        (
            ["--camera", "{film}", "--to", "none", "--record", "{film}", "--overwrite"],
            "would replace the camera",
        ),
        (["--camera", "{film}", "--to", "none", "--device-out", "/dev/video1"], "--to virtual"),
        (["--camera", "{film}", "--to", "none", "--size", "33x44"], "33x44"),
        (["--camera", "{film}", "--to", "none", "--fps", "0"], "rate"),
        (["--camera", "{film}", "--to", "none", "--duration", "-1"], "--duration"),
        (["--camera", "{film}", "--to", "none", "--ui", "99999"], "65535"),
        (["--camera", "{film}", "--device-out", "/dev/video55"], "virtual camera"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(
    words: list[str], told: str, person: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("words")
    names = {"film": person, "text": text, "missing": tmp_path / "no.toml", "folder": tmp_path}
    film = person.read_bytes()
    assert main(["live", *(word.format(**names) for word in words)]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert told in lines[0]
    assert person.read_bytes() == film
    assert [path.name for path in tmp_path.iterdir()] == ["text.mp4"]


@pytest.mark.parametrize("segmenter", ["magic", "magic.onnx"])
def test_an_unknown_segmenter_is_refused_in_the_words_of_cutout(
    person: Path, capsys: pytest.CaptureFixture[str], segmenter: str
) -> None:
    told = []
    for words in (["cutout", str(person)], ["live", "--camera", str(person), "--to", "none"]):
        assert main([*words, "--segmenter", segmenter]) == 1
        told.append(capsys.readouterr().err)
    assert told[0] == told[1]
    assert f"segmenter {segmenter}" in told[0] or repr(segmenter) in told[0]
    assert told[0].count("\n") == 1


def test_what_is_sent_is_as_large_and_fast_as_the_camera_or_as_asked(person: Path) -> None:
    own = plan_for(str(person), None, None)
    assert own.size == (512, 512)
    assert own.rate == 25
    asked = plan_for(str(person), (240, 320), Fraction(15))
    assert asked.size == (240, 320)
    assert asked.rate == 15


def test_a_settings_file_is_taken_over_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.live.config._EVERY", 0.02)
    path, said = tmp_path / "live.toml", list[str]()
    path.write_text('background = "#102030"\n[look]\nmirror = true\n')
    controls = Controls()
    watch = ConfigWatch(str(path), controls, said.append)
    try:
        assert controls.look.background == "#102030"
        assert controls.look.mirror
        path.write_text('background = "#405060"\nsoftness = 3\n')
        assert _waited(lambda: controls.look.softness == 3)
        path.write_text("softness = 999\n")
        assert _waited(lambda: any("nothing was changed" in line for line in said))
        assert controls.look.softness == 3
        path.unlink()
        time.sleep(0.1)
        path.write_text("wrap = 0.5\n")
        assert _waited(lambda: controls.look.wrap == 0.5)
    finally:
        watch.close()
    assert not any(thread.name == "config" for thread in threading.enumerate())


@pytest.mark.parametrize(
    "text", ["colour = 3", "mirror = 3", 'view = "upside down"', "scale = true", "= =", "look = 3"]
)
def test_a_senseless_settings_file_changes_nothing(text: str, tmp_path: Path) -> None:
    path, controls = tmp_path / "live.toml", Controls()
    path.write_text(text)
    with pytest.raises(UsageError, match=r"live\.toml"):
        read_look(str(path), controls)
    assert controls.look == Look()


def test_keys_do_what_the_help_says(tmp_path: Path) -> None:
    (tmp_path / "beach.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    controls, ends = Controls(), list[int]()
    keys = Keys(controls, lambda: ends.append(1), tmp_path)
    assert keys.press("p") == "privacy on"
    assert controls.look.private
    keys.press("p")
    assert not controls.look.private
    keys.press("m")
    assert controls.look.view == "matte"
    seen = {controls.look.background}
    for _ in range(4):
        keys.press("b")
        seen.add(controls.look.background)
    assert str(tmp_path / "beach.jpg") in seen
    assert controls.look.background == Look().background
    assert keys.press("x") == ""
    keys.press("q")
    assert ends == [1]
    assert backgrounds_in(tmp_path / "nowhere") == []


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(
    ("typed", "private"),
    [(b"p", True), (b"\x1bOP", False), (b"\x1b[B", False), (b"\xffp", True), (b"\x1bOPp", False)],
)
def test_only_letters_are_keys(
    typed: bytes, private: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import pty

    ours, theirs = pty.openpty()
    ended, read, chunks = threading.Event(), os.read, list[bytes]()

    def noted(file: int, count: int) -> bytes:
        chunks.append(read(file, count))
        return chunks[-1]

    monkeypatch.setattr(os, "read", noted)
    with os.fdopen(theirs, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        controls, said = Controls(), list[str]()
        with listening(Keys(controls, ended.set, tmp_path), said.append):
            os.write(ours, typed)
            assert _waited(lambda: typed in chunks)
            os.write(ours, b"m")
            assert _waited(lambda: controls.look.view == "matte")
        assert controls.look.private is private
        assert not ended.is_set()
        assert not any(thread.name == "keys" for thread in threading.enumerate())
    os.close(ours)


class Fake:
    """A pyvirtualcam backend that keeps what it is sent."""

    sent: list[np.ndarray[Any, Any]] = []  # noqa: RUF012 - one for all on purpose
    broken = False

    def __init__(self, *, fourcc: int, **_: Any) -> None:
        self._fourcc = fourcc

    def device(self) -> str:
        return "fake0"

    def native_fourcc(self) -> int:
        return self._fourcc

    def send(self, frame: np.ndarray[Any, Any]) -> None:
        if Fake.broken:
            raise RuntimeError("device vanished")
        Fake.sent.append(frame.copy())

    def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Fake.sent, Fake.broken = [], False
    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", {"fake": Fake})
    yield


@pytest.mark.usefixtures("backend")
def test_a_virtual_camera_gets_its_planes_untouched() -> None:
    camera = VirtualCamera(48, 64, 30)
    planes = slate(48, 64, "Paused")
    camera.send(planes)
    camera.close()
    camera.close()
    assert np.array_equal(Fake.sent[0].reshape(-1), np.concatenate([p.reshape(-1) for p in planes]))


@pytest.mark.usefixtures("backend")
def test_a_virtual_camera_that_vanishes_is_told() -> None:
    camera = VirtualCamera(48, 64, 30)
    Fake.broken = True
    with pytest.raises(SinkError, match="gone"):
        camera.send(slate(48, 64, "Paused"))


def test_a_window_without_a_screen_is_one_line() -> None:
    code = "from stream.live.outlets import Window; Window(48, 64)"
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for more in ({}, {"DISPLAY": ":77"}):
        words = [sys.executable, "-c", code]
        done = subprocess.run(
            words, env={**bare, **more}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "SinkError: no window can be opened here" in done.stderr


@pytest.mark.parametrize("fault", [SinkError("a.mp4: disk full"), ZeroDivisionError("odd")])
@pytest.mark.parametrize("where", ["write", "close"])
def test_a_recording_that_fails_is_told_and_keeps_nobody(
    fault: Exception, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(str(tmp_path / "a.mp4"), 48, 64, Fraction(30))

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(recorder._sink, where, fail)
    for _ in range(40):
        recorder.send(slate(48, 64, "Paused"))
        time.sleep(0.002)
    recorder.close()
    assert str(fault) in recorder.trouble
    assert not recorder._thread.is_alive()
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_leaves_nothing_open(person: Path, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    before = {thread.name for thread in threading.enumerate()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["live", "--camera", str(person), "--to", "none", "--record"]
        words += [str(tmp_path / "a.mp4"), "--ui", str(taken.getsockname()[1])]
        assert main(words) == 1
    assert {thread.name for thread in threading.enumerate()} <= before
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_pictures_is_no_file(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "a.mp4"), 48, 64, Fraction(30))
    recorder.close()
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_recording_replaces_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("dear")
    with pytest.raises(SinkError, match="exists"):
        Recorder(str(path), 48, 64, Fraction(30))
    assert path.read_text() == "dear"


def test_an_encoder_that_lags_makes_nobody_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(str(tmp_path / "a.mp4"), 48, 64, Fraction(30))
    gate, write = threading.Event(), recorder._sink.write

    def slow(*arguments: Any) -> None:
        gate.wait(20)
        write(*arguments)

    monkeypatch.setattr(recorder._sink, "write", slow)
    for _ in range(60):
        recorder.send(slate(48, 64, "Paused"))
    assert recorder.left_out > 20
    gate.set()
    recorder.close()
    with av.open(str(tmp_path / "a.mp4")) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    assert times == sorted(set(times))
    assert len(times) + recorder.left_out == 60


def test_settings_of_the_command_line() -> None:
    found = settings("--camera", "C920", "--size", "640x360", "--fps", "30000/1001", "--ui")
    assert found.camera == "C920"
    assert found.size == (360, 640)
    assert found.rate == Fraction(30000, 1001)
    assert found.ui == 0
    assert found.quality == "auto"
    assert found.look.background == "blur"


def _waited(condition: Callable[[], bool], patience: float = 20.0) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
