"""The life of every sink: written, then closed, kept as a part, or abandoned."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeVar

import av

from stream.errors import SinkError
from stream.place import Place
from stream.receipt import Receipt

FAULTS = (av.FFmpegError, OSError)
"""What writing to a medium raises."""
Self = TypeVar("Self", bound="Finishing")


class Finishing(ABC):
    """A context manager that closes on success and abandons when an error passes through.

    Subclasses open their medium inside `_opening`, and give `_finish`, which completes the bytes,
    and `_drop`, which lets go of them.
    """

    def __init__(self, place: Place, receipt: Receipt) -> None:
        self.warnings: list[str] = []
        self.receipt = receipt
        self._place = place
        self._state: Literal["open", "complete", "settled"] = "open"

    def complete(self) -> None:
        """Write everything held back, but leave the output unnamed; a second call does nothing."""
        if self._state == "open":
            try:
                self._finish()
            except FAULTS as error:
                self.abandon()
                raise self._fault(error) from error
            self._state = "complete"

    def commit(self) -> None:
        """Give the completed output its final name; a second call does nothing."""
        if self._state == "complete":
            # Set first: what cannot be named is kept as a part, not abandoned.
            self._state = "settled"
            self._place.commit()
            self.receipt.path = self._place.path

    def close(self) -> None:
        """Finish the output and give it its final name; a second call does nothing."""
        self.complete()
        self.commit()

    def keep_partial(self) -> Path:
        """Finish what is there so that it plays, leave it under its partial name, return that."""
        self.complete()
        if self._state == "complete":
            self._state = "settled"
            self._place.keep()
            self.receipt.path = self._place.path
        return self._place.path

    def abandon(self) -> None:
        """Remove what was written; does nothing once closed or kept."""
        state, self._state = self._state, "settled"
        if state == "open":
            self._drop()
        if state != "settled":
            self._place.discard()

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        """Nothing is left behind when what runs inside fails."""
        try:
            yield
        except BaseException as error:
            self._state = "settled"
            self._place.discard()
            if isinstance(error, FAULTS):
                raise self._fault(error) from error
            raise

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
