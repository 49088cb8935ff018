"""Tell what is in an input: streams, size, timing, colour, alpha, rotation, sound."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from stream.decode import colour_of
from stream.errors import SourceError
from stream.image_source import image_paths
from stream.inspect_text import describe
from stream.inspect_timing import Clock, timing
from stream.opening import is_cover, open_input
from stream.pixels import parse, planar_equivalent
from stream.read_back import ALPHA_DECODERS

__all__ = ["describe", "inspect"]

_HAS_ALPHA = ("yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya8", "ya16", "pal8")


def inspect(path: str) -> dict[str, Any]:
    """What `path`, a media file, URL, picture, folder or pattern of pictures, holds.

    Every packet is read, so frame counts and intervals are exact. Times are seconds; exact
    fractions are texts such as "1/24000". Raises SourceError when it cannot be read.
    """
    pictures = image_paths(path) if "://" not in path else None
    if pictures is not None:
        return _inspect_pictures(path, pictures)
    if "://" not in path and not Path(path).exists():
        raise SourceError(f"{path}: no such file")
    with open_input(path, path) as container:
        report = _inspect_container(container)
    return {"path": path, **report}


def _inspect_container(container: InputContainer) -> dict[str, Any]:
    clocks, firsts, failure = _read(container)
    report: dict[str, Any] = {
        "kind": "video",
        "container": container.format.name,
        "container_name": container.format.long_name,
        "duration": None if container.duration is None else container.duration / av.time_base,
        "bytes": max(container.size, 0) or None,
        "video": [], "audio": [], "subtitles": [], "other": [],
        "chapters": [_chapter(chapter) for chapter in container.chapters()],
        "metadata": dict(container.metadata),
        "warnings": [failure] if failure else [],
    }  # fmt: skip
    for stream in container.streams:
        clock = clocks.get(stream.index, Clock())
        if stream.type == "video":
            report["video"].append(_video(stream, clock, firsts.get(stream.index, [])))
        elif stream.type == "audio":
            report["audio"].append(_audio(stream, clock))
        else:
            where = "subtitles" if stream.type == "subtitle" else "other"
            report[where].append(_basics(stream))
    if not any(not each["cover"] for each in report["video"]):
        report["kind"] = "audio" if report["audio"] else "other"
    return report


def _read(
    container: InputContainer,
) -> tuple[dict[int, Clock], dict[int, list["av.Packet[Any]"]], str | None]:
    """Times of all packets, the first few packets of each stream, and why reading stopped early."""
    clocks: dict[int, Clock] = {}
    firsts: dict[int, list[av.Packet[Any]]] = {}
    try:
        for packet in container.demux():
            if packet.size == 0:
                continue
            index = packet.stream.index
            clocks.setdefault(index, Clock()).note(packet.pts, packet.duration)
            first = firsts.setdefault(index, [])
            if packet.stream.type == "video" and len(first) < 12:
                first.append(packet)
    except (av.error.FFmpegError, OSError) as error:
        return clocks, firsts, f"reading it stopped early: {error.strerror or error}"
    return clocks, firsts, None


def _basics(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    return {
        "index": stream.index,
        "type": stream.type,
        "codec": context.name if context is not None else "unknown",
        "language": stream.language if stream.language not in {None, "und"} else None,
        "title": stream.metadata.get("title"),
        "metadata": dict(stream.metadata),
    }


def _video(stream: Any, clock: Clock, packets: list["av.Packet[Any]"]) -> dict[str, Any]:
    report = _basics(stream) | {"cover": is_cover(stream)} | timing(stream, clock)
    context = stream.codec_context
    frame = _decoded(context, packets) if context is not None else None
    if frame is None:
        size = (context.height, context.width) if context is not None else (0, 0)
        return report | {"height": size[0], "width": size[1], "decodes": False}
    aspect = stream.sample_aspect_ratio or Fraction(1)
    with_alpha = _alpha_frame(stream, packets) or frame
    return report | {"decodes": True} | _picture(frame, aspect) | _alpha(with_alpha)


def _decoded(decoder: Any, packets: list["av.Packet[Any]"]) -> av.VideoFrame | None:
    for packet in [*packets, None]:
        try:
            for frame in decoder.decode(packet):
                if isinstance(frame, av.VideoFrame):
                    return frame
        except av.error.FFmpegError:
            continue
    return None


def _alpha_frame(stream: Any, packets: list["av.Packet[Any]"]) -> av.VideoFrame | None:
    """The first frame as libvpx sees it: FFmpeg's own VP8 and VP9 decoders drop alpha."""
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    name = ALPHA_DECODERS.get(stream.codec_context.codec.canonical_name)
    if name is None or tags.get("alpha_mode") != "1" or name not in av.codecs_available:
        return None
    return _decoded(av.CodecContext.create(name, "r"), packets)


def _alpha(frame: av.VideoFrame) -> dict[str, Any]:
    """Whether the pixel format has alpha, and what the first frame's is from 0 to 1."""
    if not frame.format.name.startswith(_HAS_ALPHA):
        return {"alpha": False}
    values = frame.reformat(format="rgba").to_ndarray()[..., 3]
    least, most = int(np.min(values)) / 255, int(np.max(values)) / 255
    return {"alpha": True, "alpha_format": frame.format.name, "alpha_range": [least, most]}


def _picture(frame: av.VideoFrame, aspect: Fraction) -> dict[str, Any]:
    rotation = int(frame.rotation) % 360
    height, width = frame.height, frame.width
    if rotation % 180:
        height, width, aspect = width, height, 1 / aspect
    colour = colour_of(frame)
    parsed = parse(planar_equivalent(frame.format.name))
    model = parsed.model if parsed else "rgb"
    full = parsed.full_range if parsed and parsed.full_range is not None else colour.full_range
    return {
        "height": height, "width": width, "rotation": rotation,
        "sample_aspect": str(aspect),
        "pixel_format": frame.format.name, "model": model,
        "depth": parsed.depth if parsed else 8,
        "matrix": colour.matrix, "primaries": colour.primaries, "transfer": colour.transfer,
        "matrix_used": colour.matrix_name(height, width) if model == "yuv" else None,
        "full_range": full, "range_used": "full" if full else "limited",
    }  # fmt: skip


def _audio(stream: Any, clock: Clock) -> dict[str, Any]:
    context = stream.codec_context
    known = context is not None
    return _basics(stream) | {
        "rate": context.sample_rate if known else None,
        "channels": context.channels if known else None,
        "layout": context.layout.name if known else None,
        "packets": clock.count,
        "duration": clock.seconds(stream.time_base),
    }


def _chapter(chapter: Mapping[str, Any]) -> dict[str, Any]:
    base = chapter["time_base"]
    return {
        "start": float(chapter["start"] * base),
        "end": float(chapter["end"] * base),
        "title": dict(chapter["metadata"]).get("title"),
    }


def _inspect_pictures(path: str, pictures: list[Path]) -> dict[str, Any]:
    with open_input(str(pictures[0]), str(pictures[0])) as container:
        stream = container.streams.video[0]
        try:
            packets = [packet for packet in container.demux(stream) if packet.size]
        except av.error.FFmpegError as error:
            raise SourceError(f"{pictures[0]}: not a picture that can be read") from error
        report = _video(stream, Clock(), packets)
    if not report["decodes"]:
        raise SourceError(f"{pictures[0]}: not a picture that can be read")
    return {
        "path": path, "kind": "pictures", "count": len(pictures), "first": str(pictures[0]),
        "video": [report], "audio": [], "subtitles": [], "other": [],
        "chapters": [], "metadata": {}, "warnings": [],
    }  # fmt: skip
