"""The video devices of a Linux machine, asked without ever waiting for one that hangs."""

import errno
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from stream.live.v4l2 import LOOPBACK_DRIVER, Device, look

DEVICES, NAMES = Path("/dev"), Path("/sys/class/video4linux")
VIRTUAL = Path("/sys/devices/virtual/video4linux")
PATIENCE = 3.0
"""Seconds within which all devices together have to answer; waking a USB camera takes one."""
_TROUBLES = {
    errno.EACCES: ("no permission", "sudo usermod -aG video $USER, then log in again"),
    errno.EPERM: ("kept from this container", "start the container with --device {path}"),
    errno.EBUSY: ("in use by another program", "close that program"),
    errno.ENOENT: ("no such device", "plug it in"),
    errno.ENODEV: ("unplugged", "plug it in again"),
    errno.ENXIO: ("unplugged", "plug it in again"),
    errno.ENOTTY: ("not a video device", "choose another"),
    errno.ETIMEDOUT: ("does not answer", "unplug it and plug it in again, or restart"),
}
_asked: "dict[Path, _Question]" = {}


def nodes() -> list[Path]:
    """The paths of all video devices, in the order of their numbers."""
    found = [path for path in DEVICES.glob("video*") if path.name[5:].isdigit()]
    return sorted(found, key=lambda path: int(path.name[5:]))


def look_at(paths: Sequence[Path]) -> list[Device]:
    """Ask all of `paths` at once; one that hangs has the error ETIMEDOUT. Never raises."""
    questions = [_question(path) for path in paths]
    end = time.monotonic() + PATIENCE
    for question in questions:
        question.join(max(end - time.monotonic(), 0))
    return [question.device for question in questions]


def _question(path: Path) -> "_Question":
    """A thread stuck in a driver cannot be ended, but there need not be a second one."""
    asked = _asked.get(path)
    if asked is None or not asked.is_alive():
        asked = _asked[path] = _Question(path)
    return asked


class _Question(threading.Thread):
    """Asks one device; `device` is the answer once there is one."""

    def __init__(self, path: Path) -> None:
        super().__init__(name=f"look at {path}", daemon=True)
        self.device = Device(path, error=errno.ETIMEDOUT)
        self.start()

    def run(self) -> None:
        """See the class."""
        self.device = look(self.device.path)


def name_of(device: Device) -> str:
    """Its driver's name for it, else the kernel's, else "unnamed"."""
    return device.name or attribute(device.path, "name") or "unnamed"


def attribute(path: Path, name: str) -> str:
    """What sysfs has of the device under `name`, "" when it has nothing."""
    try:
        return (NAMES / path.name / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def is_loopback(device: Device) -> bool:
    """Whether it is v4l2loopback's; a device that cannot be asked is judged by its place."""
    return device.driver == LOOPBACK_DRIVER or (
        not device.driver and (VIRTUAL / device.path.name).exists()
    )


def is_fed(device: Device) -> bool:
    """Whether a program writes to this v4l2loopback device.

    With exclusive_caps it captures only then; without, its state tells, or before 0.13 its format.
    """
    if not device.error and not (device.captures and device.outputs):
        return device.captures
    state = attribute(device.path, "state")
    return state == "capture" if state else bool(attribute(device.path, "format"))


def trouble_of(device: Device) -> tuple[str, str]:
    """Why it cannot be used, and what to do about it; both "" when it could be asked."""
    if not device.error:
        return "", ""
    unforeseen = (os.strerror(device.error).lower(), "unplug it and plug it in again")
    text, cure = _TROUBLES.get(device.error, unforeseen)
    return text, cure.format(path=device.path)
