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
UNFED = {"test_virtual_outputs_vm.py", "test_live_unplug_vm.py"}
"""What unloads modules, which a player would hold, or needs none; the others have a camera."""
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


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a person before a room of one colour that nothing else has."""
    if not CLIP.exists():
        pytest.skip(f"no {CLIP}")
    path = tmp_path_factory.mktemp("camera") / "marked.mp4"
    words = ["cutout", str(CLIP), "-o", str(path), "--background", "#ff00ff", "--duration", "2"]
    done = subprocess.run([sys.executable, "run.py", *words], cwd=ROOT, check=False)
    assert done.returncode == 0
    return path


def _run(options: list[str], *tests: str) -> None:
    words = [str(MACHINE), *options, "--timeout", str(LONGEST), "--", sys.executable, "-m"]
    done = subprocess.run(
        [*words, "pytest", "-p", "no:cacheprovider", "-rs", *tests],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert re.search(r"[1-9][0-9]* passed", told), told


needs_machine = pytest.mark.skipif(bool(_lacking()), reason=_lacking())


@needs_machine
@pytest.mark.timeout(LONGEST + 15)
@pytest.mark.parametrize("name", FILES)
def test_what_needs_real_devices_passes_with_real_devices(name: str, marked: Path) -> None:
    fed = [] if name in UNFED else ["--camera", str(marked), "--size", "640x480"]
    _run(fed, f"tests/camera/{name}")


@needs_machine
@pytest.mark.timeout(LONGEST + 15)
@pytest.mark.parametrize("format_", ["mjpeg", "nv12"])
def test_whatever_a_camera_sends_is_understood(format_: str, marked: Path) -> None:
    fed = ["--camera", str(marked), "--size", "640x480", "--format", format_]
    _run(fed, "tests/camera/test_live_vm.py", "-k", "picture_of_the_person")
