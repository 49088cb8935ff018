"""The tests of tests/camera pass on a machine with real devices, which is started for them."""

import os
import platform
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
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


@pytest.fixture(scope="module")
def compiled(marked: Path) -> str:
    """What `live` says here, until pictures leave: then all is compiled, in the cache that machines
    see. What they compile themselves is lost with them."""
    words = [sys.executable, "run.py", "live", "--camera", str(marked), "--to", "none"]
    live = subprocess.Popen(
        [*words, "--size", "640x480"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    watch = threading.Timer(LONGEST, live.kill)
    watch.start()
    with live:
        assert live.stderr is not None
        said = ""
        while line := live.stderr.readline():
            said += line
            if line.endswith(" live\n"):
                live.send_signal(signal.SIGINT)
    watch.cancel()
    assert live.returncode == 0, said
    return said


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
def test_a_room_of_one_colour_is_behind_the_person(marked: Path) -> None:
    with av.open(str(marked)) as container:
        rgb = next(container.decode(video=0)).to_ndarray(format="rgb24")
    room = (np.abs(rgb.astype(int) - (255, 0, 255)).max(2) < 24).mean()
    assert 0.2 < room < 0.95


@needs_machine
def test_live_begins_on_the_host_and_ends_when_it_is_asked_to(compiled: str) -> None:
    assert " live\n" in compiled


@needs_machine
@pytest.mark.usefixtures("compiled")
@pytest.mark.timeout(LONGEST + 15)
@pytest.mark.parametrize("name", FILES)
def test_what_needs_real_devices_passes_with_real_devices(name: str, marked: Path) -> None:
    fed = [] if name in UNFED else ["--camera", str(marked), "--size", "640x480"]
    _run(fed, f"tests/camera/{name}")


@needs_machine
@pytest.mark.usefixtures("compiled")
@pytest.mark.timeout(LONGEST + 15)
@pytest.mark.parametrize("format_", ["mjpeg", "nv12"])
def test_whatever_a_camera_sends_is_understood(format_: str, marked: Path) -> None:
    fed = ["--camera", str(marked), "--size", "640x480", "--format", format_]
    _run(fed, "tests/camera/test_live_vm.py", "-k", "picture_of_the_person")
