"""`live` with a camera whose plug is pulled again and again: nothing leaks, in either sense."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.camera.devices import INSIDE, VIVID
from tests.camera.live_devices import is_picture, is_slate, live, pull, reading_live

pytestmark = [
    pytest.mark.skipif(not INSIDE, reason="runs inside camera-vm"),
    pytest.mark.timeout(280),
]
CYCLES = int(os.environ.get("HAIRLINE_UNPLUG", "20"))
MORE = 1, 1, 40
"""Files, threads and mebibytes by which the last quarter may hold more than the second: in the
first nets are compiled, 30 MiB and two threads each."""
STEADY = "--quality", "fast"
"""Whenever a machine becomes busy, nets are compiled for the step below and, where there are
threads to give up, for fewer of them: neither can happen here."""


def test_a_camera_pulled_out_again_and_again_leaks_neither_room_nor_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    with live(VIVID, tmp_path, *STEADY) as running, reading_live() as reader:
        reader.until(is_picture)
        counts = []
        for _ in range(CYCLES):
            back = running.said().count("camera: back")
            pull(VIVID)
            seen = reader.until(lambda _, back=back: running.said().count("camera: back") > back)
            seen += reader.until(is_picture)
            seen += [planes for planes, _ in zip(reader, range(20), strict=False)]
            # Nobody is before vivid's coloured bars: whatever is not our green is a leak.
            assert all(is_slate(planes) or np.ptp(planes[1]) <= 4 for planes in seen)
            counts.append(running.holds())
    # What is held only while a net is compiled beside is no leak: that is there from then on.
    part = max(CYCLES // 4, 1)
    for held, more in zip(zip(*counts, strict=True), MORE, strict=True):
        assert min(held[-part:]) - min(held[part : 2 * part]) <= more, counts
