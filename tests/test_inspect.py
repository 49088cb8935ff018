"""What inspect says is what was written."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from stream.errors import SourceError
from stream.inspect import describe, inspect

STEADY = [n * 40 for n in range(10)]
UNEVEN = [0, 40, 50, 130, 140, 300]


def write(
    path: Path,
    times: Sequence[int] = STEADY,
    codec: str = "ffv1",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (48, 64),
    tags: dict[str, int] | None = None,
    alpha: bool = False,
    tracks: int = 0,
) -> Path:
    """A clip whose frames are shown at `times` ms, with `tracks` tracks of silence."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(codec, rate=25)
        video.height, video.width = size
        video.pix_fmt, video.time_base = pixel_format, Fraction(1, 1000)
        video.codec_context.time_base = Fraction(1, 1000)
        for name, value in (tags or {}).items():
            setattr(video.codec_context, name, value)
        if alpha:
            video.metadata["alpha_mode"] = "1"
            video.options = {"auto-alt-ref": "0", "lag-in-frames": "0"}
        sounds = [
            container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(tracks)
        ]
        for number, time in enumerate(times):
            frame = picture(size, number).reformat(format=pixel_format)
            for name, value in (tags or {}).items():
                setattr(frame, name, value)
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for sound in sounds:
            container.mux([*sound.encode(silence()), *sound.encode(None)])
    return path


def picture(size: tuple[int, int], number: int) -> av.VideoFrame:
    rgba = np.full((*size, 4), 40 + number, np.uint8)
    rgba[..., 3] = np.linspace(0, 255, size[1], dtype=np.uint8)
    return av.VideoFrame.from_ndarray(rgba, format="rgba")


def silence() -> av.AudioFrame:
    samples = np.zeros((1, 4000), np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts = 8000, 0
    return frame


def test_constant_and_variable_rates_are_told_apart(tmp_path: Path) -> None:
    steady = inspect(str(write(tmp_path / "steady.mkv")))["video"][0]
    uneven = inspect(str(write(tmp_path / "uneven.mkv", UNEVEN)))["video"][0]
    assert (steady["rate_is"], uneven["rate_is"]) == ("constant", "variable")
    assert (steady["frames"], uneven["frames"]) == (10, 6)
    assert steady["rate_measured"] == 25


def test_intervals_are_exact(tmp_path: Path) -> None:
    stream = inspect(str(write(tmp_path / "a.mkv", UNEVEN)))["video"][0]
    milliseconds = {name: Fraction(text) * 1000 for name, text in stream["interval"].items()}
    assert milliseconds == {"min": 10, "median": 40, "max": 160}


def test_times_rounded_to_milliseconds_count_as_constant(tmp_path: Path) -> None:
    thirds = [round(n * 1000 / 30) for n in range(30)]
    stream = inspect(str(write(tmp_path / "a.mkv", thirds)))["video"][0]
    assert stream["rate_is"] == "constant"
    assert stream["rate_measured"] == pytest.approx(30, rel=2e-3)


@pytest.mark.parametrize(
    ("pixel_format", "depth", "alpha"),
    [("yuv420p", 8, False), ("yuv422p10le", 10, False), ("yuva444p", 8, True), ("gray", 8, False)],
)
def test_pixel_formats(tmp_path: Path, pixel_format: str, depth: int, alpha: bool) -> None:
    path = write(tmp_path / "a.mkv", pixel_format=pixel_format)
    stream = inspect(str(path))["video"][0]
    assert (stream["pixel_format"], stream["depth"]) == (pixel_format, depth)
    assert stream["alpha"] is alpha


@pytest.mark.skipif("libvpx-vp9" not in av.codecs_available, reason="needs libvpx")
@pytest.mark.parametrize("alpha", [True, False])
def test_vp9_alpha_is_seen_by_decoding(tmp_path: Path, alpha: bool) -> None:
    form = "yuva420p" if alpha else "yuv420p"
    path = write(tmp_path / "a.webm", STEADY[:3], "libvpx-vp9", form, alpha=alpha)
    stream = inspect(str(path))["video"][0]
    assert stream["alpha"] is alpha
    if alpha:
        least, most = stream["alpha_range"]
        assert least < 0.1
        assert most > 0.9


@pytest.mark.parametrize(("height", "guess"), [(480, "bt601"), (720, "bt709")])
def test_untagged_colour_names_what_is_assumed(tmp_path: Path, height: int, guess: str) -> None:
    path = write(tmp_path / "a.mkv", [0], size=(height, 1280))
    report = inspect(str(path))
    stream = report["video"][0]
    assert (stream["matrix"], stream["matrix_used"], stream["full_range"]) == (2, guess, None)
    assert "assumed" in describe(report)


def test_tags_are_read(tmp_path: Path) -> None:
    tags = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 2}
    stream = inspect(str(write(tmp_path / "a.mkv", [0, 40], tags=tags)))["video"][0]
    assert (stream["matrix"], stream["primaries"], stream["transfer"]) == (1, 1, 1)
    assert stream["range_used"] == "full"


def test_every_audio_track_is_listed(tmp_path: Path) -> None:
    tracks = inspect(str(write(tmp_path / "a.mkv", tracks=2)))["audio"]
    assert [(t["codec"], t["rate"], t["channels"]) for t in tracks] == [("pcm_s16le", 8000, 1)] * 2
    assert tracks[0]["duration"] == pytest.approx(0.5)


def test_rotated_video_is_described_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.height, video.width, video.pix_fmt = 48, 64, "yuv420p"
        video.set_display_rotation(90)
        container.mux([*video.encode(picture((48, 64), 0)), *video.encode(None)])
    stream = inspect(str(path))["video"][0]
    assert stream["rotation"] in {90, 270}
    assert (stream["height"], stream["width"]) == (64, 48)


def test_audio_alone_is_said_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000)
        container.mux([*sound.encode(silence()), *sound.encode(None)])
    report = inspect(str(path))
    assert report["kind"] == "audio"
    assert "only audio" in describe(report)


def test_a_folder_and_a_picture(tmp_path: Path) -> None:
    for number in range(3):
        rgba = np.full((5, 7, 4), 60 * number, np.uint8)
        assert cv2.imwrite(str(tmp_path / f"{number}.png"), rgba)
    folder = inspect(str(tmp_path))
    assert (folder["kind"], folder["count"]) == ("pictures", 3)
    single = inspect(str(tmp_path / "1.png"))
    stream = single["video"][0]
    assert (stream["height"], stream["width"], stream["alpha"]) == (5, 7, True)
    assert "3 pictures" in describe(folder)


def test_a_report_is_plain_json(tmp_path: Path) -> None:
    report = inspect(str(write(tmp_path / "a.mkv", tracks=1)))
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("content", [None, b"", b"no media at all, only words " * 40])
def test_what_is_no_media_gives_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.mp4") as caught:
        inspect(str(path))
    assert "\n" not in str(caught.value)


def test_a_broken_picture_gives_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60))
    with pytest.raises(SourceError, match=r"a\.png"):
        inspect(str(path))


def test_a_cut_off_file_tells_what_is_there(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mkv", range(0, 4000, 40))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    frames = inspect(str(cut))["video"][0]["frames"]
    assert 0 < frames < 100
