"""Clips of one size for the benchmarks, scaled from a given film or made from a photograph."""

import itertools
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from kernels.types import Rgb
from stream.demo import photograph, shots
from stream.errors import UsageError
from stream.frame import Frame
from stream.sources import open_source

RATE = 25


def scaled_clip(
    clip: str | None,
    height: int,
    frames: int,
    path: Path,
    rate: int = RATE,
    to_and_fro: bool = False,
) -> Path:
    """Write `frames` frames of `clip`, over and over, as 16:9 H.264 of `height` lines to `path`.

    clip: a video, or None for the demo's photograph; rate: frames a second, whatever the clip's.
    to_and_fro: forwards and then backwards, perhaps some frames less, so that no picture jumps when
    what is written is played over and over. Returns `path`.
    """
    width = round(height * 16 / 9 / 2) * 2
    with av.open(str(path), "w") as container:
        options = {"crf": "18", "preset": "veryfast"}
        stream = container.add_stream("libx264", rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        seen = _to_and_fro(clip, frames) if to_and_fro else itertools.islice(_endless(clip), frames)
        for index, picture in enumerate(seen):
            frame = picture.reformat(width, height, "yuv420p", interpolation="BICUBIC")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def scaled_frames(clip: str | None, height: int, count: int) -> list[Frame]:
    """The frames of a `scaled_clip`, decoded."""
    with tempfile.TemporaryDirectory() as folder:
        path = scaled_clip(clip, height, count, Path(folder) / "clip.mp4")
        with open_source(str(path), carry=False) as source:
            return list(source)


def _to_and_fro(clip: str | None, most: int) -> Iterator[av.VideoFrame]:
    forth = list(itertools.islice(_once(clip), max(1, most // 2)))
    if not forth:
        raise UsageError(f"{clip} has no pictures")
    for _ in range(max(1, most // (2 * len(forth)))):
        yield from forth
        yield from reversed(forth)


def _endless(clip: str | None) -> Iterator[av.VideoFrame]:
    while True:
        yield from _once(clip)


def _once(clip: str | None) -> Iterator[av.VideoFrame]:
    if clip is None:
        yield from (_widened(shot) for shot in shots(photograph()))
        return
    with av.open(clip) as container:
        yield from container.decode(video=0)


def _widened(shot: Rgb) -> av.VideoFrame:
    """A square shot in a 16:9 frame, its edges drawn out to both sides."""
    side = shot.shape[0]
    extra = round(side * (16 / 9 - 1) / 2)
    wide = cv2.copyMakeBorder(shot, 0, 0, extra, extra, cv2.BORDER_REPLICATE)
    return av.VideoFrame.from_ndarray(np.asarray(wide, np.uint8), "rgb24")
