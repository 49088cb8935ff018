"""The life of every sink: written, then closed, kept as a part, or abandoned."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import av

from stream.errors import SinkError
from stream.place import Place
from stream.receipt import Receipt

FAULTS = (av.FFmpegError, OSError)
"""What writing to a medium raises."""
Self = TypeVar("Self", bound="Finishing")


class Finishing(ABC):
    """A context manager that closes on success and abandons when an error passes through.

    Subclasses give `_finish`, which completes the bytes, and `_drop`, which lets go of them.
    """

    def __init__(self, place: Place, receipt: Receipt) -> None:
        self.warnings: list[str] = []
        self.receipt = receipt
        self._place = place
        self._done = False

    def close(self) -> None:
        """Finish the output and give it its final name; a second call does nothing."""
        if not self._done:
            self._complete()
            self._place.commit()
            self.receipt.path = self._place.path

    def keep_partial(self) -> Path:
        """Finish what is there so that it plays, leave it under its partial name, return that."""
        if not self._done:
            self._complete()
        return self._place.path

    def abandon(self) -> None:
        """Remove what was written; does nothing once closed or kept."""
        if not self._done:
            self._done = True
            self._drop()
            self._place.discard()

    def _complete(self) -> None:
        self._done = True
        try:
            self._finish()
        except FAULTS as error:
            self._drop()
            self._place.discard()
            raise self._fault(error) from error

    def _fault(self, error: BaseException) -> SinkError:
        """The operator's line for a failed write."""
        return SinkError(f"{self._place.name}: {getattr(error, 'strerror', None) or error}")

    @abstractmethod
    def _finish(self) -> None:
        """Write everything held back."""

    @abstractmethod
    def _drop(self) -> None:
        """Release the medium, whatever state it is in."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()
