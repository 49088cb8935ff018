"""A computation that runs beside others."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread, get_native_id
from typing import Generic, TypeVar

from kernels.threads import available, use_threads, used

Result = TypeVar("Result")
_LATER = 10
"""How much nicer than others who gives way is: where both want a core, they have nine tenths."""


class Beside(Thread, Generic[Result]):
    """Begins at once, in a thread of its own that ends with it.

    Kernels and nets use as many threads there as they do where it was begun.
    """

    def __init__(self, name: str, compute: Callable[[], Result], gives_way: bool = False) -> None:
        """name: of the thread. gives_way: keep to one thread, which runs where others leave time.

        The latter on Linux alone: elsewhere threads cannot say so. Nor on a single core, or where
        some are left to other programs: giving way to those as well it would hardly get on.
        """
        # A program that ended meanwhile would be aborted by what kernels run in.
        super().__init__(name=name, daemon=False)
        self._compute, self._comes_last = compute, gives_way and 1 < used() == available()
        self._threads = 1 if gives_way else used()
        self._found: list[Result] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        use_threads(self._threads)
        if self._comes_last:
            _come_last()
        try:
            self._found.append(self._compute())
        except BaseException as error:  # whoever asked must see it
            self._error = error

    @property
    def is_over(self) -> bool:
        """Whether `result` will not wait."""
        return not self.is_alive()

    def result(self) -> Result:
        """What was computed; waits for it. Raises RuntimeError when it failed."""
        self.join()
        if not self._found:
            raise RuntimeError(f"what ran beside ({self.name}) failed") from self._error
        return self._found[0]


def _come_last() -> None:
    if sys.platform == "linux":
        me = os.PRIO_PROCESS, get_native_id()
        with suppress(OSError):
            os.setpriority(*me, os.getpriority(*me) + _LATER)
