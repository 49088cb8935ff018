"""What tests of `live` in the camera machine share: the program, an independent reader, a plug."""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kernels.types import Planes
from stream.live.slate import slate
from tests.camera.devices import VIRTUAL

HEIGHT, WIDTH = 480, 640
BACKGROUND = "#00b140"
_SAMPLES = HEIGHT * WIDTH * 3 // 2
_PATIENCE = 120.0
_QUERY, _SET, _NEXT = 0xC0445624, 0xC008561C, 0x80000000
_CONTROL = struct.Struct("=II32siiiiI8x")


class Live(NamedTuple):
    """A running `live`: its process, and what it has said so far."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        """All lines until now."""
        return self.log.read_text()

    def holds(self) -> tuple[int, int, int]:
        """How many files, threads and mebibytes of memory it has."""
        own = Path("/proc") / str(self.process.pid)
        resident = int((own / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return (
            len(list((own / "fd").iterdir())),
            len(list((own / "task").iterdir())),
            resident >> 20,
        )


@contextlib.contextmanager
def live(camera: str, folder: Path, *more: str) -> Iterator[Live]:
    """`live` from `camera` to the virtual one, for so long; it must end well when asked to."""
    words = [
        sys.executable, "run.py", "live", "--camera", camera, "--device-out", VIRTUAL,
        "--size", f"{WIDTH}x{HEIGHT}", "--background", BACKGROUND, *more,
    ]  # fmt: skip
    log = folder / "live.log"
    with log.open("wb") as file:
        process = subprocess.Popen(words, stderr=file, stdin=subprocess.DEVNULL)
    try:
        yield Live(process, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    except BaseException as error:
        error.add_note(f"what live said:\n{log.read_text()}")
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Reader:
    """ffmpeg reading the virtual camera, another program than ours, picture by picture."""

    def __init__(self, count: int | None = None) -> None:
        """count: pictures to read, None for as long as there are any."""
        some = [] if count is None else ["-frames:v", str(count)]
        words = [
            "ffmpeg", "-v", "error", "-f", "v4l2", "-i", VIRTUAL, *some,
            "-f", "rawvideo", "-pix_fmt", "yuv420p", "-",
        ]  # fmt: skip
        self.trouble = ""
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __iter__(self) -> Iterator[Planes]:
        assert self._process.stdout is not None
        while len(data := self._process.stdout.read(_SAMPLES)) == _SAMPLES:
            samples = np.frombuffer(data, np.uint8)
            luma, first, second = np.split(samples, [HEIGHT * WIDTH, HEIGHT * WIDTH * 5 // 4])
            half = HEIGHT // 2, WIDTH // 2
            yield luma.reshape(HEIGHT, WIDTH), first.reshape(half), second.reshape(half)

    def close(self) -> None:
        """Stop reading."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.trouble = self._process.stderr.read().decode()
        self._process.stdout.close()
        self._process.stderr.close()

    def until(self, wanted: Callable[[Planes], bool]) -> list[Planes]:
        """Pictures up to the first that is `wanted`."""
        seen: list[Planes] = []
        end = time.monotonic() + _PATIENCE
        for planes in self:
            seen.append(planes)
            if wanted(planes):
                return seen
            assert time.monotonic() < end, "what was waited for never came"
        raise AssertionError(f"the virtual camera ended after {len(seen)} pictures")


@contextlib.contextmanager
def reading_live() -> Iterator[Reader]:
    """A reader that has begun; a virtual camera is one only while somebody writes to it."""
    end = time.monotonic() + _PATIENCE
    while True:
        trial = Reader(1)
        got = next(iter(trial), None)
        trial.close()
        if got is not None:
            break
        assert time.monotonic() < end, "the virtual camera never began"
        time.sleep(0.2)
    reader = Reader()
    try:
        yield reader
    finally:
        reader.close()


def is_slate(planes: Planes) -> bool:
    """Whether that is a card of ours, not a picture."""
    titles = ("Starting", "Paused", "Camera lost", "One moment")
    return any(np.array_equal(planes[0], slate(HEIGHT, WIDTH, title)[0]) for title in titles)


def is_lost(planes: Planes) -> bool:
    """Whether that is the card of a lost camera."""
    return np.array_equal(planes[0], slate(HEIGHT, WIDTH, "Camera lost")[0])


def is_picture(planes: Planes) -> bool:
    """Whether that is a picture of ours, before our background."""
    return not is_slate(planes) and share_of_background(planes) > 0.2


def share_of_background(planes: Planes) -> float:
    """The share of a picture that is our background."""
    green = (np.abs(planes[1].astype(int) - 105) < 8) & (np.abs(planes[2].astype(int) - 58) < 8)
    return float(green.mean())


def pull(device: str) -> None:
    """Pull the plug of a vivid camera; it is back once nobody has it open."""
    number = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        control = _NEXT
        while True:
            blank = _CONTROL.pack(control, 0, b"", 0, 0, 0, 0, 0)
            found = _CONTROL.unpack(fcntl.ioctl(number, _QUERY, blank))
            if found[2].rstrip(b"\0") == b"Disconnect":
                fcntl.ioctl(number, _SET, struct.pack("=Ii", found[0], 1))
                return
            control = found[0] | _NEXT
    finally:
        os.close(number)
