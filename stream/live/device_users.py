"""The programs that hold a device open."""

import os
from pathlib import Path

PROCESSES = Path("/proc")


def users(path: Path) -> str:
    """The programs that hold `path` open, as far as this user may see: "zoom (4711)", or "".

    This program itself is called so.
    """
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        if _holds(folder / "fd", path):
            own = folder.name == str(os.getpid())
            found.append("this program" if own else f"{_command(folder)} ({folder.name})")
    return ", ".join(sorted(found))


def _holds(descriptors: Path, path: Path) -> bool:
    try:
        return any(_target(entry) == path for entry in descriptors.iterdir())
    except OSError:  # another user's, or it has just ended
        return False


def _target(descriptor: Path) -> Path | None:
    try:
        return descriptor.readlink()
    except OSError:  # closed since it was listed, as is that of the listing itself
        return None


def _command(folder: Path) -> str:
    try:
        return (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "process"
