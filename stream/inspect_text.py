"""The report of stream.inspect in words."""

from fractions import Fraction
from typing import Any

_MATRIX_NAMES = {"bt601": "BT.601", "bt709": "BT.709", "bt2020": "BT.2020"}
_TRANSFERS = {1: "BT.709", 6: "BT.601", 8: "linear", 13: "sRGB", 16: "PQ (HDR)", 18: "HLG (HDR)"}
_PRIMARIES = {1: "BT.709", 5: "BT.601 (625)", 6: "BT.601 (525)", 9: "BT.2020", 12: "P3"}
_UNSPECIFIED = 2


def describe(report: dict[str, Any]) -> str:
    """The report of stream.inspect.inspect as lines for a reader."""
    lines = [_headline(report)]
    for stream in report["video"]:
        lines += _video_lines(stream, report["kind"] == "pictures")
    lines += [_audio_line(stream) for stream in report["audio"]]
    lines += [f"subtitles: {stream['codec']}{_label(stream)}" for stream in report["subtitles"]]
    lines += [f"{stream['type']}: {stream['codec']}{_label(stream)}" for stream in report["other"]]
    if report["chapters"]:
        titles = ", ".join(chapter["title"] or "untitled" for chapter in report["chapters"])
        lines.append(f"chapters: {len(report['chapters'])} ({titles})")
    lines += [f"metadata: {key} = {value}" for key, value in sorted(report["metadata"].items())]
    lines += [f"warning: {warning}" for warning in report["warnings"]]
    if report["kind"] == "audio":
        lines.append("there is no video in it: only audio")
    return "\n".join(lines)


def _headline(report: dict[str, Any]) -> str:
    if report["kind"] == "pictures":
        many = report["count"] > 1
        return f"{report['path']}: {report['count']} pictures" if many else f"{report['path']}"
    parts = [report["container_name"]]
    if report["duration"] is not None:
        parts.append(_seconds(report["duration"]))
    if report["bytes"]:
        parts.append(f"{report['bytes'] / 1e6:.1f} MB")
    return f"{report['path']}: {', '.join(parts)}"


def _video_lines(stream: dict[str, Any], is_picture: bool) -> list[str]:
    name = "picture" if is_picture else "cover picture" if stream["cover"] else "video"
    if not stream["decodes"]:
        return [f"{name}: {stream['codec']}, cannot be decoded{_label(stream)}"]
    size = f"{stream['width']}x{stream['height']}"
    depth = f"{stream['pixel_format']} ({stream['depth']} bit)"
    lines = [f"{name}: {stream['codec']}, {size} upright, {depth}{_label(stream)}"]
    if not (is_picture or stream["cover"]):
        lines += _timing_lines(stream)
    lines.append(f"  colour: {_colour(stream)}")
    if stream["rotation"]:
        lines.append(f"  rotation: {stream['rotation']} degrees counter-clockwise, carried out")
    if stream["sample_aspect"] != "1":
        lines.append(f"  pixels are not square: sample aspect {stream['sample_aspect']}")
    if stream["alpha"]:
        least, most = stream["alpha_range"]
        form = stream["alpha_format"]
        lines.append(f"  alpha: yes ({form}), {least:.2f} to {most:.2f} in the first frame")
    else:
        lines.append("  alpha: none")
    return lines


def _timing_lines(stream: dict[str, Any]) -> list[str]:
    rate = stream.get("rate_measured") or stream["rate"]
    lines = [f"  frames: {stream['frames']}, {rate} a second, {stream['rate_is']}"]
    if stream["duration"] is not None:
        lines[0] += f", {_seconds(stream['duration'])}"
    if "interval" in stream:
        shown = ", ".join(
            f"{name} {float(Fraction(value)) * 1000:.3f} ms ({value} s)"
            for name, value in stream["interval"].items()
        )
        lines.append(f"  intervals: {shown}; time base {stream['time_base']}")
    if "doubled_times" in stream:
        lines.append(f"  {stream['doubled_times']} frames share their time with another")
    return lines


def _colour(stream: dict[str, Any]) -> str:
    full = stream["range_used"]
    if stream["full_range"] is None:
        full = f"{full} (untagged, assumed)"
    if stream["model"] != "yuv":
        return f"{stream['model']}, {full} range"
    matrix = _MATRIX_NAMES[stream["matrix_used"]]
    if stream["matrix"] == _UNSPECIFIED:
        matrix += " (untagged, assumed from the size)"
    primaries = _tag(stream["primaries"], _PRIMARIES)
    transfer = _tag(stream["transfer"], _TRANSFERS)
    return f"matrix {matrix}, primaries {primaries}, transfer {transfer}, {full} range"


def _tag(number: int, names: dict[int, str]) -> str:
    return "untagged" if number == _UNSPECIFIED else names.get(number, f"number {number}")


def _audio_line(stream: dict[str, Any]) -> str:
    parts = [stream["codec"], f"{stream['rate']} Hz", stream["layout"] or "unknown channels"]
    if stream["duration"] is not None:
        parts.append(_seconds(stream["duration"]))
    return f"audio: {', '.join(parts)}{_label(stream)}"


def _label(stream: dict[str, Any]) -> str:
    known = [text for text in (stream["language"], stream["title"]) if text]
    return f" [{', '.join(known)}]" if known else ""


def _seconds(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)} min {rest:.3f} s" if minutes else f"{rest:.3f} s"
