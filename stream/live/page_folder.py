"""The folder of backgrounds: what is in it, how it looks, and which names may reach it."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from stream.backgrounds import is_made, open_background
from stream.errors import SourceError, UsageError
from stream.live.look import Look
from stream.live.page_media import first_frame
from stream.live.page_pictures import jpeg_of

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
FILMS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif"})
INSIDE, GIVEN = "folder:", "given:"
"""What a background's name begins with on the page: a file of the folder, and any other file."""
_THUMBNAIL = 256
_MOST = 200
"""Files shown; a folder of thousands would keep the page busy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A background to choose. name: as the page names it; title: for reading."""

    name: str
    title: str
    kind: Literal["picture", "film"]


class Folder:
    """Backgrounds by name. No name that a browser sends is ever taken for a path."""

    def __init__(self, path: Path, given: str) -> None:
        """given: the background the program was started with, which may lie elsewhere."""
        self.path = path
        self._given = given
        self._thumbnails: dict[tuple[Path, int, int], bytes | None] = {}
        self._drawing = threading.Lock()

    def entries(self) -> list[Entry]:
        """What can be chosen: the file given at the start, then those in the folder by name."""
        found = [entry_of(name, path) for name, path in self._files().items()]
        return found[:_MOST]

    def _files(self) -> Mapping[str, Path]:
        files = {}
        given = self._name_of(self._given)
        if given.startswith(GIVEN):
            files[given] = Path(self._given)
        return files | {INSIDE + path.name: path for path in backgrounds_in(self.path)}

    def shown(self, look: Look) -> dict[str, Any]:
        """The look as the page has it: without any path of this machine."""
        return {**asdict(look), "background": self._name_of(look.background)}

    def _name_of(self, background: str) -> str:
        if is_made(background):
            return background
        path = Path(background)
        inside = path.absolute().parent == self.path
        return (INSIDE if inside else GIVEN) + path.name

    def path_of(self, name: object) -> str:
        """The background that the page calls `name`, as a Look has it. Raises UsageError."""
        if isinstance(name, str) and is_made(name):
            open_background(name)  # checks colour and strength
            return name
        path = self._files().get(name) if isinstance(name, str) else None
        if path is None:
            raise UsageError(f"no such background: {name!r}")
        return str(path)

    def thumbnail(self, name: str) -> bytes | None:
        """A small JPEG of the first picture; None when there is none to be had."""
        path = self._files().get(name)
        if path is None:
            return None
        with self._drawing:  # one at a time: the live picture needs the processor
            try:
                stat = path.stat()
                key = path, stat.st_mtime_ns, stat.st_size
                if key not in self._thumbnails:
                    self._thumbnails[key] = _drawn(path)
                return self._thumbnails[key]
            except OSError:
                return None


def backgrounds_in(folder: Path) -> list[Path]:
    """Pictures and films in `folder`, by name; none where there is no such folder."""
    try:
        inside = sorted(folder.iterdir(), key=lambda path: path.name.lower())
    except OSError:  # not there yet
        return []
    known = PICTURES | FILMS
    return [
        path
        for path in inside
        if path.suffix.lower() in known and not path.name.startswith(".") and path.is_file()
    ]


def entry_of(name: str, path: Path) -> Entry:
    """What the page says of the file at `path`."""
    return Entry(name, path.stem, "picture" if path.suffix.lower() in PICTURES else "film")


def _drawn(path: Path) -> bytes | None:
    try:
        return jpeg_of(first_frame(path), _THUMBNAIL)
    except SourceError:
        return None
