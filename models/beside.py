"""A computation that runs beside others."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from kernels.threads import use_threads, used

Result = TypeVar("Result")


class Beside(Thread, Generic[Result]):
    """Begins at once, in a thread of its own that ends with it.

    Kernels and nets use as many threads there as they do where it was begun.
    """

    def __init__(self, name: str, compute: Callable[[], Result]) -> None:
        """name: of the thread."""
        # A program that ended meanwhile would be aborted by what kernels run in.
        super().__init__(name=name, daemon=False)
        self._compute, self._threads = compute, used()
        self._found: list[Result] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        use_threads(self._threads)
        try:
            self._found.append(self._compute())
        except BaseException as error:  # whoever asked must see it
            self._error = error

    def result(self) -> Result:
        """What was computed; waits for it. Raises RuntimeError when it failed."""
        self.join()
        if not self._found:
            raise RuntimeError(f"what ran beside ({self.name}) failed") from self._error
        return self._found[0]
