"""`live` between real devices, while other programs come, go, and want what it has."""

import subprocess
import sys
from pathlib import Path

import av
import pytest

from tests.camera.devices import CAMERA, INSIDE, IS_FED, VIRTUAL, VIVID
from tests.camera.live_devices import is_picture, live, reading_live

pytestmark = [
    pytest.mark.skipif(not INSIDE, reason="runs inside camera-vm"),
    pytest.mark.skipif(not IS_FED, reason="no camera that plays a clip"),
    pytest.mark.timeout(280),
]


def test_twenty_consumers_come_and_go_and_leave_nothing_behind(tmp_path: Path) -> None:
    with live(CAMERA, tmp_path) as running:
        with reading_live() as reader:
            reader.until(is_picture)
        before = running.holds()
        for _ in range(20):
            with av.open(VIRTUAL, format="v4l2") as container:
                next(container.decode(video=0))
        after = running.holds()
    assert after[0] <= before[0] + 1
    assert after[1] <= before[1] + 1


def test_a_virtual_camera_in_use_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with live(VIVID, tmp_path), reading_live():
        words = [sys.executable, "run.py", "live", "--camera", CAMERA, "--device-out", VIRTUAL]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert VIRTUAL in done.stderr
