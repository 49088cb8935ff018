"""Frames to write, inputs with sound and subtitles, and an independent way to read outputs."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from kernels.types import Alpha
from stream.colour import Colour
from stream.companions import Companions
from stream.formats import Format
from stream.frame import Frame
from stream.pixels import parse
from stream.sinks import open_sink
from stream.source_info import SourceInfo

HEIGHT, WIDTH = 48, 64
TIME_BASE = Fraction(1, 90000)
PTS = (0, 3003, 6006, 9009, 15015, 18018, 21021, 30030, 33033, 36036)
LAST = 9009
BT601 = Colour(6, 6, 6, False)
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def info_of(
    name: str = "yuv420p",
    colour: Colour = BT601,
    height: int = HEIGHT,
    width: int = WIDTH,
    time_base: Fraction = TIME_BASE,
    rate: Fraction = Fraction(30000, 1001),
    aspect: Fraction = Fraction(1),
) -> SourceInfo:
    pixel_format = parse(name)
    assert pixel_format is not None
    return SourceInfo(height, width, pixel_format, colour, time_base, rate, aspect, len(PTS), None)


def frames_of(info: SourceInfo, pts: Sequence[int] = PTS, last: int = LAST) -> Iterator[Frame]:
    """Soft ramps in every plane that move from frame to frame."""
    layout = info.pixel_format.layout(info.colour, info.height, info.width)
    for number, moment in enumerate(pts):
        duration = pts[number + 1] - moment if number + 1 < len(pts) else last
        planes = []
        for plane in range(layout.count):
            tall, wide = layout.plane_shape(plane, info.height, info.width)
            ramp = np.linspace(70 + 10 * plane, 180, wide) * (1 << layout.depth - 8)
            rows = np.tile(np.rint(np.roll(ramp, number)), (tall, 1))
            planes.append(rows.astype(layout.dtype))
        yield Frame(
            tuple(planes), info.pixel_format, info.colour, moment, info.time_base, duration,
            info.sample_aspect,
        )  # fmt: skip


def alpha_of(number: int, height: int = HEIGHT, width: int = WIDTH) -> Alpha:
    """A disc with a soft edge, a little further right in every frame."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2, x - width / 3 - number)
    return np.clip((height / 3 - distance) / 6 + 0.5, 0, 1).astype(np.float32)


def write_all(
    out: Path, format: Format, info: SourceInfo, companions: Companions | None = None, **more: Any
) -> Any:
    """Write the standard clip and return the closed sink."""
    opaque = format.needs_background or more.get("transparent") is False
    with open_sink(str(out), format, info, companions, **more) as sink:
        for number, frame in enumerate(frames_of(info)):
            sink.write(frame, None if opaque else alpha_of(number, info.height, info.width))
    return sink


def read_back(path: Path) -> list[tuple[Fraction, av.VideoFrame]]:
    """(seconds, picture) of every picture in a file, or a folder of pictures, alpha included."""
    if path.is_dir():
        return [pair for each in sorted(path.glob("*.png")) for pair in read_back(each)]
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        decoder: Any = video.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        pictures = [p for packet in container.demux(video) for p in decoder.decode(packet)]
        return [((p.pts or 0) * video.time_base, p) for p in pictures]


def samples(picture: av.VideoFrame, plane: int) -> Any:
    """(h, w) of a planar picture's plane, 8 or 16 bit."""
    view = picture.planes[plane]
    deep = picture.format.components[0].bits > 8
    array: Any = np.frombuffer(view, np.uint16 if deep else np.uint8)
    return array.reshape(-1, view.line_size // array.itemsize)[: view.height, : view.width]


def make_input(
    path: Path, sound: Sequence[tuple[str, str]], subtitles: str | None = None, seconds: int = 2
) -> None:
    """A clip with tones in codecs `sound` (codec, language), two cues, two chapters, a title."""
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "A title"
        container.set_chapters([_chapter(1, "one"), _chapter(2, "two")])
        video: Any = container.add_stream("libx264", 25, {"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        tracks = [_tone_track(container, *each) for each in sound]
        cues = _cue_track(container, subtitles) if subtitles else None
        container.start_encoding()
        for number in range(25 * seconds):
            picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([100 + number]) * plane.buffer_size)
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        for track in tracks:
            _fill_tone(container, track, seconds)
        if cues is not None:
            _fill_cues(container, cues)


def _chapter(number: int, title: str) -> Any:
    start = 1000 * (number - 1)
    return {
        "id": number, "start": start, "end": start + 1000, "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }  # fmt: skip


def _tone_track(container: Any, codec: str, language: str) -> Any:
    track = container.add_stream(codec, 48000 if "opus" in codec else 44100)
    track.layout = "stereo"
    track.metadata.update({"language": language, "title": f"in {language}"})
    # The second track is the default, which no muxer would choose by itself.
    track.disposition = int(len(container.streams.audio) == 2)
    return track


def _cue_track(container: Any, codec: str) -> Any:
    track = container.add_stream(codec)
    track.codec_context.subtitle_header = ASS_HEADER
    track.codec_context.time_base = track.time_base = Fraction(1, 1000)
    track.metadata["language"] = "deu"
    return track


def _fill_tone(container: Any, track: Any, seconds: int) -> None:
    size, total = track.codec_context.frame_size or 1024, track.rate * seconds
    resampler = av.AudioResampler(track.format, track.layout, track.rate)
    for start in range(0, total, size):
        moments = np.arange(start, min(start + size, total)) / track.rate
        wave = np.sin(2 * np.pi * 440 * moments).astype(np.float32) / 2
        tone = av.AudioFrame.from_ndarray(np.stack([wave, wave]), "fltp", "stereo")
        tone.sample_rate, tone.pts, tone.time_base = track.rate, start, Fraction(1, track.rate)
        for frame in resampler.resample(tone):
            container.mux(track.encode(frame))
    container.mux(track.encode(None))


def _fill_cues(container: Any, track: Any) -> None:
    from av.subtitles.subtitle import SubtitleSet

    for number, (start, end, text) in enumerate([(200, 900, "Hello"), (1100, 1900, "Two")]):
        line = f"{number},0,Default,,0,0,0,,{text}".encode()
        packet = track.codec_context.encode_subtitle(
            SubtitleSet.create(line, 0, end - start, start * 1000)
        )
        packet.pts = packet.dts = start
        packet.duration, packet.time_base, packet.stream = end - start, Fraction(1, 1000), track
        container.mux(packet)
