"""Cameras, and the virtual ones that calls can be given as a camera."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from stream.findings import Finding

DEVICES, NAMES = Path("/dev"), Path("/sys/class/video4linux")
MODULE = Path("/sys/module/v4l2loopback")
VIRTUAL = Path("/sys/devices/virtual/video4linux")
_LOOPBACK = (
    "Debian, Ubuntu: sudo apt install v4l2loopback-dkms; Fedora with RPM Fusion: sudo dnf install "
    "akmod-v4l2loopback; Arch: sudo pacman -S v4l2loopback-dkms; then: sudo modprobe v4l2loopback "
    'exclusive_caps=1 card_label="Hairline"'
)
_OBS = "install OBS Studio (obsproject.com) and start its virtual camera once"


def cameras() -> Iterator[Finding]:
    """The cameras that Linux lists; elsewhere the system does not tell without opening them."""
    if platform.system() != "Linux":
        yield Finding("cameras", "ok", "named by the system when opened; try its default camera")
        return
    real = [device for device in _devices() if not _is_virtual(device)]
    if not real:
        hint = "plug one in; a container needs --device /dev/video0"
        yield Finding("cameras", "warn", "none", hint)
    for device in real:
        yield _camera(device)


def virtual_cameras() -> Iterator[Finding]:
    """Whether a virtual camera can be written to."""
    if platform.system() != "Linux":
        yield Finding(
            "virtual camera", "warn", "not examined here: OBS Virtual Camera is used", _OBS
        )
        return
    loopbacks = [device for device in _devices() if _is_virtual(device)]
    if loopbacks:
        for device in loopbacks:
            yield _camera(device, "virtual camera", os.W_OK)
    elif MODULE.exists():
        hint = "sudo modprobe -r v4l2loopback, then load it with devices=1"
        yield Finding("virtual camera", "warn", "v4l2loopback is loaded without a device", hint)
    else:
        yield Finding("virtual camera", "warn", "v4l2loopback is not loaded", _LOOPBACK)


def _devices() -> list[Path]:
    found = [path for path in DEVICES.glob("video*") if path.name[5:].isdigit()]
    return sorted(found, key=lambda path: int(path.name[5:]))


def _is_virtual(device: Path) -> bool:
    return (VIRTUAL / device.name).exists()


def _camera(device: Path, kind: str = "camera", access: int = os.R_OK) -> Finding:
    try:
        name = (NAMES / device.name / "name").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = "unnamed"
    if os.access(device, access):
        return Finding(f"{kind} {device}", "ok", name)
    hint = "sudo usermod -aG video $USER, then log in again"
    return Finding(f"{kind} {device}", "warn", f"{name}, no permission", hint)
