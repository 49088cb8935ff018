"""Why a Linux machine has no virtual camera, and the commands that make one."""

import platform
from pathlib import Path

from stream.live.camera_list import LABEL

MODULE = Path("/sys/module/v4l2loopback")
MODULES = Path("/lib/modules")
OS_RELEASE = Path("/etc/os-release")
SECURE_BOOT = Path(
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
)  # fmt: skip
LOAD = f'sudo modprobe v4l2loopback exclusive_caps=1 card_label="{LABEL}"'
RELOAD = f"sudo modprobe -r v4l2loopback && {LOAD}"
_INSTALLS = {
    "Debian, Ubuntu": "sudo apt install v4l2loopback-dkms linux-headers-$(uname -r)",
    "Fedora with RPM Fusion": "sudo dnf install akmod-v4l2loopback",
    "Arch": "sudo pacman -S v4l2loopback-dkms linux-headers",
}
_FAMILIES = {
    "debian": "Debian, Ubuntu", "ubuntu": "Debian, Ubuntu", "fedora": "Fedora with RPM Fusion",
    "rhel": "Fedora with RPM Fusion", "arch": "Arch",
}  # fmt: skip
_SECURE = (
    "; if modprobe says that the key was rejected: sudo mokutil --import /var/lib/dkms/mok.pub"
)


def why_none() -> tuple[str, str]:
    """Why there is no loopback device, and the command that makes one."""
    if MODULE.exists():
        return "v4l2loopback is loaded without a device", RELOAD
    if is_installed():
        return "v4l2loopback is not loaded", LOAD + (_SECURE if _is_secure() else "")
    return "v4l2loopback is not installed", create_command()


def create_command() -> str:
    """The command that installs and loads v4l2loopback on this distribution; else all of them."""
    family = _family()
    if family is not None:
        return f"{_INSTALLS[family]} && {LOAD}" + (_SECURE if _is_secure() else "")
    installs = "; ".join(f"{name}: {command}" for name, command in _INSTALLS.items())
    return f"{installs}; then: {LOAD}"


def is_installed() -> bool:
    """Whether the running kernel has the module on disk."""
    try:
        listed = (MODULES / platform.release() / "modules.dep").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    files = (line.split(":", maxsplit=1)[0] for line in listed.splitlines())
    return any(file.rpartition("/")[2].startswith("v4l2loopback.ko") for file in files)


def _family() -> str | None:
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    fields = dict(line.split("=", maxsplit=1) for line in lines if "=" in line)
    names = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return next((_FAMILIES[name] for name in names if name in _FAMILIES), None)


def _is_secure() -> bool:
    """Whether Secure Boot is on, with which a module built here needs its key enrolled."""
    try:
        return SECURE_BOOT.read_bytes()[-1:] == b"\1"
    except OSError:
        return False
