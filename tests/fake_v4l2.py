"""V4L2 devices that are files of a test; they answer ioctls byte for byte as drivers do."""

import errno
import os
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stream.live import device_users, loopback, v4l2, video_nodes

QUERY, FORMAT, SIZE, RATE = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
CURRENT, BUFFERS = 0xC0D05604, 0xC0145608
CAPTURE, OUTPUT, META = 0x1, 0x2, 0x00800000
STREAMING, DEVICE_CAPS = 0x04000000, 0x80000000
LOOPBACK = "v4l2 loopback"
Table = dict[str, dict[tuple[int, int], Sequence[tuple[int, int]]]]
WEBCAM: Table = {
    "YUYV": {(640, 480): [(333333, 10000000)], (1280, 720): [(1, 10), (1, 5)]},
    "MJPG": {(640, 480): [(333333, 10000000)], (1280, 720): [(1, 30), (1, 60)]},
    "S264": {(1920, 1080): [(1, 30)]},
}
"""Four letters, then (width, height), then intervals in seconds as numerator and denominator."""


@dataclass
class Fake:
    """One device. abilities: of this node. whole: of all nodes of the hardware.

    bounds: (least, most, step) of width and height, in place of sizes. refusal: errno of every
    ioctl. hangs: until the event is set. endless: repeats its last answer for ever.
    """

    name: str = "Webcam"
    driver: str = "uvcvideo"
    abilities: int = CAPTURE | STREAMING
    whole: int = 0
    table: Table = field(default_factory=lambda: WEBCAM)
    bounds: tuple[int, ...] = ()
    rate_bounds: tuple[int, ...] = ()
    busy: bool = False
    refusal: int = 0
    hangs: threading.Event | None = None
    endless: bool = False
    current: tuple[int, int, str] | None = None
    asked: list[int] = field(default_factory=list)

    def ioctl(self, request: int, argument: bytes) -> bytes:
        self.asked.append(request)
        if self.hangs is not None:
            self.hangs.wait(20)
        if self.refusal:
            raise OSError(self.refusal, "refused")
        answer = _ANSWERS[request](self, argument)
        assert len(answer) == len(argument) == (request >> 16) & 0x3FFF
        return answer

    def query(self, argument: bytes) -> bytes:
        return struct.pack(
            "=16s32s32sI2I12x", self.driver.encode(), self.name.encode(), b"usb-1",
            0x60100, self.abilities | self.whole | DEVICE_CAPS, self.abilities,
        )  # fmt: skip

    def format(self, argument: bytes) -> bytes:
        index, kind = struct.unpack_from("=II", argument)
        assert kind == 1
        code = self._nth(list(self.table), index)
        return struct.pack("=III32s4sI12x", index, kind, 0, b"words", code.encode(), 0)

    def size(self, argument: bytes) -> bytes:
        index, code = struct.unpack_from("=I4s", argument)
        if self.bounds:
            return struct.pack("=I4sI6I8x", index, code, 3, *self.bounds)
        width, height = self._nth(list(self.table[code.decode()]), index)
        return struct.pack("=I4sI6I8x", index, code, 1, width, height, 0, 0, 0, 0)

    def rate(self, argument: bytes) -> bytes:
        index, code, width, height = struct.unpack_from("=I4sII", argument)
        if self.rate_bounds:
            return struct.pack("=I4s3I6I8x", index, code, width, height, 2, *self.rate_bounds)
        interval = self._nth(self.table[code.decode()][width, height], index)
        return struct.pack("=I4s3I6I8x", index, code, width, height, 1, *interval, 0, 0, 0, 0)

    def standing(self, argument: bytes) -> bytes:
        if self.current is None:
            raise OSError(errno.EINVAL, "no format")
        width, height, code = self.current
        return struct.pack("=I4xII4s188x", 1, width, height, code.encode())

    def buffers(self, argument: bytes) -> bytes:
        assert argument == struct.pack("=4I4x", 0, 1, 1, 0)
        assert self.driver != LOOPBACK, "0.12 drops its writer's buffers when it is asked for some"
        if self.busy:
            raise OSError(errno.EBUSY, "busy")
        return argument

    def _nth(self, things: Sequence, index: int):  # type: ignore[no-untyped-def,type-arg]
        if self.endless:
            index = min(index, len(things) - 1)
        if index >= len(things):
            raise OSError(errno.EINVAL, "no more")
        return things[index]


_ANSWERS = {
    QUERY: Fake.query,
    FORMAT: Fake.format,
    SIZE: Fake.size,
    RATE: Fake.rate,
    CURRENT: Fake.standing,
    BUFFERS: Fake.buffers,
}


class Machine:
    """A Linux machine of files below `root`, without any device at first."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._fakes: dict[int, Fake] = {}
        for name in ("dev", "names", "virtual", "proc"):
            (root / name).mkdir()
        for module, name, path in (
            (video_nodes, "DEVICES", "dev"),
            (video_nodes, "NAMES", "names"),
            (video_nodes, "VIRTUAL", "virtual"),
            (device_users, "PROCESSES", "proc"),
            (loopback, "MODULE", "module"),
            (loopback, "MODULES", "modules"),
            (loopback, "OS_RELEASE", "os-release"),
            (loopback, "SECURE_BOOT", "secure-boot"),
        ):
            monkeypatch.setattr(module, name, root / path)
        monkeypatch.setattr(v4l2, "ioctl", self._ioctl)
        monkeypatch.setattr("platform.system", lambda: "Linux")

    def plug(self, device: str, fake: Fake | None = None, **attributes: str) -> Path:
        """Add a device; attributes: its files in sysfs. Returns its path."""
        fake = fake or Fake()
        path = self.root / "dev" / device
        path.touch()
        self._fakes[path.stat().st_ino] = fake
        folder = self.root / "names" / device
        folder.mkdir()
        for name, text in {"name": fake.name, "index": "0", **attributes}.items():
            (folder / name).write_text(text + "\n", encoding="utf-8")
        if fake.driver == LOOPBACK:
            (self.root / "virtual" / device).mkdir()
        return path

    def device(self, name: str) -> Fake:
        """The device that was plugged in as `name`."""
        return self._fakes[(self.root / "dev" / name).stat().st_ino]

    def hold(self, path: Path, number: int, command: str) -> None:
        """Have a program hold a device open."""
        folder = self.root / "proc" / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(command + "\n", encoding="utf-8")
        (folder / "fd" / "3").symlink_to(path)

    def _ioctl(self, number: int, request: int, argument: bytes) -> bytes:
        return self._fakes[os.fstat(number).st_ino].ioctl(request, argument)


def loopback_camera(abilities: int, name: str = "OBS", **rest: object) -> Fake:
    """A v4l2loopback device that says just now that it can do `abilities`."""
    table: Table = {"YU12": {(640, 480): [(1, 30)]}}
    return Fake(name, LOOPBACK, abilities | STREAMING, table=table, **rest)  # type: ignore[arg-type]
