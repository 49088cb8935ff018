"""Pictures as a film: a folder or pattern of images, or one."""

import glob
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av

from stream.companions import Companions
from stream.decode import to_frame
from stream.errors import SourceError
from stream.frame import Frame
from stream.limits import check_size
from stream.source_info import SourceInfo
from stream.trim import Trim

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".exr", ".dpx", ".tga"}
DEFAULT_RATE = Fraction(25)


def image_paths(name: str) -> list[Path] | None:
    """The pictures that `name` means, in natural order; None when it means something else.

    A folder means the pictures in it, a pattern with * or ? those that match.
    Raises SourceError when the folder or pattern holds none.
    """
    path = Path(name)
    if path.is_dir():
        try:
            found = [entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES]
        except OSError as error:
            raise SourceError(f"{name}: cannot be read: {error.strerror}") from error
        if not found:
            kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
            raise SourceError(f"{name}: the folder holds no pictures ({kinds})")
        return sorted(found, key=_natural)
    if path.exists():
        return [path] if path.suffix.lower() in SUFFIXES else None
    if re.search(r"[*?\[]", name):
        matches = [Path(match) for match in glob.glob(name)]  # noqa: PTH207 - absolute patterns
        found = [match for match in matches if match.suffix.lower() in SUFFIXES]
        if not found:
            raise SourceError(f"{name}: no picture matches this pattern")
        return sorted(found, key=_natural)
    return None


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key by which frame9 comes before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


class ImageSource:
    """Pictures of one size, one a frame, `rate` a second."""

    def __init__(
        self, name: str, paths: list[Path], trim: Trim | None = None, rate: Fraction = DEFAULT_RATE
    ) -> None:
        trim = trim or Trim()
        self.warnings: list[str] = []
        self.companions: Companions | None = None
        self._time_base = 1 / rate
        first = -(-trim.start // self._time_base)
        end = None if trim.end is None else -(-trim.end // self._time_base)
        self._paths = paths[first:end]
        if not self._paths:
            raise SourceError(f"{name}: holds {len(paths)} pictures, none in the part asked for")
        self._wanted: str | None = None
        example = self._read(0)
        self._wanted = example.pixel_format.name
        check_size(str(self._paths[0]), example.height, example.width)
        self.info = SourceInfo(
            example.height, example.width, example.pixel_format, example.colour, self._time_base,
            rate, example.sample_aspect, len(self._paths), len(self._paths) / rate,
        )  # fmt: skip

    @property
    def truncated(self) -> str | None:
        """Always None: a damaged picture raises instead."""
        return None

    def __iter__(self) -> Iterator[Frame]:
        for index in range(len(self._paths)):
            frame = self._read(index)
            if (frame.height, frame.width) != (self.info.height, self.info.width):
                raise SourceError(
                    f"{self._paths[index]}: is {frame.width}x{frame.height}, the pictures before "
                    f"it are {self.info.width}x{self.info.height}; all must have one size"
                )
            yield frame

    def _read(self, index: int) -> Frame:
        path = self._paths[index]
        try:
            with av.open(str(path)) as container:
                decoded = next(container.decode(video=0))
                aspect = container.streams.video[0].sample_aspect_ratio or Fraction(1)
                frame = to_frame(decoded, index, self._time_base, 1, aspect, self._wanted)
                return frame.upright()
        except (av.error.FFmpegError, OSError, StopIteration, IndexError) as error:
            why = getattr(error, "strerror", None) or "it is empty"
            raise SourceError(f"{path}: not a picture that can be read ({why})") from error

    def close(self) -> None:
        """Nothing stays open between pictures."""

    def __enter__(self) -> "ImageSource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
