"""Clips that benchmarks play."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.clips import scaled_clip


def climbing(path: Path, count: int) -> Path:
    """A clip that becomes brighter from picture to picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", 30)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(count):
            plane = np.full((54, 64), 20 + 10 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(plane, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def levels(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        lumas = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    step = 10 * 255 / 219  # of video's range in that of gray pictures
    return [round(float(luma.mean() - lumas[0].mean()) / step) for luma in lumas]


@pytest.mark.parametrize(
    ("most", "expected"), [(8, [0, 1, 2, 3, 3, 2, 1, 0]), (29, [*range(10), *range(9, -1, -1)])]
)
def test_to_and_fro_no_picture_jumps(tmp_path: Path, most: int, expected: list[int]) -> None:
    clip = climbing(tmp_path / "clip.mkv", 10)
    path = scaled_clip(str(clip), 144, most, tmp_path / "out.mp4", 30, to_and_fro=True)
    assert levels(path) == expected
