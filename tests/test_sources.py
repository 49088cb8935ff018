import functools
import http.server
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.carried import CarriedPackets
from stream.errors import SourceError
from stream.frame import Frame
from stream.image_source import image_paths
from stream.sources import Source, open_source
from stream.trim import Trim
from tests import media

pytestmark = pytest.mark.usefixtures("no_thread_remains")
Maker = Callable[[Path], str]
COUNT = 8


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address under which `tmp_path` is served."""
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _matroska(folder: Path) -> str:
    media.write_video(folder / "a.mkv", COUNT)
    return str(folder / "a.mkv")


def _reordered(folder: Path) -> str:
    media.write_video(folder / "a.mp4", COUNT, codec="libx264", audio=1)
    return str(folder / "a.mp4")


def _uneven(folder: Path) -> str:
    media.write_video(folder / "a.mkv", COUNT, times=media.UNEVEN, time_base=media.BASE)
    return str(folder / "a.mkv")


def _transport(folder: Path) -> str:
    media.write_video(folder / "a.ts", COUNT, codec="libx264")
    return str(folder / "a.ts")


def _clockless(folder: Path) -> str:
    media.write_video(folder / "a.h264", COUNT, codec="libx264")
    return str(folder / "a.h264")


def _folder(folder: Path) -> str:
    media.write_pictures(folder / "pictures", COUNT)
    return str(folder / "pictures")


def _pattern(folder: Path) -> str:
    media.write_pictures(folder / "pictures", COUNT, pixel_format="yuvj420p", suffix=".jpg")
    return str(folder / "pictures" / "frame*.jpg")


MAKERS = [_matroska, _reordered, _uneven, _transport, _clockless, _folder, _pattern]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def source_name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name: str = request.param(tmp_path)
    return name


def opened(name: str) -> list[Frame]:
    with open_source(name) as source:
        return list(source)


def test_every_frame_comes_once_in_rising_order(source_name: str) -> None:
    frames = opened(source_name)
    assert len(frames) == COUNT
    assert all(before.pts < after.pts for before, after in itertools.pairwise(frames))
    assert all(frame.duration > 0 for frame in frames)


def test_info_describes_the_frames(source_name: str) -> None:
    with open_source(source_name) as source:
        info = source.info
        for frame in source:
            assert (frame.height, frame.width) == (info.height, info.width) == (48, 64)
            assert (frame.pixel_format, frame.time_base) == (info.pixel_format, info.time_base)
        assert source.truncated is None


def test_an_ended_source_stays_ended(source_name: str) -> None:
    with open_source(source_name) as source:
        assert len(list(source)) == COUNT
        if not hasattr(source, "_paths"):
            assert list(source) == []


def test_it_opens_again_with_the_same_frames(source_name: str) -> None:
    for first, second in zip(opened(source_name), opened(source_name), strict=True):
        assert first.pts == second.pts
        assert all(np.array_equal(a, b) for a, b in zip(first.planes, second.planes, strict=True))


def test_closing_twice_and_half_way_is_harmless(source_name: str) -> None:
    source: Source = open_source(source_name)
    next(iter(source))
    source.close()
    source.close()


def test_frames_outlive_the_source(source_name: str) -> None:
    frames = opened(source_name)
    assert len({frame.planes[0].tobytes() for frame in frames}) == COUNT


def test_a_single_picture_is_a_film_of_one(tmp_path: Path) -> None:
    path = media.write_pictures(tmp_path / "p", 3)[1]
    (frame,) = opened(str(path))
    assert (frame.pts, frame.height, frame.width) == (0, 48, 64)


def test_pictures_come_in_natural_order(tmp_path: Path) -> None:
    media.write_pictures(tmp_path / "p", 11)
    found = image_paths(str(tmp_path / "p"))
    assert found is not None
    assert [path.stem for path in found] == [f"frame{number}" for number in range(1, 12)]


def test_other_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    media.write_pictures(tmp_path / "p", 2)
    (tmp_path / "p" / "notes.txt").write_text("no picture")
    (tmp_path / "p" / "Thumbs.db").write_bytes(b"\0")
    assert len(opened(str(tmp_path / "p"))) == 2


def test_a_percent_sign_in_a_name_is_no_pattern(tmp_path: Path) -> None:
    (path,) = media.write_pictures(tmp_path / "p", 1)
    odd = path.rename(path.with_name("100%d.png"))
    assert len(opened(str(odd))) == 1


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
@pytest.mark.parametrize("name", ["yuvj420p", "yuvj422p"])
def test_photographs_come_upright(tmp_path: Path, name: str, orientation: int, turns: int) -> None:
    data = media.jpeg(48, 64, name)
    (tmp_path / "flat.jpg").write_bytes(data)
    (tmp_path / "photo.jpg").write_bytes(media.oriented(data, orientation))
    ((_, planes),) = media.read_pictures(tmp_path / "flat.jpg")
    (frame,) = opened(str(tmp_path / "photo.jpg"))
    np.testing.assert_array_equal(frame.planes[0], np.rot90(planes[0], turns))
    assert frame.layout.full_range


@pytest.mark.parametrize("suffix", [".nut", ".y4m"])
def test_standard_input_is_read_to_its_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    codec = "rawvideo" if suffix == ".nut" else "wrapped_avframe"
    truth = media.write_video(path, COUNT, codec=codec)
    code = (
        "from stream.sources import open_source\n"
        "with open_source('-') as source:\n"
        "    for frame in source: print(frame.pts * frame.time_base, int(frame.planes[0].sum()))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with path.open("rb") as pipe:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=pipe, capture_output=True, text=True, check=True,
            env=environment,
        )  # fmt: skip
    lines = [f"{Fraction(n, media.RATE)} {int(p[0].sum())}" for n, p in enumerate(truth)]
    assert done.stdout.split("\n")[:-1] == lines
    assert done.stderr == ""


def test_a_url_gives_the_frames_of_its_file(tmp_path: Path, served: str) -> None:
    name = _reordered(tmp_path)
    for local, remote in zip(opened(name), opened(f"{served}/a.mp4"), strict=True):
        assert local.pts == remote.pts
        assert np.array_equal(local.planes[0], remote.planes[0])


def test_a_url_that_is_not_there_is_one_line(served: str) -> None:
    with pytest.raises(SourceError, match=r"nothing\.mp4") as caught:
        open_source(f"{served}/nothing.mp4")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(48, 64), (47, 65), (17, 16)])
@pytest.mark.parametrize(
    "name",
    ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p12le", "yuv411p",
     "yuv440p", "gbrp10le", "gbrp16le", "gray", "gray16le", "yuva420p", "yuva444p10le"],
)  # fmt: skip
def test_lossless_planes_are_the_encoders_bit_for_bit(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    truth = media.write_video(tmp_path / "a.mkv", 3, *size, pixel_format=name)
    frames = opened(str(tmp_path / "a.mkv"))
    assert [frame.pixel_format.name for frame in frames] == [name.replace("yuva", "yuv")] * 3
    for frame, planes in zip(frames, truth, strict=True):
        assert len(frame.planes) == len(planes)
        for found, expected in zip(frame.planes, planes, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuvj420p"])
def test_lossy_planes_are_what_the_decoder_gives(tmp_path: Path, name: str) -> None:
    media.write_video(tmp_path / "a.mov", pixel_format=name, codec="libx264", height=50)
    truth = media.read_pictures(tmp_path / "a.mov")
    for frame, (seconds, planes) in zip(opened(str(tmp_path / "a.mov")), truth, strict=True):
        assert frame.seconds == seconds
        for found, expected in zip(frame.planes, planes, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["rgb24", "rgb48be"])
def test_packed_rgb_becomes_planes_without_loss(tmp_path: Path, name: str) -> None:
    (path,) = media.write_pictures(tmp_path / "p", 1, pixel_format=name)
    (frame,) = opened(str(path))
    source = "gbrp" if name == "rgb24" else "gbrp16le"
    assert frame.pixel_format.name == source
    for found, expected in zip(frame.planes, media.planes_of(source, 48, 64), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_png_in_quicktime_is_rgb(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mov"), "w") as out:
        stream = out.add_stream("png", media.RATE)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "rgb24"
        for number in range(3):
            packet = av.Packet(media.encoded("png", 48, 64, "rgb24", number))
            packet.stream, packet.time_base = stream, Fraction(1, media.RATE)
            packet.pts = packet.dts = number
            out.mux(packet)
    frames = opened(str(tmp_path / "a.mov"))
    assert frames[2].pixel_format.name == "gbrp"
    np.testing.assert_array_equal(frames[2].planes[0], media.planes_of("gbrp", 48, 64, 2)[0])


def test_jpeg_range_is_full(tmp_path: Path) -> None:
    media.write_video(tmp_path / "a.mkv", 2, codec="mjpeg", pixel_format="yuvj420p")
    assert all(frame.layout.full_range for frame in opened(str(tmp_path / "a.mkv")))


@pytest.mark.parametrize("size", [(48, 64), (47, 65)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotated_films_come_upright(
    tmp_path: Path, turn: int, suffix: str, size: tuple[int, int]
) -> None:
    path = tmp_path / f"a{suffix}"
    options = {"qp": "0"}
    truth = media.write_video(
        path, 3, *size, codec="libx264", pixel_format="yuv444p", rotation=turn, options=options
    )
    with open_source(str(path)) as source:
        frames = list(source)
        expected = size if turn == 180 else size[::-1]
        assert (source.info.height, source.info.width) == expected
    for frame, planes in zip(frames, truth, strict=True):
        assert frame.rotation == 0
        for found, flat in zip(frame.planes, planes, strict=True):
            np.testing.assert_array_equal(found, np.rot90(flat, turn // 90))


def test_uneven_times_are_kept_exactly(tmp_path: Path) -> None:
    frames = opened(_uneven(tmp_path))
    assert [frame.seconds for frame in frames] == [Fraction(t, 1000) for t in media.UNEVEN]


def test_ntsc_time_bases_are_kept_exactly(tmp_path: Path) -> None:
    base = Fraction(1001, 30000)
    media.write_video(tmp_path / "a.nut", 4, time_base=base, times=(0, 1, 2, 5))
    frames = opened(str(tmp_path / "a.nut"))
    assert [frame.seconds for frame in frames] == [base * n for n in (0, 1, 2, 5)]


def test_frames_before_time_zero_are_kept(tmp_path: Path) -> None:
    options = {"avoid_negative_ts": "disabled"}
    times = (-120, -80, -40, 0, 40)
    media.write_video(
        tmp_path / "a.mkv", 5, times=times, time_base=media.BASE, container_options=options
    )
    frames = opened(str(tmp_path / "a.mkv"))
    assert [frame.seconds for frame in frames] == [Fraction(t, 1000) for t in times]


def test_missing_times_are_counted_at_the_nominal_rate(tmp_path: Path) -> None:
    frames = opened(_clockless(tmp_path))
    assert [frame.seconds for frame in frames] == [Fraction(n, media.RATE) for n in range(COUNT)]


@pytest.mark.parametrize(
    ("start", "duration", "kept"),
    [("0", None, range(8)), ("0", "0.12", range(3)), ("0.12", None, range(3, 8)),
     ("0.1", "0.1", range(3, 5)), ("0.28", None, range(7, 8)), ("0", "9", range(8))],
)  # fmt: skip
@pytest.mark.parametrize("maker", [_matroska, _reordered, _transport, _clockless, _folder])
def test_a_part_holds_exactly_the_frames_in_it(
    tmp_path: Path, maker: Maker, start: str, duration: str | None, kept: range
) -> None:
    name = maker(tmp_path)
    whole = opened(name)
    trim = Trim(Fraction(start), Fraction(duration) if duration else None)
    with open_source(name, trim) as source:
        part = list(source)
        assert source.truncated is None
    assert len(part) == len(kept)
    for frame, number in zip(part, kept, strict=True):
        assert np.array_equal(frame.planes[0], whole[number].planes[0])
    if trim.start:
        assert [frame.seconds for frame in part] == [
            (whole[number].seconds - whole[kept[0]].seconds) for number in kept
        ]


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mpg"])
def test_a_part_between_key_frames_loses_none(tmp_path: Path, suffix: str) -> None:
    codec = "mpeg2video" if suffix == ".mpg" else "libx264"
    options = {"g": "50"}
    media.write_video(tmp_path / f"a{suffix}", 450, 32, 32, codec=codec, options=options)
    whole = opened(str(tmp_path / f"a{suffix}"))
    with open_source(str(tmp_path / f"a{suffix}"), Trim(Fraction(17), Fraction(1, 5))) as source:
        part = list(source)
    assert len(part) == 5
    assert np.array_equal(part[0].planes[0], whole[425].planes[0])
    assert source.truncated is None


@pytest.mark.parametrize("maker", [_matroska, _folder])
def test_a_part_beyond_the_end_is_one_line(tmp_path: Path, maker: Maker) -> None:
    with pytest.raises(SourceError, match="part asked for"):
        open_source(maker(tmp_path), Trim(Fraction(5)))


def drained(name: str, trim: Trim | None = None) -> tuple[list[Frame], list[av.Packet]]:
    with open_source(name, trim) as source:
        frames = list(source)
        assert source.companions is not None
        return frames, list(source.companions.packets)


def test_every_packet_of_sound_and_subtitles_is_carried(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    media.write_video(path, COUNT, audio=2, subtitles=True)
    with av.open(str(path)) as container:
        truth = [(p.stream_index, p.pts, bytes(p)) for p in container.demux() if p.size]
        video = container.streams.video[0].index
    _, packets = drained(str(path))
    found = [(p.stream_index, p.pts, bytes(p)) for p in packets]
    assert found == [each for each in truth if each[0] != video]
    assert {each[0] for each in found} == {1, 2, 3}


def test_without_carry_there_are_no_companions(tmp_path: Path) -> None:
    with open_source(_reordered(tmp_path), carry=False) as source:
        assert source.companions is None


def test_sound_is_trimmed_with_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    media.write_video(path, 50, audio=2)
    trim = Trim(Fraction(1), Fraction(1, 2))
    frames, packets = drained(str(path), trim)
    assert len(frames) == 12 or len(frames) == 13
    for index in (1, 2):
        seconds = [p.pts * p.time_base for p in packets if p.stream_index == index]
        # Packets are 1024 samples of 48 kHz; the last may lap over the end by one.
        assert 0 <= seconds[0] < Fraction(1024, 48000) + Fraction(1, 1000)
        assert Fraction(1, 2) - Fraction(2 * 1024, 48000) < seconds[-1] < Fraction(1, 2)


def test_sound_that_outlasts_the_picture_is_carried_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    media.write_video(path, 4, times=(0, 40, 80, 2000), time_base=media.BASE, audio=1)
    _, packets = drained(str(path))
    assert max(p.pts * p.time_base for p in packets) > Fraction(19, 10)


def test_cover_art_beside_a_film_is_passed_over(tmp_path: Path) -> None:
    truth = media.write_with_cover(tmp_path / "a.mp4")
    frames = opened(str(tmp_path / "a.mp4"))
    assert [frame.height for frame in frames] == [48] * len(truth)
    for frame, planes in zip(frames, truth, strict=True):
        np.testing.assert_array_equal(frame.planes[0], planes[0])


def test_a_pixel_format_that_changes_midway_is_brought_back(tmp_path: Path) -> None:
    shapes = [(48, 64, "yuvj420p")] * 2 + [(48, 64, "yuvj444p")] * 2
    media.write_changing(tmp_path / "a.mkv", shapes)
    frames = opened(str(tmp_path / "a.mkv"))
    assert [frame.pixel_format.name for frame in frames] == ["yuvj420p"] * 4
    truth = media.read_pictures(tmp_path / "a.mkv")
    for frame, (_, planes) in zip(frames, truth, strict=True):
        np.testing.assert_array_equal(frame.planes[0], planes[0])


def test_a_size_that_changes_midway_is_an_error_after_the_frames_before(tmp_path: Path) -> None:
    media.write_changing(tmp_path / "a.mkv", [(48, 64, "yuvj420p")] * 3 + [(32, 64, "yuvj420p")])
    seen = []
    with (
        open_source(str(tmp_path / "a.mkv")) as source,
        pytest.raises(SourceError, match=r"from 64x48 to 64x32 at 0\.12 s"),
    ):
        seen.extend(source)
    assert len(seen) <= 3


def test_a_file_cut_in_the_middle_tells_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    media.write_video(path, 60)
    media.cut_file(path, 0.5)
    with open_source(str(path)) as source:
        count = len(list(source))
        assert 20 < count < 40
        assert source.truncated is not None


@pytest.mark.parametrize(
    ("codec", "name", "suffix"),
    [("libx264", "yuv420p", ".mp4"), ("mpeg4", "yuv420p", ".mp4"), ("mjpeg", "yuvj420p", ".mov"),
     ("prores_ks", "yuv422p10le", ".mov")],
)  # fmt: skip
def test_broken_packets_tell_so_and_the_rest_comes(
    tmp_path: Path, codec: str, name: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    media.write_video(path, 30, 96, 128, pixel_format=name, codec=codec)
    media.spoil_packets(path, [10, 11])
    with open_source(str(path)) as source:
        count = len(list(source))
        assert 28 <= count <= 30
        assert source.truncated is not None
        assert "damaged" in source.truncated


def test_damage_before_the_part_asked_for_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    media.write_video(path, 30, 96, 128, codec="mpeg4", options={"g": "15"})
    media.spoil_packets(path, [2])
    with open_source(str(path), Trim(Fraction(18, 25))) as source:
        assert len(list(source)) == 12
        assert source.truncated is None


def test_a_medium_that_breaks_midway_is_a_truncated_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = CarriedPackets.video_packets

    def breaking(self: CarriedPackets) -> Iterator[av.Packet]:
        yield from itertools.islice(whole(self), 5)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(CarriedPackets, "video_packets", breaking)
    with open_source(_reordered(tmp_path)) as source:
        # What the decoder had taken in still comes out.
        assert len(list(source)) == 5
        assert source.truncated == "reading it stopped: Input/output error"


def test_planes_are_views_of_the_decoder(tmp_path: Path) -> None:
    frame = opened(_matroska(tmp_path))[0]
    assert all(plane.base is not None for plane in frame.planes)


def test_real_clips_end_where_they_say(clip: Callable[[str], Path]) -> None:
    with open_source(str(clip("outdoors_360p.mp4"))) as source:
        count = sum(1 for _ in source)
        assert count == 367
        assert source.info.frames == 367
        assert source.truncated is None
