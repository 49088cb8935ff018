"""A track of reordered pictures of uneven length lasts as long as it is shown."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.colour import Colour
from stream.formats import FORMATS
from stream.frame import Frame
from stream.pixels import parse
from stream.sinks import open_sink
from stream.source_info import SourceInfo
from stream.span import Span

BASE = Fraction(1, 1000)
TIMES = [0, 40, 80, 130, 131, 200, 290, 300, 420, 500]
LAST = 77


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(ValueError, match="no packet"):
        Span().last_duration()


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_uneven_pictures_in_a_track_end_when_the_last_one_does(tmp_path: Path, suffix: str) -> None:
    pixels = parse("yuv420p")
    assert pixels is not None
    info = SourceInfo(
        64, 96, pixels, Colour(), BASE, Fraction(25), Fraction(1), len(TIMES), None
    )  # fmt: skip
    path = tmp_path / f"out.{suffix}"
    noise = np.random.default_rng(3)
    ends = [*TIMES[1:], TIMES[-1] + LAST]
    with open_sink(str(path), FORMATS["mp4" if suffix == "mp4" else "prores4444"], info) as sink:
        for pts, end in zip(TIMES, ends, strict=True):
            planes = tuple(
                noise.integers(16, 235, shape, np.uint8) for shape in ((64, 96), (32, 48), (32, 48))
            )
            alpha = None if suffix == "mp4" else np.ones((64, 96), np.float32)
            sink.write(Frame(planes, pixels, Colour(), pts, BASE, end - pts), alpha)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        read = [frame.pts * video.time_base for frame in container.decode(video)]
        assert read == [pts * BASE for pts in TIMES]
        assert video.duration * video.time_base == (TIMES[-1] + LAST) * BASE
