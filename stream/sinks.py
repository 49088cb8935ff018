"""Where pictures go: one protocol, and the sink for each medium."""

from pathlib import Path
from types import TracebackType
from typing import Protocol

from kernels.types import Alpha
from stream.companions import Companions
from stream.errors import SinkError
from stream.formats import PIPE, Format
from stream.frame import Frame
from stream.image_sink import ImageSink
from stream.place import Partial, Place, StandardOutput
from stream.receipt import Receipt
from stream.source_info import SourceInfo
from stream.video_sink import VideoSink
from stream.y4m_sink import Y4mSink


class Sink(Protocol):
    """Takes frames in order; a context manager that abandons what an error interrupts."""

    warnings: list[str]
    receipt: Receipt

    def write(self, frame: Frame, alpha: Alpha | None) -> None:
        """Write one upright frame.

        frame: its samples are final: composited for opaque formats; straight foreground, black
        where alpha is 0, for formats with alpha. alpha: (H, W) float32 in [0, 1], None when
        opaque. Raises SinkError when the medium fails.
        """

    def complete(self) -> None:
        """Write everything held back, but leave the output unnamed; a second call does nothing."""

    def commit(self) -> None:
        """Give the completed output its final name; a second call does nothing."""

    def close(self) -> None:
        """Finish the output and give it its final name; a second call does nothing."""

    def keep_partial(self) -> Path:
        """Finish what is there so that it plays, leave it under its partial name, return that."""

    def abandon(self) -> None:
        """Remove what was written; does nothing once closed or kept."""

    def __enter__(self) -> "Sink": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_sink(
    out: str,
    format: Format,
    info: SourceInfo,
    companions: Companions | None = None,
    overwrite: bool = False,
    transparent: bool | None = None,
) -> Sink:
    """Open the sink that writes `format` to `out`.

    transparent: whether frames come with alpha; by default whenever the format carries it.
    Raises SinkError when the target cannot be written or exists without `overwrite`.
    """
    sink = _opened(out, format, info, companions, overwrite, transparent)
    if format.content != "matte" and format.depth(info.pixel_format) < info.pixel_format.depth:
        sink.warnings.append(
            f"{format.name} keeps {format.depth(info.pixel_format)} of the source's "
            f"{info.pixel_format.depth} bits; prores4444, ffv1 and png keep more"
        )
    if format.even and (info.height % 2 or info.width % 2):
        sink.warnings.append(
            f"{format.name} needs even sizes: the last row or column of "
            f"{info.width}x{info.height} is repeated"
        )
    return sink


def _opened(
    out: str,
    format: Format,
    info: SourceInfo,
    companions: Companions | None,
    overwrite: bool,
    transparent: bool | None,
) -> Sink:
    if transparent is None:
        transparent = format.carries_alpha
    if format.medium == "folder":
        if out == PIPE:
            raise SinkError(f"{format.name} is a folder of pictures: standard output takes none")
        single = Path(out).suffix.lower() == ".png"
        folder = Partial(Path(out), overwrite, folder=not single)
        return ImageSink(folder, format, info, companions, transparent)
    place: Place = StandardOutput() if out == PIPE else Partial(Path(out), overwrite)
    if format.container == "yuv4mpegpipe":
        return Y4mSink(place, format, info, companions)
    return VideoSink(place, format, info, companions, transparent)
