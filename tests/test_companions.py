"""Sound, subtitles, chapters and metadata arrive with the picture, at their own times."""

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from av.stream import Disposition

from stream.colour import Colour
from stream.companions import Companions
from stream.convert_audio import ConvertedAudio
from stream.formats import FORMATS, Format
from stream.frame import Frame
from stream.pixels import parse
from stream.sinks import open_sink
from stream.source_info import SourceInfo
from tests.output_media import HEIGHT, WIDTH, make_input, samples

AAC, OPUS, FLAC = ("aac", "eng"), ("libopus", "fra"), ("flac", "ita")
INPUTS: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    "mp4": ("in.mp4", [AAC, ("libmp3lame", "fra")], "mov_text"),
    "mkv": ("in.mkv", [AAC, OPUS], "subrip"),
    "mkv2": ("in.mkv", [FLAC, OPUS], "ass"),
}
HOLDERS = [
    FORMATS[name] for name in ("mp4", "prores4444", "qtrle", "stacked", "webm", "ffv1", "nut")
]
COPIED = {
    "mp4": {"aac", "mp3", "opus", "flac"},
    "prores4444": {"aac", "mp3"},
    "webm": {"opus"},
    "ffv1": {"aac", "mp3", "opus", "flac"},
    "nut": set(),
}
COPIED["stacked"], COPIED["qtrle"] = COPIED["mp4"], COPIED["prores4444"]
SUBTITLES = {"mp4": "mov_text", "mov": "mov_text", "webm": "webvtt"}


class Track(NamedTuple):
    """What was read from one stream: codec, tags, and (seconds, bytes) of each packet."""

    codec: str
    metadata: dict[str, str]
    packets: list[tuple[Fraction, bytes]]
    end: Fraction


@pytest.fixture(scope="module", params=INPUTS)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, sound, subtitles = INPUTS[request.param]
    path = tmp_path_factory.mktemp(request.param) / name
    make_input(path, sound, subtitles)
    return path


def carried(source: Path, form: Format, out: Path, kinds: tuple[str, ...] = ()) -> list[str]:
    """Rewrite `source` in `form` as the program does, packet by packet; returns the warnings."""
    with av.open(str(source)) as container:
        video = container.streams.video[0]
        wanted = kinds or ("audio", "subtitle")
        streams = tuple(each for each in container.streams if each.type in wanted)
        companions = Companions(streams, container.chapters(), dict(container.metadata))
        pixel_format, colour = parse("yuv420p"), Colour(1, 1, 1, False)
        assert pixel_format is not None and video.time_base is not None
        info = SourceInfo(
            HEIGHT,
            WIDTH,
            pixel_format,
            colour,
            video.time_base,
            Fraction(25),
            Fraction(1),
            50,
            None,
        )
        with open_sink(str(out), form, info, companions) as sink:
            for packet in container.demux(video, *streams):
                if packet.stream.index != video.index:
                    companions.packets.extend([packet] if packet.size else [])
                    continue
                for picture in video.decode(packet):
                    planes = tuple(samples(picture, number) for number in range(3))
                    frame = Frame(
                        planes, pixel_format, colour, picture.pts or 0, video.time_base,
                        picture.duration or 0,
                    )  # fmt: skip
                    alpha = None if form.needs_background else np.ones((HEIGHT, WIDTH), np.float32)
                    sink.write(frame, alpha)
        return sink.warnings


def tracks_of(path: Path, kind: str) -> list[Track]:
    with av.open(str(path)) as container:
        streams = [each for each in container.streams if each.type == kind]
        if not streams:
            return []
        found: dict[int, list[Any]] = {each.index: [] for each in streams}
        ends = dict.fromkeys(found, Fraction(0))
        for packet in container.demux(*streams):
            if packet.size and packet.pts is not None:
                index = packet.stream_index
                found[index].append((packet.pts * packet.time_base, bytes(packet)))
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                ends[index] = max(ends[index], end)
        return [
            Track(
                each.codec_context.codec.canonical_name, dict(each.metadata), found[each.index],
                ends[each.index],
            )
            for each in streams
        ]  # fmt: skip


