"""Look into a file that came from outside, without trusting its name or its size."""

from itertools import islice
from pathlib import Path

import av

from stream.errors import SourceError
from stream.frame import Frame
from stream.image_source import SUFFIXES
from stream.limits import LARGEST_AREA, check_size
from stream.opening import first_video, open_input
from stream.sources import open_source

_HEAD = 12
_FEW = 100
"""Packets that are read for a first picture."""


def check_media(path: Path, name: str) -> None:
    """Make sure that a picture or film can be decoded and has a size that is supported.

    name: what messages call it. Raises SourceError.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    wanted = "picture" if path.suffix.lower() in SUFFIXES else "film"
    # Only what is plainly media meets a demuxer: a play list would make it read other files.
    if _kind(head) != wanted:
        raise SourceError(f"{name}: is not the {wanted} its name says")
    try:
        first_frame(path)
    except SourceError as error:
        raise SourceError(str(error).replace(str(path), name)) from error


def _kind(head: bytes) -> str:
    """ "picture", "film" or "" by a file's first bytes."""
    riff = head[8:12] if head[:4] == b"RIFF" else b""
    pictures = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
    if head.startswith(pictures) or riff == b"WEBP":
        return "picture"
    films = (b"\x1aE\xdf\xa3", b"GIF8")
    boxes = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    if head.startswith(films) or head[4:8] in boxes or riff == b"AVI ":
        return "film"
    return ""


def first_frame(path: Path) -> Frame:
    """The first picture, upright. Raises SourceError; sizes beyond the limits cost no memory."""
    _probe(path)
    with open_source(str(path), carry=False) as source:
        for frame in source:
            return frame
    raise SourceError(f"{path}: holds no picture")


def _probe(path: Path) -> None:
    """Decode one picture under FFmpeg's own size limit, before anything decodes without."""
    with open_input(str(path), str(path)) as container:
        stream = first_video(container, str(path))
        stream.codec_context.options = {"max_pixels": str(LARGEST_AREA)}
        for packet in islice(container.demux(stream), _FEW):
            try:
                decoded = packet.decode()
            except av.error.FFmpegError as error:
                raise SourceError(f"{path}: is damaged, or larger than 7680x4320") from error
            for frame in decoded:
                check_size(str(path), frame.height, frame.width)
                return
    raise SourceError(f"{path}: holds no picture that can be read")
