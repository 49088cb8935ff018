"""One suite for every format: order, times, alpha, colour, and what is left after each ending."""

import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.colour import Colour
from stream.errors import SinkError
from stream.formats import FORMATS, Format
from stream.frame import Frame
from stream.receipt import witness_of
from stream.sinks import open_sink
from tests.output_media import (
    BT601,
    LAST,
    PTS,
    TIME_BASE,
    alpha_of,
    frames_of,
    info_of,
    read_back,
    samples,
    write_all,
)  # fmt: skip

EVERY = list(FORMATS.values())
TIMED = [each for each in EVERY if each.medium == "file"]
WITH_ALPHA = [each for each in EVERY if each.carries_alpha and each.content == "picture"]


def named(form: Format) -> str:
    return form.name


def out_of(folder: Path, form: Format) -> Path:
    return folder / f"out{form.suffix}"


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_every_frame_arrives_once_in_order(form: Format, tmp_path: Path) -> None:
    write_all(out_of(tmp_path, form), form, info_of())
    read = read_back(out_of(tmp_path, form))
    assert len(read) == len(PTS)
    sent = [frame.planes[0] for frame in frames_of(info_of())]
    for number, (_, picture) in enumerate(read):
        seen = witness_of(picture)[:48].astype(float)
        if form.carries_alpha and form.content != "stacked":
            expected = alpha_of(number) * 255.0
            if form.name == "matte-mp4":
                expected = 16 + 219 * alpha_of(number)
        else:
            expected = sent[number].astype(float)
        assert np.abs(seen - expected).mean() < 3


@pytest.mark.parametrize("form", TIMED, ids=named)
def test_times_are_kept_with_a_variable_rate(form: Format, tmp_path: Path) -> None:
    write_all(out_of(tmp_path, form), form, info_of())
    times = [seconds for seconds, _ in read_back(out_of(tmp_path, form))]
    exact = [moment * TIME_BASE for moment in PTS]
    if form.exact_time:
        assert times == exact
    else:
        assert times == [Fraction(round(each * 1000), 1000) for each in exact]


@pytest.mark.parametrize("form", [each for each in TIMED if each.keeps_times], ids=named)
def test_last_frame_lasts_as_long_as_it_did(form: Format, tmp_path: Path) -> None:
    receipt = write_all(out_of(tmp_path, form), form, info_of()).receipt
    assert receipt.end == (PTS[-1] + LAST) * TIME_BASE
    with av.open(str(out_of(tmp_path, form))) as container:
        video = container.streams.video[0]
        ends = [(p.pts + p.duration) * p.time_base for p in container.demux(video) if p.size]
    assert abs(max(ends) - receipt.end) <= (0 if form.exact_time else Fraction(1, 1000))


@pytest.mark.parametrize("start", [-6006, 0, 12345])
@pytest.mark.parametrize("name", ["prores4444", "mp4"])
def test_first_time_need_not_be_zero(name: str, start: int, tmp_path: Path) -> None:
    form, out = FORMATS[name], tmp_path / f"out{FORMATS[name].suffix}"
    info = info_of()
    pts = [moment + start for moment in PTS]
    with open_sink(str(out), form, info) as sink:
        for number, frame in enumerate(frames_of(info, pts)):
            sink.write(frame, alpha_of(number) if form.carries_alpha else None)
    if start >= 0:
        assert [seconds / TIME_BASE for seconds, _ in read_back(out)] == pts
    else:
        steps = np.diff([float(seconds / TIME_BASE) for seconds, _ in read_back(out)])
        assert set(steps.round(3)) <= set(np.diff(PTS).astype(float))


@pytest.mark.parametrize("source", ["yuv420p", "yuv422p10le", "gbrp"])
@pytest.mark.parametrize("form", WITH_ALPHA, ids=named)
def test_alpha_is_read_back_as_sent(form: Format, source: str, tmp_path: Path) -> None:
    write_all(out_of(tmp_path, form), form, info_of(source))
    for number, (_, picture) in enumerate(read_back(out_of(tmp_path, form))):
        gap = np.abs(witness_of(picture) - alpha_of(number) * 255.0)
        assert gap.mean() < max(form.alpha_tolerance, 0.51)
        assert gap.max() <= (12 if form.name == "webm" else 1.5)


