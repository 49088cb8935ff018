"""The processor and the memory, as far as the operating system tells."""

import os
import platform
import re
import subprocess
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_MEMORY_INFO = Path("/proc/meminfo")
_WANTED = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "neon")


def model() -> str:
    """The processor's name, or its architecture where no name is told."""
    for line in _lines(_CPU_INFO):
        if line.lower().startswith("model name"):
            return line.partition(":")[2].strip()
    name = _asked("sysctl", "-n", "machdep.cpu.brand_string")
    return name or platform.processor() or platform.machine() or "unknown"


def features() -> list[str] | None:
    """The instruction sets that matter for speed; None where the system does not tell."""
    for line in _lines(_CPU_INFO):
        key, _, value = line.partition(":")
        if key.strip().lower() in {"flags", "features"}:
            return [name for name in _WANTED if name in value.split()]
    if platform.machine().lower() in {"arm64", "aarch64"}:
        return ["neon"]
    told = _asked("sysctl", "-n", "machdep.cpu.leaf7_features").lower().split()
    return [name for name in _WANTED if name in told] if told else None


def memory() -> tuple[int | None, int | None]:
    """(total, free) bytes; None where unknown."""
    found = {}
    for line in _lines(_MEMORY_INFO):
        match = re.match(r"(MemTotal|MemAvailable):\s+(\d+) kB", line)
        if match:
            found[match.group(1)] = int(match.group(2)) * 1024
    if found:
        return found.get("MemTotal"), found.get("MemAvailable")
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None
    except (AttributeError, ValueError, OSError):
        return None, None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _asked(*command: str) -> str:
    """What a command prints, empty when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
