"""A computation that runs beside others."""

import os
import sys
from collections.abc import Callable
from threading import Thread, get_native_id
from typing import Generic, TypeVar

from kernels.threads import use_threads, used

Result = TypeVar("Result")
_MEEK = 10
"""The niceness at which a thread gets a tenth of what another does that wants the same core."""


class Beside(Thread, Generic[Result]):
    """Begins at once, in a thread of its own that ends with it.

    Kernels and nets use as many threads there as they do where it was begun.
    """

    def __init__(self, name: str, compute: Callable[[], Result], gives_way: bool = False) -> None:
        """name: of the thread. gives_way: whether others go first, where the system can do that."""
        # A program that ended meanwhile would be aborted by the nets' library.
        super().__init__(name=name, daemon=False)
        self._compute, self._threads, self._gives_way = compute, used(), gives_way
        self._found: list[Result] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        use_threads(self._threads)
        if self._gives_way and sys.platform == "linux":  # elsewhere niceness is a program's
            os.setpriority(os.PRIO_PROCESS, get_native_id(), _MEEK)
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
