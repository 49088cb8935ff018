"""The tests of tests/camera pass on a machine with real devices, which is started for them."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED

MACHINE = SHARED / "tools" / "camera-vm"
CLIP = SHARED / "clips" / "intel_book_480p.mkv"
ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path.name for path in (ROOT / "tests" / "camera").glob("test_*.py"))
UNFED = {"test_virtual_outputs_vm.py"}
"""What unloads modules, which a player would hold; the others have a camera that plays a clip."""
LONGEST = 280
"""Seconds for one machine, less than faulthandler_timeout, which would end all tests."""


def _lacking() -> str:
    """Why there can be no such machine here, "" when there can."""
    if os.environ.get("CAMERA_VM") == "1":
        return "this is the camera machine"
    if not os.access(MACHINE, os.X_OK):
        return f"no {MACHINE}"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "camera-vm needs Linux on x86_64"
    return "" if os.geteuid() == 0 else "camera-vm needs root"


@pytest.mark.skipif(bool(_lacking()), reason=_lacking())
@pytest.mark.timeout(LONGEST + 15)
@pytest.mark.parametrize("name", FILES)
def test_what_needs_real_devices_passes_with_real_devices(name: str) -> None:
    fed = [] if name in UNFED else ["--camera", str(CLIP), "--size", "640x480"]
    if fed and not CLIP.exists():
        pytest.skip(f"no {CLIP}")
    words = [str(MACHINE), *fed, "--timeout", str(LONGEST), "--", sys.executable, "-m", "pytest"]
    done = subprocess.run(
        [*words, "-p", "no:cacheprovider", "-rs", f"tests/camera/{name}"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert re.search(r"[1-9][0-9]* passed", told), told
