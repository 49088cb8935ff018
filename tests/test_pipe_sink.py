"""Standard output as a target: what a program at the other end receives."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.errors import SinkError
from stream.formats import FORMATS
from stream.receipt import witness_of
from stream.sinks import open_sink
from tests.output_media import PTS, TIME_BASE, alpha_of, frames_of, info_of, samples

ROOT = Path(__file__).parent.parent
WRITE = """
import sys
sys.path.insert(0, sys.argv[1])
from stream.errors import SinkError
from stream.formats import FORMATS
from stream.sinks import open_sink
from tests.output_media import alpha_of, frames_of, info_of
form, info = FORMATS[sys.argv[2]], info_of()
try:
    with open_sink("-", form, info) as sink:
        for _ in range(int(sys.argv[3])):
            for number, frame in enumerate(frames_of(info)):
                sink.write(frame, None if form.needs_background else alpha_of(number))
except SinkError as error:
    sys.exit(f"error: {error}")
"""


def piped(name: str, rounds: int = 1) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", WRITE, str(ROOT), name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def received(name: str) -> list[tuple[Any, av.VideoFrame]]:
    out, complaint = piped(name).communicate(timeout=60)
    assert complaint == b""
    with av.open(io.BytesIO(out)) as container:
        video = container.streams.video[0]
        return [((p.pts or 0) * p.time_base, p) for p in container.decode(video)]


def test_nut_carries_alpha_and_times_through_a_pipe() -> None:
    pictures = received("nut")
    assert [seconds for seconds, _ in pictures] == [moment * TIME_BASE for moment in PTS]
    for number, (_, picture) in enumerate(pictures):
        assert np.abs(witness_of(picture) - 255.0 * alpha_of(number)).max() <= 0.51


def test_y4m_carries_the_samples_through_a_pipe() -> None:
    for frame, (_, picture) in zip(frames_of(info_of()), received("y4m"), strict=True):
        for number, plane in enumerate(frame.planes):
            np.testing.assert_array_equal(samples(picture, number), plane)


@pytest.mark.parametrize("name", ["nut", "y4m"])
def test_a_reader_that_leaves_is_one_line(name: str) -> None:
    process = piped(name, rounds=200)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    complaint = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert "error: standard output: Broken pipe" in complaint
    assert "Traceback" not in complaint


def test_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(SinkError, match="terminal"):
        open_sink("-", FORMATS["nut"], info_of())