def times(track: Track) -> list[Fraction]:
    return [seconds for seconds, _ in track.packets]


def sound_of(path: Path, number: int) -> tuple[Fraction, Any]:
    """(seconds of the first sample, mono samples) as decoded."""
    with av.open(str(path)) as container:
        track = container.streams.audio[number]
        frames = list(container.decode(track))
        resampler = av.AudioResampler("fltp", "mono", 48000)
        start = (frames[0].pts or 0) * frames[0].time_base
        pieces = [piece for frame in frames for piece in resampler.resample(frame)]
        pieces += resampler.resample(None)
        return start, np.concatenate([piece.to_ndarray()[0] for piece in pieces])


@pytest.mark.parametrize("form", HOLDERS, ids=lambda form: form.name)
def test_sound_is_copied_where_the_container_takes_it(
    form: Format, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"out{form.suffix}"
    assert carried(source, form, out) == [] or form.name == "nut"
    before, after = tracks_of(source, "audio"), tracks_of(out, "audio")
    assert len(after) == len(before) == 2
    for one, two in zip(before, after, strict=True):
        copied = one.codec in COPIED[form.name]
        assert (two.codec == one.codec) or not copied
        if copied:
            assert [data for _, data in two.packets] == [data for _, data in one.packets]
            slack = Fraction(1, 1000) if ".mkv" in (out.suffix, source.suffix) else Fraction(0)
            slack = max(slack, Fraction(1, 1000) if not form.exact_time else Fraction(0))
            gaps = [abs(a - b) for a, b in zip(times(one), times(two), strict=True)]
            assert max(gaps) <= slack


@pytest.mark.parametrize("form", HOLDERS, ids=lambda form: form.name)
def test_every_sound_stays_in_step_and_as_long(form: Format, source: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{form.suffix}"
    carried(source, form, out)
    for number in range(2):
        start, sent = sound_of(source, number)
        found, heard = sound_of(out, number)
        if found < 0:
            # Matroska has no way to say that the codec's lead-in is not to be played.
            heard = heard[round((start - found) * 48000) :]
            found = start
        assert abs(start - found) < Fraction(3, 1000)
        assert abs(len(sent) - len(heard)) <= 1200  # one block of padding at most
        length = min(len(sent), len(heard)) - 4800
        one, two = sent[4800:length], heard[4800:length]
        lag = int(np.argmax([np.dot(one[60:-60], np.roll(two, k)[60:-60]) for k in range(-54, 55)]))
        assert abs(lag - 54) <= 48  # a millisecond
        assert np.sqrt(np.mean(two**2)) == pytest.approx(np.sqrt(np.mean(one**2)), rel=0.05)


@pytest.mark.parametrize("form", HOLDERS, ids=lambda form: form.name)
def test_pictures_keep_their_times_beside_sound(form: Format, source: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{form.suffix}"
    carried(source, form, out)
    before, after = tracks_of(source, "video")[0], tracks_of(out, "video")[0]
    assert sorted(times(after)) == sorted(times(before))


@pytest.mark.parametrize("form", HOLDERS[:-1], ids=lambda form: form.name)
def test_subtitles_keep_text_and_times(form: Format, source: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{form.suffix}"
    carried(source, form, out)
    (track,) = tracks_of(out, "subtitle")
    cues = [(seconds, data) for seconds, data in track.packets if len(data) > 2]
    assert [seconds for seconds, _ in cues] == [Fraction(200, 1000), Fraction(1100, 1000)]
    assert b"Hello" in cues[0][1] and b"Two" in cues[1][1]
    assert track.codec == SUBTITLES.get(form.container, track.codec)


@pytest.mark.parametrize("form", HOLDERS, ids=lambda form: form.name)
def test_names_languages_chapters_and_title_are_kept(
    form: Format, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"out{form.suffix}"
    carried(source, form, out)
    languages = [track.metadata.get("language") for track in tracks_of(source, "audio")]
    tracks = tracks_of(out, "audio")
    assert [track.metadata.get("language") for track in tracks] == languages
    titles = [track.metadata.get("title") or track.metadata.get("name") for track in tracks]
    assert titles == [f"in {language}" for language in languages]
    with av.open(str(out)) as container:
        chapters = container.chapters()
        assert [each["metadata"]["title"] for each in chapters] == ["one", "two"]
        starts = [each["start"] * (each["time_base"] or 0) for each in chapters]
        assert starts == [0, 1]
        assert container.metadata["title"] == "A title"


def test_what_cannot_be_carried_is_said_and_not_fatal(source: Path, tmp_path: Path) -> None:
    warnings = carried(source, FORMATS["png"], tmp_path / "out")
    assert len(warnings) == 1
    assert "audio or subtitle" in warnings[0]


def test_subtitles_without_a_home_are_named(tmp_path: Path) -> None:
    make_input(tmp_path / "in.mp4", [AAC], "mov_text")
    warnings = carried(tmp_path / "in.mp4", FORMATS["nut"], tmp_path / "out.nut")
    assert len(warnings) == 1
    assert "mov_text, deu" in warnings[0] and "left out" in warnings[0]


def test_fonts_travel_from_matroska_to_matroska_alone(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        video: Any = container.add_stream("ffv1", 25)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        container.add_attachment("face.ttf", "font/ttf", b"letters")
        picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        picture.pts = 0
        container.mux(video.encode(picture))
        container.mux(video.encode(None))
    kinds = ("attachment",)
    assert carried(tmp_path / "in.mkv", FORMATS["ffv1"], tmp_path / "out.mkv", kinds) == []
    with av.open(str(tmp_path / "out.mkv")) as container:
        (font,) = [each for each in container.streams if each.type == "attachment"]
        assert font.data == b"letters"
    warnings = carried(tmp_path / "in.mkv", FORMATS["mp4"], tmp_path / "out.mp4", kinds)
    assert "holds no attachment" in warnings[0]


def test_a_gap_in_the_sound_becomes_silence(tmp_path: Path) -> None:
    make_input(tmp_path / "in.mkv", [FLAC], None)
    with av.open(str(tmp_path / "in.mkv")) as container:
        track, video = container.streams.audio[0], container.streams.video[0]
        companions = Companions((track,))
        info = SourceInfo(
            HEIGHT, WIDTH, parse("yuv420p"), Colour(), video.time_base, Fraction(25), Fraction(1),
            1, None,
        )  # type: ignore[arg-type] # fmt: skip
        kept = [p for p in container.demux(track) if p.size and not 0.5 < p.pts * p.time_base < 1]
        with open_sink(str(tmp_path / "out.webm"), FORMATS["webm"], info, companions):
            companions.packets.extend(kept)
    _, heard = sound_of(tmp_path / "out.webm", 0)
    assert np.abs(heard[int(0.7 * 48000) : int(0.9 * 48000)]).max() < 0.01
    assert np.abs(heard[int(1.3 * 48000) : int(1.8 * 48000)]).max() > 0.4
    assert abs(len(heard) / 48000 - 2) < 0.03


def test_packets_do_not_pile_up(tmp_path: Path) -> None:
    make_input(tmp_path / "in.mkv", [AAC], None)
    with av.open(str(tmp_path / "in.mkv")) as container:
        track, video = container.streams.audio[0], container.streams.video[0]
        companions = Companions((track,))
        pixel_format = parse("yuv420p")
        assert pixel_format is not None and video.time_base is not None
        info = SourceInfo(
            HEIGHT, WIDTH, pixel_format, Colour(), video.time_base, None, Fraction(1), 1, None
        )
        planes = tuple(np.full((HEIGHT >> s, WIDTH >> s), 99, np.uint8) for s in (0, 1, 1))
        with open_sink(str(tmp_path / "out.mp4"), FORMATS["mp4"], info, companions) as sink:
            for number, packet in enumerate(p for p in container.demux(track) if p.size):
                companions.packets.append(packet)
                sink.write(
                    Frame(planes, pixel_format, Colour(), number * 40, video.time_base), None
                )
                assert not companions.packets


def test_sound_that_the_muxer_refuses_does_not_stop_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_input(tmp_path / "in.mkv", [FLAC], None)
    # FFmpeg says that MOV takes FLAC, and fails when the header is written.
    monkeypatch.setattr("stream.carry.takes", lambda *_: True)
    warnings = carried(tmp_path / "in.mkv", FORMATS["prores4444"], tmp_path / "out.mov")
    assert len(warnings) == 1 and "left out" in warnings[0]
    assert tracks_of(tmp_path / "out.mov", "audio") == []
    assert len(tracks_of(tmp_path / "out.mov", "video")[0].packets) == 50


def test_sound_that_changes_its_channels_is_converted_throughout(tmp_path: Path) -> None:
    for number, layout in enumerate(("stereo", "mono")):
        with av.open(str(tmp_path / f"{number}.flac"), "w") as container:
            track: Any = container.add_stream("flac", 48000)
            track.layout = layout
            tone = np.full((1, 48000 * (1 + (layout == "stereo"))), 8000, np.int16)
            frame = av.AudioFrame.from_ndarray(tone, "s16", layout)
            frame.sample_rate = 48000
            container.mux(track.encode(frame))
            container.mux(track.encode(None))
    converted = []
    with (
        av.open(str(tmp_path / "out.webm"), "w") as out,
        av.open(str(tmp_path / "0.flac")) as first,
    ):
        audio = ConvertedAudio(out, first.streams.audio[0])
        out.start_encoding()
        for number in (0, 1):
            with av.open(str(tmp_path / f"{number}.flac")) as part:
                for frame in part.decode(audio=0):
                    frame.pts = (frame.pts or 0) + number * 48000
                    converted += audio._take(frame)
        converted += audio.flush()
    assert sum(packet.duration or 0 for packet in converted) == pytest.approx(96000, abs=2000)


@pytest.mark.parametrize(
    "error", [av.error.InvalidDataError, av.error.PatchWelcomeError, av.error.BugError]
)
def test_sound_that_no_decoder_takes_is_a_gap(tmp_path: Path, error: type[Exception]) -> None:
    class Broken:
        def __init__(self, source: Any) -> None:
            self.sample_rate, self.layout = source.sample_rate, source.layout

        def decode(self, packet: Any) -> Any:
            raise error(1, "broken")

    make_input(tmp_path / "in.mp4", [AAC])
    with (
        av.open(str(tmp_path / "in.mp4")) as source,
        av.open(str(tmp_path / "out.webm"), "w") as out,
    ):
        audio = ConvertedAudio(out, source.streams.audio[0])
        audio._decoder = Broken(source.streams.audio[0].codec_context)
        out.start_encoding()
        assert audio.convert(next(source.demux(audio=0))) == []
        assert audio.flush() == []


def test_copied_cues_are_not_doubled(tmp_path: Path) -> None:
    make_input(tmp_path / "in.mp4", [AAC], "mov_text")
    carried(tmp_path / "in.mp4", FORMATS["mp4"], tmp_path / "out.mp4")
    (before,), (after,) = (tracks_of(tmp_path / f"{n}.mp4", "subtitle") for n in ("in", "out"))
    assert after.packets == before.packets


@pytest.mark.parametrize("name", ["mp4", "ffv1", "webm"])
def test_the_default_track_stays_the_default(name: str, tmp_path: Path) -> None:
    make_input(tmp_path / "in.mkv", [AAC, OPUS], None)
    with av.open(str(tmp_path / "in.mkv")) as container:
        before = [track.disposition for track in container.streams.audio]
    carried(tmp_path / "in.mkv", FORMATS[name], tmp_path / f"out{FORMATS[name].suffix}")
    with av.open(str(tmp_path / f"out{FORMATS[name].suffix}")) as container:
        after = [track.disposition for track in container.streams.audio]
    assert after == before
    assert Disposition.default in before[1] and Disposition.default not in before[0]
