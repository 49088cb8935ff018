"""Where an output's bytes go: a file or folder named only when complete, or a pipe."""

import contextlib
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from stream.errors import SinkError


class Place(Protocol):
    """Takes the bytes of one output, which `commit`, `keep` or `discard` then settles.

    name: of the output in the end, for messages. path: where the bytes are now.
    """

    name: str
    path: Path

    @property
    def target(self) -> Any:
        """What `av.open` and `open` take: a path, or a binary file already open."""

    def commit(self) -> None:
        """Give the finished output its name."""

    def keep(self) -> None:
        """Leave what is there under a name that says it is a part."""

    def discard(self) -> None:
        """Remove what has been written so far."""


class Partial:
    """A file or folder in the making, under a hidden name of its own until it is complete.

    `out.webm` is written as `.out.1f0c9a.webm`, then named `out.webm` by `commit`, or
    `out.partial.webm` by `keep`. Nothing that was there before is touched, except what `overwrite`
    allows: a file of the final name, or the numbered pictures in a folder that holds nothing else.
    Raises SinkError when the target exists and may not be replaced, or cannot be written.
    """

    def __init__(self, final: Path, overwrite: bool, folder: bool = False) -> None:
        self.name = str(final)
        self.final = final
        self._overwrite, self._folder = overwrite, folder
        try:
            self._check()
            # Muxers go by the suffix, so it stays.
            names = (f".{final.stem}.{secrets.token_hex(3)}{final.suffix}" for _ in count())
            self.path = self._create(names)
        except OSError as error:
            raise SinkError(f"{final}: cannot be written: {error.strerror}") from error

    @property
    def target(self) -> str:
        """The path to write to."""
        return str(self.path)

    def commit(self) -> None:
        """Give the finished output its name, replacing what was there if allowed.

        Raises SinkError when that cannot be done; then the output is kept as a part.
        """
        try:
            self._check()
            self._publish()
        except (OSError, SinkError) as error:
            why = error if isinstance(error, SinkError) else f"{self.final}: {error.strerror}"
            self.keep()
            raise SinkError(f"{why}; what was made is kept in {self.path}") from error
        self.path = self.final

    def keep(self) -> None:
        """Name what is there `out.partial.webm`, or `out.partial-2.webm` … where one is."""
        final = self.final
        marks = ("partial" if number == 1 else f"partial-{number}" for number in count(1))
        try:
            kept = self._create(f"{final.stem}.{mark}{final.suffix}" for mark in marks)
            if self._folder:
                kept.rmdir()
            self.path.replace(kept)
        except OSError as error:
            raise SinkError(f"{self.path}: cannot be renamed: {error.strerror}") from error
        self.path = kept

    def discard(self) -> None:
        """Remove what has been written so far; never raises, for it often follows an error."""
        if self._folder:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _create(self, names: Iterator[str]) -> Path:
        """An empty file or folder beside the final one, under the first of `names` that is free."""
        for name in names:
            path = self.final.with_name(name)
            try:
                if self._folder:
                    path.mkdir()
                else:
                    path.touch(exist_ok=False)
            except FileExistsError:
                continue
            return path
        raise ValueError("no name is left")

    def _publish(self) -> None:
        if not self.final.is_dir():
            self.path.replace(self.final)
            return
        stale = {path.name for path in self.final.iterdir()}
        for picture in sorted(self.path.iterdir()):
            picture.replace(self.final / picture.name)
            stale.discard(picture.name)
        for name in stale:
            (self.final / name).unlink()
        self.path.rmdir()

    def _check(self) -> None:
        final, parent = self.final, self.final.parent
        if final.name in {"", ".."}:
            raise SinkError(f"{final}: the output needs a name of its own")
        if not parent.is_dir():
            raise SinkError(f"{final}: the folder {parent} does not exist")
        if not final.exists():
            return
        if final.is_dir() != self._folder:
            kind = "a folder" if final.is_dir() else "a file"
            raise SinkError(f"{final}: is {kind} already; choose another name")
        if not self._folder and not final.is_file():
            raise SinkError(f"{final}: is no ordinary file; choose another name")
        empty = self._folder and not any(final.iterdir())
        if not self._overwrite and not empty:
            raise SinkError(f"{final}: already exists; use --overwrite to replace it")
        if self._folder and not all(_is_picture(path) for path in final.iterdir()):
            raise SinkError(f"{final}: the folder holds other files; choose another name")


def _is_picture(path: Path) -> bool:
    """Whether `path` is named as the pictures are that this program writes into folders."""
    return path.is_file() and re.fullmatch(r"[0-9]{6,}\.png", path.name) is not None


class StandardOutput:
    """The pipe that this process writes to; what has gone out cannot be taken back."""

    def __init__(self) -> None:
        self.name = "standard output"
        self.path = Path("-")
        if sys.stdout.isatty():
            raise SinkError("standard output is a terminal: send it to a pipe or a file")

    @property
    def target(self) -> Any:
        """The binary side of standard output."""
        return sys.stdout.buffer

    def commit(self) -> None:
        """Push out what is buffered."""
        sys.stdout.buffer.flush()

    def keep(self) -> None:
        """Push out what is buffered."""
        sys.stdout.buffer.flush()

    def discard(self) -> None:
        """Nothing can be removed."""