@pytest.mark.parametrize("form", WITH_ALPHA, ids=named)
def test_alpha_format_can_be_opaque(form: Format, tmp_path: Path) -> None:
    write_all(out_of(tmp_path, form), form, info_of(), transparent=False)
    names = {picture.format.name for _, picture in read_back(out_of(tmp_path, form))}
    assert not any("a" in name.replace("bgra", "").replace("gray", "") for name in names)


@pytest.mark.parametrize(
    "source", ["yuv420p", "yuv422p", "yuv444p10le", "yuv420p10le", "yuv422p12le"]
)
def test_ffv1_returns_every_sample(source: str, tmp_path: Path) -> None:
    info = info_of(source)
    write_all(tmp_path / "out.mkv", FORMATS["ffv1"], info)
    for frame, (_, picture) in zip(frames_of(info), read_back(tmp_path / "out.mkv"), strict=True):
        for number, plane in enumerate(frame.planes):
            np.testing.assert_array_equal(samples(picture, number), plane)


@pytest.mark.parametrize("source", ["yuv420p10le", "gbrp10le"])
def test_ten_bit_levels_survive_in_sixteen_bit_png(source: str, tmp_path: Path) -> None:
    write_all(tmp_path / "out", FORMATS["png"], info_of(source, Colour(1, 1, 1, False)))
    _, picture = read_back(tmp_path / "out")[0]
    assert picture.format.name == "rgba64be"
    values = np.frombuffer(picture.planes[0], ">u2").reshape(picture.height, -1)[0, 1 : 64 * 4 : 4]
    assert len(np.unique(values >> 6)) > 45


@pytest.mark.parametrize("form", EVERY, ids=named)
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_odd_sizes_are_written(form: Format, size: tuple[int, int], tmp_path: Path) -> None:
    height, width = size
    write_all(out_of(tmp_path, form), form, info_of(height=height, width=width))
    _, picture = read_back(out_of(tmp_path, form))[0]
    if form.even:
        height, width = height + height % 2, width + width % 2
    if form.content == "stacked":
        height *= 2
    assert (picture.height, picture.width) == (height, width)


@pytest.mark.parametrize("form", [each for each in TIMED if each.name != "nut"], ids=named)
def test_sample_aspect_is_written(form: Format, tmp_path: Path) -> None:
    write_all(out_of(tmp_path, form), form, info_of(aspect=Fraction(16, 11)))
    with av.open(str(out_of(tmp_path, form))) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
    assert abs(aspect - Fraction(16, 11)) < Fraction(1, 50)


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_closing_twice_leaves_one_output_and_no_partial(form: Format, tmp_path: Path) -> None:
    sink = write_all(out_of(tmp_path, form), form, info_of())
    sink.close()
    assert [each.name for each in tmp_path.iterdir()] == [out_of(tmp_path, form).name]


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_an_error_while_writing_leaves_nothing(form: Format, tmp_path: Path) -> None:
    def fail() -> None:
        with open_sink(str(out_of(tmp_path, form)), form, info_of()) as sink:
            sink.write(next(frames_of(info_of())), None if form.needs_background else alpha_of(0))
            raise RuntimeError("the model failed")

    with pytest.raises(RuntimeError, match="the model failed"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_kept_partial_plays_under_a_name_that_says_so(form: Format, tmp_path: Path) -> None:
    info = info_of()
    sink = open_sink(str(out_of(tmp_path, form)), form, info)
    for number, frame in zip(range(4), frames_of(info), strict=False):
        sink.write(frame, None if form.needs_background else alpha_of(number))
    kept = sink.keep_partial()
    sink.close()
    assert kept.name == f"out.partial{form.suffix}"
    assert [each.name for each in tmp_path.iterdir()] == [kept.name]
    assert len(read_back(kept)) == 4


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_an_existing_output_is_kept_unless_told(form: Format, tmp_path: Path) -> None:
    out = out_of(tmp_path, form)
    write_all(out, form, info_of())
    with pytest.raises(SinkError, match="already exists"):
        open_sink(str(out), form, info_of())
    write_all(out, form, info_of(), overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_a_missing_folder_is_named(form: Format, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"nowhere.*does not exist"):
        open_sink(str(tmp_path / "nowhere" / f"out{form.suffix}"), form, info_of())


def test_a_single_png_holds_one_picture(tmp_path: Path) -> None:
    frames: Iterator[Frame] = frames_of(info_of())
    with open_sink(str(tmp_path / "one.png"), FORMATS["png"], info_of()) as sink:
        sink.write(next(frames), alpha_of(0))
    assert len(read_back(tmp_path / "one.png")) == 1
    with (
        pytest.raises(SinkError, match="one picture"),
        open_sink(str(tmp_path / "two.png"), FORMATS["png"], info_of()) as sink,
    ):
        sink.write(next(frames), alpha_of(0))
        sink.write(next(frames), alpha_of(1))
    assert not (tmp_path / "two.png").exists()


def test_a_missing_encoder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("av.codecs_available", {"png"})
    with pytest.raises(SinkError, match="libvpx-vp9"):
        open_sink(str(tmp_path / "out.webm"), FORMATS["webm"], info_of())
    assert list(tmp_path.iterdir()) == []


def test_lost_bits_are_said(tmp_path: Path) -> None:
    sink = write_all(tmp_path / "out.mp4", FORMATS["mp4"], info_of("yuv420p10le"))
    assert any("8 of the source's 10 bits" in each for each in sink.warnings)


def test_alpha_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"\(5, 5\).*48x64"),
        open_sink(str(tmp_path / "o.webm"), FORMATS["webm"], info_of()) as sink,
    ):
        sink.write(next(frames_of(info_of())), np.zeros((5, 5), np.float32))


