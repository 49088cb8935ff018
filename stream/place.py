"""Where an output's bytes go: a file or folder named only when complete, or a pipe."""

import shutil
import sys
from pathlib import Path
from typing import Any, Protocol

from stream.errors import SinkError


class Place(Protocol):
    """Takes the bytes of one output; `commit` publishes them, `discard` removes them."""

    name: str
    path: Path

    @property
    def target(self) -> Any:
        """What `av.open` and `open` take: a path, or a binary file already open."""

    def commit(self) -> None:
        """Give the finished output its name."""

    def discard(self) -> None:
        """Remove what has been written so far."""


class Partial:
    """A file or folder in the making: `out.partial.webm` until `commit` names it `out.webm`.

    Raises SinkError when the target exists and may not be replaced, or cannot be written.
    """

    def __init__(self, final: Path, overwrite: bool, folder: bool = False) -> None:
        self.name = str(final)
        self.final = final
        self.path = final.with_name(f"{final.stem}.partial{final.suffix}")
        self._folder = folder
        try:
            self._check(overwrite)
            self.discard()
            if folder:
                self.path.mkdir()
            else:
                self.path.touch()
        except OSError as error:
            raise SinkError(f"{final}: cannot be written: {error.strerror}") from error

    @property
    def target(self) -> str:
        """The path to write to."""
        return str(self.path)

    def commit(self) -> None:
        """Give the finished output its name, replacing what was there if allowed."""
        try:
            if self._folder and self.final.is_dir():
                shutil.rmtree(self.final)
            self.path.replace(self.final)
        except OSError as error:
            raise SinkError(f"{self.final}: cannot be replaced: {error.strerror}") from error
        self.path = self.final

    def discard(self) -> None:
        """Remove what has been written so far."""
        if self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def _check(self, overwrite: bool) -> None:
        final, parent = self.final, self.final.parent
        if not parent.is_dir():
            raise SinkError(f"{final}: the folder {parent} does not exist")
        if not final.exists():
            return
        if final.is_dir() != self._folder:
            kind = "a folder" if final.is_dir() else "a file"
            raise SinkError(f"{final}: is {kind} already; choose another name")
        empty = self._folder and not any(final.iterdir())
        if not overwrite and not empty:
            raise SinkError(f"{final}: already exists; use --overwrite to replace it")


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

    def discard(self) -> None:
        """Nothing can be removed."""
