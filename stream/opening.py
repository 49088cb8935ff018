"""Open an input, and say in one line why it cannot be."""

from pathlib import Path
from typing import IO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from stream.errors import SourceError

NETWORK_TIMEOUT = (10.0, 15.0)
"""Seconds to open and to wait for data, for URLs."""


def open_input(file: "str | IO[bytes]", name: str) -> InputContainer:
    """Open `file` for demuxing.

    Raises SourceError naming `name` and what to do.
    """
    timeout = NETWORK_TIMEOUT if "://" in name else None
    try:
        return av.open(file, "r", timeout=timeout)
    except FileNotFoundError as error:
        raise SourceError(f"{name}: no such file") from error
    except PermissionError as error:
        raise SourceError(f"{name}: no permission to read it") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"{name}: {_why(name, error)}") from error


def _why(name: str, error: Exception) -> str:
    if not isinstance(error, av.error.InvalidDataError):
        return str(getattr(error, "strerror", None) or error)
    path = Path(name)
    if path.is_file():
        if path.stat().st_size == 0:
            return "the file is empty"
        with path.open("rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp":
            return (
                "its index (moov) is missing, the recording or download was cut off; get it again"
            )
    return "not a video that can be read"


def first_video(container: InputContainer, name: str) -> VideoStream:
    """The first real video stream; cover art does not count.

    Raises SourceError when there is none or no decoder for it.
    """
    for stream in container.streams.video:
        if not is_cover(stream):
            if stream.codec_context is None:
                raise SourceError(f"{name}: this build has no decoder for its video")
            return stream
    if container.streams.audio:
        raise SourceError(f"{name}: holds only audio, no video")
    raise SourceError(f"{name}: holds no video")


def is_cover(stream: VideoStream) -> bool:
    """Whether `stream` is a still picture attached to the file, such as an album cover."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
