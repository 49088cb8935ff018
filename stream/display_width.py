"""Say in a finished Matroska or WebM file how wide its pictures are to be shown.

FFmpeg's muxer takes a sample aspect ratio from a field that PyAV does not reach, so the element
is set afterwards (RFC 9559, section 5.1.4.1.28). The file keeps its length: the room comes from the
track's language, which is "und" and may be absent.
"""

import zlib
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

_SEGMENT, _TRACKS, _ENTRY, _VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0xE0
_WIDTH, _LANGUAGE, _CRC, _UNIT = 0xB0, 0x22B59C, 0xBF, 0x54B2
_UNDETERMINED = bytes.fromhex("22b59c83756e64")
_HEADER = 1 << 20
_LARGEST = 0xFFFF


class _Element(NamedTuple):
    """Where an element's identifier, content and successor lie."""

    start: int
    content: int
    end: int


def write_display_width(path: Path, aspect: Fraction) -> bool:
    """Set the display width of the first video track to its width times `aspect`.

    Returns False, and leaves the file alone, when its header has no room for it. Raises OSError.
    """
    with path.open("r+b") as file:
        data = file.read(_HEADER)
        segment = _child(data, _Element(0, 0, len(data)), _SEGMENT)
        tracks = segment and _child(data, segment, _TRACKS)
        if not tracks or tracks.end > len(data):
            return False
        changed = _changed(data, tracks, aspect)
        if changed is None:
            return False
        file.seek(tracks.content)
        file.write(changed)
    return True


def _changed(data: bytes, tracks: _Element, aspect: Fraction) -> bytes | None:
    """The content of the Tracks element with the width set, of the same length."""
    entry = _child(data, tracks, _ENTRY)
    video = entry and _child(data, entry, _VIDEO)
    language = entry and _child(data, entry, _LANGUAGE)
    width = video and _child(data, video, _WIDTH)
    if not (entry and video and width and language) or language.start > video.start:
        return None
    shown = round(int.from_bytes(data[width.content : width.end], "big") * aspect)
    if data[language.start : language.end] != _UNDETERMINED or not 0 < shown <= _LARGEST:
        return None
    inner = data[video.content : video.end]
    unit = _child(data, video, _UNIT)
    if unit:
        # "Unknown", as the muxer writes for lack of an aspect; without it the unit is pixels.
        inner = data[video.content : unit.start] + data[unit.end : video.end]
    inner += b"\x54\xb0\x82" + shown.to_bytes(2, "big")
    room = len(_UNDETERMINED) - (len(inner) - (video.end - video.content))
    if room < 2 or len(inner) > 126 or video.content - video.start != 2:
        return None
    void = b"\xec" + bytes([0x80 | room - 2]) + bytes(room - 2)
    body = (
        data[tracks.content : language.start]
        + void
        + data[language.end : video.start]
        + b"\xe0"
        + bytes([0x80 | len(inner)])
        + inner
        + data[video.end : tracks.end]
    )
    return _checked(body)


def _checked(body: bytes) -> bytes:
    """The content with its checksum, where it begins with one, made right."""
    if body[0] != _CRC:
        return body
    return body[:2] + zlib.crc32(body[6:]).to_bytes(4, "little") + body[6:]


def _child(data: bytes, parent: _Element, identifier: int) -> _Element | None:
    """The first child of `parent` with this identifier."""
    at = parent.content
    while at < min(parent.end, len(data)):
        length = _length(data, at)
        found = int.from_bytes(data[at : at + length], "big")
        size_at = at + length
        size_length = _length(data, size_at)
        size = int.from_bytes(data[size_at : size_at + size_length], "big")
        size &= (1 << 7 * size_length) - 1
        content = size_at + size_length
        if found == identifier:
            return _Element(at, content, content + size)
        at = content + size
    return None


def _length(data: bytes, at: int) -> int:
    """Bytes of the variable-length number at `at`."""
    first = data[at] if at < len(data) else 0x80
    return 9 - max(first, 1).bit_length()