def test_stacked_shows_alpha_as_gray_below(tmp_path: Path) -> None:
    write_all(tmp_path / "out.mp4", FORMATS["stacked"], info_of("yuv420p", BT601))
    _, picture = read_back(tmp_path / "out.mp4")[0]
    luma = samples(picture, 0)
    assert np.abs(luma[48:] - (16 + 219 * alpha_of(0))).mean() < 2
    assert np.abs(samples(picture, 1)[24:].astype(int) - 128).max() <= 4


def full_disk() -> Iterator[Path]:
    """A file system of 300 kB."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder],
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip("needs the right to mount a small tmpfs")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


small_disk = pytest.fixture(full_disk)


@pytest.mark.parametrize("form", EVERY, ids=named)
def test_a_full_disk_is_named_and_leaves_nothing(form: Format, small_disk: Path) -> None:
    info = info_of(height=360, width=640)
    random = np.random.default_rng(0)

    def write() -> None:
        with open_sink(str(out_of(small_disk, form)), form, info) as sink:
            for number in range(30):
                noise = random.integers(16, 235, (360, 640), dtype=np.uint8)
                planes = (noise, noise[::2, ::2], noise[::2, ::2])
                frame = Frame(planes, info.pixel_format, BT601, number * 3003, TIME_BASE, 3003)
                alpha = noise / np.float32(255)
                sink.write(frame, None if form.needs_background else alpha)

    with pytest.raises(SinkError, match=r"out.*No space left"):
        write()
    assert list(small_disk.iterdir()) == []


def test_an_unwritable_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        open_sink(str(tmp_path / ("x" * 300 + ".webm")), FORMATS["webm"], info_of())


def test_padding_repeats_the_last_row_and_column(tmp_path: Path) -> None:
    info = info_of(height=33, width=47)
    planes = (np.full((33, 47), 60, np.uint8), *(np.full((17, 24), 128, np.uint8),) * 2)
    planes[0][:, 40:] = 200
    with open_sink(str(tmp_path / "out.mp4"), FORMATS["mp4"], info) as sink:
        sink.write(Frame(planes, info.pixel_format, BT601, 0, TIME_BASE, 3003), None)
    luma = samples(read_back(tmp_path / "out.mp4")[0][1], 0)
    assert np.abs(luma[:, 47].astype(int) - 200).max() < 12
    assert np.abs(luma[33].astype(int) - luma[32]).max() < 12


def test_webm_says_that_it_has_alpha_and_only_then(tmp_path: Path) -> None:
    for transparent in (True, False):
        out = tmp_path / f"{transparent}.webm"
        write_all(out, FORMATS["webm"], info_of(), transparent=transparent)
        # The AlphaMode element, which browsers go by.
        assert (bytes.fromhex("53c08101") in out.read_bytes()) == transparent
