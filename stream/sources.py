"""Where frames come from: video files, URLs, pipes, folders of pictures."""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

from stream.companions import Companions
from stream.errors import SourceError
from stream.frame import Frame
from stream.image_source import DEFAULT_RATE, ImageSource, image_paths
from stream.source_info import SourceInfo
from stream.trim import Trim
from stream.video_source import VideoSource


class Source(Protocol):
    """Upright frames in order, pts strictly rising; a context manager.

    warnings: what the input lacked or had wrong so far. truncated: what is missing at its end or
    damaged in its middle, None when nothing is; final once iteration has ended.
    """

    info: SourceInfo
    companions: Companions | None
    warnings: list[str]

    @property
    def truncated(self) -> str | None:
        """What is missing or damaged, in words."""

    def __iter__(self) -> Iterator[Frame]: ...
    def close(self) -> None:
        """Let go of the medium; safe to call twice."""

    def __enter__(self) -> "Source": ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_source(
    name: str, trim: Trim | None = None, carry: bool = True, rate: Fraction | None = None
) -> Source:
    """Open a video file, a URL, "-" (y4m or nut on standard input), a picture, a folder or pattern.

    trim: which part of it; carry: whether its audio, subtitles and chapters come along; rate:
    pictures a second where they are single files, 25 by default.
    Raises SourceError when it cannot be read.
    """
    trim = trim or Trim()
    if name == "-":
        return VideoSource(sys.stdin.buffer, trim, carry, name="standard input")
    if "://" in name:
        return VideoSource(name, trim, carry)
    pictures = image_paths(name)
    if pictures is not None:
        return ImageSource(name, pictures, trim, rate or DEFAULT_RATE)
    if not Path(name).exists():
        raise SourceError(f"{name}: no such file")
    return VideoSource(name, trim, carry)
