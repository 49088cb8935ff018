"""Live pictures from files, and what they are made into."""

import itertools
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.colour import UNSPECIFIED
from stream.errors import SourceError
from stream.live import feeds
from stream.live.feeds import Device, DeviceFeed, FileFeed
from stream.live.normal import Normaliser
from stream.live.slate import slate


def film(path: Path, frames: int = 5, width: int = 64, height: int = 48) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=200)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            gray = np.full((height, width, 3), 40 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def picture(width: int, height: int, format_: str, colour: tuple[int, int, int]) -> av.VideoFrame:
    rgb = np.full((height, width, 3), colour, np.uint8)
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format=format_, dst_colorspace="ITU601",
        dst_color_range="JPEG" if format_.startswith("yuvj") else "MPEG",
    )  # fmt: skip


@pytest.mark.parametrize(
    "format_", ["yuv420p", "yuvj420p", "yuvj422p", "yuyv422", "uyvy422", "nv12", "rgb24", "bgr0"]
)
@pytest.mark.parametrize("size", [(64, 48), (80, 36), (33, 95), (16, 16)])
def test_whatever_a_camera_gives_becomes_one_kind(format_: str, size: tuple[int, int]) -> None:
    decoded = picture(*size, format_, (200, 120, 40))
    frame = Normaliser((48, 64), is_webcam=True)(decoded, 5)
    assert frame.planes[0].shape == (48, 64)
    assert frame.pixel_format.name == "yuv420p"
    assert frame.pts == 5
    middle = frame.rgb(48, 64)[24, 32].astype(int)
    assert np.abs(middle - (200, 120, 40)).max() <= 4


@pytest.mark.parametrize(
    ("size", "matrix"),
    [
        ((1920, 1080), "ITU709"),
        ((1080, 1920), "ITU709"),
        ((854, 480), "ITU601"),
        ((480, 854), "ITU601"),
    ],
)
def test_untagged_films_are_hd_by_their_short_side(size: tuple[int, int], matrix: str) -> None:
    rgb = np.full((size[1], size[0], 3), (40, 200, 60), np.uint8)
    decoded = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=matrix, dst_color_range="MPEG"
    )
    decoded.colorspace = UNSPECIFIED
    frame = Normaliser((48, 64), is_webcam=False)(decoded, 0)
    # FFmpeg's way from one matrix to the other is some levels off; the wrong one is 26 off.
    assert np.abs(frame.rgb(48, 64)[24, 32].astype(int) - (40, 200, 60)).max() <= 8


@pytest.mark.parametrize("size", [(64, 48), (80, 36), (33, 95), (854, 480), (128, 128)])
def test_pictures_have_no_gaps_whatever_their_size(size: tuple[int, int]) -> None:
    frame = Normaliser((96, 86), is_webcam=True)(picture(*size, "yuv420p", (200, 120, 40)), 0)
    assert all(plane.flags.c_contiguous for plane in frame.planes)


def test_what_sticks_out_is_cut_off_on_both_sides_alike() -> None:
    rgb = np.zeros((48, 128, 3), np.uint8)
    rgb[:, 60:68] = 255
    decoded = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    seen = Normaliser((48, 64), is_webcam=True)(decoded, 0).planes[0]
    bright = np.flatnonzero(seen[24] > 128)
    assert bright.min() + bright.max() == 63


@pytest.mark.parametrize("size", [(47, 64), (48, 63), (0, 64)])
def test_sizes_that_pictures_cannot_have_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even"):
        Normaliser(size, is_webcam=True)


def test_a_file_is_played_again_and_again_in_rising_time(tmp_path: Path) -> None:
    feed = FileFeed(str(film(tmp_path / "a.mkv")), (48, 64))
    try:
        got = list(itertools.islice(feed, 12))
    finally:
        feed.close()
    lumas = [int(each.frame.planes[0][0, 0]) for each in got]
    assert lumas[:5] == lumas[5:10]
    assert len(set(lumas)) == 5
    times = [each.frame.seconds for each in got]
    assert all(before < after for before, after in itertools.pairwise(times))
    assert times[5] - times[0] == pytest.approx(5 / 200, abs=2e-3)


def test_a_file_waits_for_each_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(feeds.time, "sleep", slept.append)
    monkeypatch.setattr(feeds.time, "monotonic", lambda: 100.0)
    feed = FileFeed(str(film(tmp_path / "a.mkv")), (48, 64))
    got = list(itertools.islice(feed, 5))
    feed.close()
    assert [each.at for each in got] == pytest.approx([100 + n / 200 for n in range(5)])
    # Before each picture is decoded, and where its time then lies later still, again.
    assert slept[0] == pytest.approx(1 / 200)
    assert slept[-1] == pytest.approx(4 / 200)


def test_a_file_that_is_no_film_is_told(tmp_path: Path) -> None:
    bad = tmp_path / "a.mp4"
    bad.write_text("words")
    with pytest.raises(SourceError, match=r"a\.mp4"):
        FileFeed(str(bad), (48, 64))


def test_a_camera_that_is_not_there_is_told() -> None:
    with pytest.raises(SourceError, match="no such camera"):
        DeviceFeed(Device("/dev/video99", "v4l2", {}), (48, 64))


def test_a_device_of_broken_pictures_goes_on_until_there_are_too_many(tmp_path: Path) -> None:
    path = tmp_path / "broken.mjpeg"
    whole = picture(64, 48, "yuvj420p", (200, 120, 40))
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    good = b"".join(bytes(packet) for packet in encoder.encode(whole))
    broken = good[:20] + b"\xff\xd8\xff\xd9"
    path.write_bytes(good + broken * 3 + good)
    feed = DeviceFeed(Device(str(path), "mjpeg", {}), (48, 64))
    got = []
    with pytest.raises(SourceError, match="ended"):
        for each in feed:
            got.append(each)
    feed.close()
    assert len(got) >= 2


def test_slates_are_made_once_and_not_written_to() -> None:
    first = slate(48, 64, "Paused", "a word of why")
    assert slate(48, 64, "Paused", "a word of why") is first
    assert [plane.shape for plane in first] == [(48, 64), (24, 32), (24, 32)]
    assert first[0].max() > 150
    with pytest.raises(ValueError, match="read-only"):
        first[0][0, 0] = 1


def test_the_clock_of_a_device_is_believed_only_if_it_is_ours() -> None:
    now = time.monotonic()
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.time_base = Fraction(1, 1_000_000)
    frame.pts = int((now - 0.02) * 1e6)
    assert feeds._taken(frame, now) == pytest.approx(now - 0.02, abs=1e-5)
    frame.pts = 17
    assert feeds._taken(frame, now) == now
