"""`live` between real devices, read back by another program: nothing of the room, come what may."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from kernels.types import Planes
from tests.camera.devices import CAMERA, INSIDE, IS_FED
from tests.camera.live_devices import (
    Reader,
    is_lost,
    is_picture,
    is_slate,
    live,
    reading_live,
    share_of_background,
)

pytestmark = [
    pytest.mark.skipif(not INSIDE, reason="runs inside camera-vm"),
    pytest.mark.timeout(280),
]
needs_person = pytest.mark.skipif(not IS_FED, reason="no camera that plays a clip")


def magenta(planes: Planes) -> float:
    """The share of the picture that is the colour of the room behind the person of the clip."""
    room = (np.abs(planes[1].astype(int) - 202) < 14) & (np.abs(planes[2].astype(int) - 222) < 14)
    return float(room.mean())


@needs_person
def test_a_picture_of_the_person_without_the_room_reaches_a_consumer_undisturbed_by_another(
    tmp_path: Path,
) -> None:
    with live(CAMERA, tmp_path), reading_live() as reader:
        seen = reader.until(is_picture)
        assert is_slate(seen[0])
        other = Reader(3)
        # A machine that is slow for a moment shows a slate in between.
        seen += [planes for _ in range(30) for planes in reader.until(is_picture)]
        read = len(list(other))
        other.close()
        # From 0.14 on v4l2loopback lets one program at a time stream, older ones any number.
        assert read == 3 or "busy" in other.trouble
        seen += [planes for _ in range(5) for planes in reader.until(is_picture)]
    shown = [planes for planes in seen if is_picture(planes)]
    assert len(shown) >= 30
    assert max(map(magenta, seen)) < 0.02
    person = 1 - np.mean([share_of_background(planes) for planes in shown])
    assert 0.1 < person < 0.4


@needs_person
def test_a_camera_that_stops_sending_is_a_slate_and_comes_back(tmp_path: Path) -> None:
    feeder = int(os.environ["CAMERA_VM_FEED_PID"])
    with live(CAMERA, tmp_path) as running, reading_live() as reader:
        reader.until(is_picture)
        os.kill(feeder, signal.SIGSTOP)
        try:
            reader.until(is_lost)
        finally:
            os.kill(feeder, signal.SIGCONT)
        seen = reader.until(is_picture)
        assert max(map(magenta, seen)) < 0.02
        assert "camera lost" in running.said()
