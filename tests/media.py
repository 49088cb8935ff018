"""Films and pictures made on the spot: every kind of input, none of it from outside."""

import io
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from kernels.types import Planes
from stream.colour import Colour
from stream.frame import Frame
from stream.pixels import parse

BASE = Fraction(1, 1000)
RATE = 25
UNEVEN = (0, 40, 73, 140, 141, 300, 333, 420)
"""Presentation times in milliseconds that no constant rate gives."""


def planes_of(pixel_format: str, height: int, width: int, seed: int = 0) -> Planes:
    """Smooth samples over most of the format's range with a little noise, new for every seed."""
    form = parse(pixel_format)
    assert form is not None
    layout = form.layout(Colour(), height, width)
    rng = np.random.default_rng(seed)
    planes = []
    for number in range(layout.count):
        tall, wide = layout.plane_shape(number, height, width)
        y, x = np.mgrid[0:tall, 0:wide]
        wave = 0.5 + 0.4 * np.sin(0.3 * x + 0.2 * y + seed + 2 * number)
        noisy = wave * layout.peak + rng.integers(-2, 3, (tall, wide))
        planes.append(np.clip(noisy, 0, layout.peak).astype(layout.dtype))
    return tuple(planes)


def picture_of(planes: Planes, pixel_format: str) -> av.VideoFrame:
    """An FFmpeg picture with these planes; planes beyond them (alpha) are filled with half."""
    height, width = planes[0].shape
    picture = av.VideoFrame(width, height, pixel_format)
    for number, plane in enumerate(picture.planes):
        dtype = planes[0].dtype
        rows = np.full((plane.height, plane.line_size // dtype.itemsize), 99, dtype)
        if number < len(planes):
            rows[:, : plane.width] = planes[number]
        plane.update(rows.tobytes())
    return picture


def frame_of(pixel_format: str, height: int, width: int, pts: int = 0, **tags: Any) -> Frame:
    """A Frame of `planes_of`, without any container."""
    form = parse(pixel_format)
    assert form is not None
    planes = planes_of(pixel_format, height, width, pts)
    return Frame(planes, form, Colour(**tags), pts, Fraction(1, RATE))


def write_video(
    path: Path,
    count: int = 8,
    height: int = 48,
    width: int = 64,
    pixel_format: str = "yuv420p",
    codec: str = "ffv1",
    times: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, RATE),
    rotation: int = 0,
    audio: int = 0,
    subtitles: bool = False,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> list[Planes]:
    """Write `count` pictures, `planes_of` of their number, and return their planes.

    times: presentation times in `time_base`, by default 0, 1, 2 … audio: how many sound tracks.
    rotation: degrees counter-clockwise by which a player shall turn the picture.
    """
    name = pixel_format.replace("yuva", "yuv").replace("yuvj", "yuv").replace("gbrap", "gbrp")
    truth = [planes_of(name, height, width, number) for number in range(count)]
    times = range(count) if times is None else times
    with av.open(str(path), "w", options=container_options or {}) as out:
        stream = out.add_stream(codec, RATE, options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = stream.time_base = time_base
        if rotation:
            stream.set_display_rotation(rotation)
        tracks = [_sound(out, number) for number in range(audio)]
        cues = list(_cues(out)) if subtitles else []
        for track in tracks:
            _beep(out, track, float((max(times, default=0) + 1) * time_base))
        out.mux(cues)
        for planes, pts in zip(truth, times, strict=True):
            picture = picture_of(planes, pixel_format)
            picture.pts, picture.time_base = pts, time_base
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return truth


def _sound(out: Any, number: int) -> Any:
    track = out.add_stream("aac", 48_000)
    track.layout = "mono"
    track.metadata["language"] = ("deu", "fra")[number % 2]
    return track


def _beep(out: Any, track: Any, seconds: float) -> None:
    wave = np.sin(np.arange(int(48_000 * seconds)) * 0.06).astype(np.float32)[None]
    sound = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
    sound.sample_rate, sound.pts = 48_000, 0
    out.mux(track.encode(sound))
    out.mux(track.encode(None))


def _cues(out: Any) -> Iterator[Any]:
    """SubRip packets, ready to be muxed; their stream is added first."""
    text = "1\n00:00:00,040 --> 00:00:00,120\nhello\n\n"
    with av.open(io.BytesIO(text.encode()), format="srt") as source:
        stream = out.add_stream_from_template(source.streams[0])
        for packet in source.demux(0):
            if packet.size:
                packet.stream = stream
                yield packet


def write_sound(path: Path, seconds: float = 0.5, cover: bool = False) -> None:
    """A file with a sound track and, when asked, a picture of its cover but no film."""
    with av.open(str(path), "w") as out:
        art = _cover(out) if cover else None
        track = _sound(out, 0)
        _beep(out, track, seconds)
        if art is not None:
            _mux_cover(out, art)


def write_with_cover(path: Path, count: int = 4) -> list[Planes]:
    """A film and beside it a picture of its cover."""
    truth = [planes_of("yuv420p", 48, 64, number) for number in range(count)]
    with av.open(str(path), "w") as out:
        art = _cover(out)
        stream = out.add_stream("libx264", RATE, {"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        _mux_cover(out, art)
        for number, planes in enumerate(truth):
            picture = picture_of(planes, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return truth


def _cover(out: Any) -> Any:
    art = out.add_stream("mjpeg", 1)
    art.width, art.height, art.pix_fmt = 32, 32, "yuvj420p"
    art.disposition = Disposition.attached_pic
    return art


def _mux_cover(out: Any, art: Any) -> None:
    picture = picture_of(planes_of("yuv420p", 32, 32), "yuvj420p")
    picture.pts = 0
    out.mux(art.encode(picture))
    out.mux(art.encode(None))


def write_changing(path: Path, shapes: Sequence[tuple[int, int, str]]) -> None:
    """Motion JPEG in Matroska whose pictures have these (height, width, pixel format)."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", RATE)
        stream.height, stream.width, stream.pix_fmt = shapes[0]
        for number, shape in enumerate(shapes):
            packet = av.Packet(jpeg(*shape, seed=number))
            packet.stream, packet.time_base = stream, Fraction(1, RATE)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            out.mux(packet)


def jpeg(height: int, width: int, pixel_format: str = "yuvj420p", seed: int = 0) -> bytes:
    """One JPEG picture."""
    return encoded("mjpeg", height, width, pixel_format, seed)


def oriented(picture: bytes, orientation: int) -> bytes:
    """A JPEG picture with an EXIF tag that says which way is up."""
    tag = struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tag
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + picture[2:]


def flat_jpeg(height: int, width: int) -> bytes:
    """One JPEG picture of a single gray, quickly made at any size."""
    context: Any = av.CodecContext.create("mjpeg", "w")
    context.height, context.width, context.pix_fmt = height, width, "yuvj420p"
    context.time_base = Fraction(1, RATE)
    picture = picture_of((np.full((height, width), 90, np.uint8),), "yuvj420p")
    return b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])


def encoded(codec: str, height: int, width: int, pixel_format: str, seed: int = 0) -> bytes:
    """One still picture as `codec` writes it."""
    context: Any = av.CodecContext.create(codec, "w")
    context.height, context.width, context.pix_fmt = height, width, pixel_format
    context.time_base = Fraction(1, RATE)
    source = {"rgb24": "gbrp", "rgb48be": "gbrp16le", "rgba": "gbrp"}.get(
        pixel_format, pixel_format
    )
    source = source.replace("yuvj", "yuv").replace("gray16be", "gray16le")
    picture = picture_of(planes_of(source, height, width, seed), source)
    if source != pixel_format.replace("yuvj", "yuv"):
        picture = picture.reformat(format=pixel_format)
    elif pixel_format.startswith("yuvj"):
        picture = picture_of(planes_of(source, height, width, seed), pixel_format)
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])


def write_pictures(
    folder: Path,
    count: int = 5,
    height: int = 48,
    width: int = 64,
    pixel_format: str = "rgb24",
    suffix: str = ".png",
) -> list[Path]:
    """A folder of pictures named frame1, frame2, … frame10, …"""
    folder.mkdir()
    paths = [folder / f"frame{number + 1}{suffix}" for number in range(count)]
    codec = "png" if suffix == ".png" else "mjpeg"
    for number, path in enumerate(paths):
        path.write_bytes(encoded(codec, height, width, pixel_format, number))
    return paths


def write_masks(folder: Path, count: int, height: int = 27, width: int = 48) -> list[Path]:
    """A folder of gray pictures: white in the middle, black around, a soft edge between."""
    folder.mkdir()
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    mask = np.clip((0.42 - distance) * 10, 0, 1)
    context_frame = picture_of((np.rint(mask * 255).astype(np.uint8),), "gray")
    paths = []
    for number in range(count):
        context: Any = av.CodecContext.create("png", "w")
        context.height, context.width, context.pix_fmt = height, width, "gray"
        context.time_base = Fraction(1, RATE)
        data = b"".join(bytes(p) for p in [*context.encode(context_frame), *context.encode(None)])
        paths.append(folder / f"{number:04d}.png")
        paths[-1].write_bytes(data)
    return paths


def cut_file(path: Path, share: float) -> Path:
    """Keep the first `share` of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def spoil_packets(path: Path, numbers: Sequence[int]) -> Path:
    """Overwrite the middle of the video packets with these numbers; the container stays whole."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        spans = [(p.pos, p.size) for p in packets]
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for number in numbers:
        position, size = spans[number]
        start, length = position + size // 8, max(1, size * 3 // 4)
        data[start : start + length] = rng.integers(0, 256, length, np.uint8).tobytes()
    path.write_bytes(bytes(data))
    return path


def decoded_planes(file: "Path | bytes", stream: int = 0) -> list[tuple[int, npt.NDArray[Any]]]:
    """(pts, first plane) of every picture of a file, decoded apart from the code under test."""
    source = io.BytesIO(file) if isinstance(file, bytes) else str(file)
    with av.open(source) as container:
        return [(picture.pts, all_planes(picture)[0]) for picture in container.decode(video=stream)]


def all_planes(picture: av.VideoFrame) -> list[npt.NDArray[Any]]:
    """Every plane of a planar picture, alpha included, without the padding."""
    depth = picture.format.components[0].bits
    dtype = np.uint8 if depth == 8 else np.uint16
    planes = []
    for plane in picture.planes:
        rows = np.frombuffer(bytes(plane), dtype).reshape(plane.height, -1)
        planes.append(rows[:, : plane.width])
    return planes


def read_pictures(path: Path) -> list[tuple[Fraction, list[npt.NDArray[Any]]]]:
    """(seconds, planes) of every picture of a file."""
    with av.open(str(path)) as container:
        base = container.streams.video[0].time_base
        return [(p.pts * base, all_planes(p)) for p in container.decode(video=0)]
