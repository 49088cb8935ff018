"""A computation that runs beside others."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread, get_native_id
from typing import Generic, Literal, TypeVar

from kernels.threads import available, use_threads, used

Result = TypeVar("Result")
Rank = Literal["equal", "later", "last"]
"""Of who computes beside others; who is not their equal keeps to one thread.

later: where both want a core, others have nine tenths of it, but may wait for it for milliseconds.
last: others have a core at once; who waits for what runs last may wait long, for where they want
all cores it has next to nothing. That goes for the interpreter's lock too, which it should seldom
hold. Threads that it begins come last as well.
"""
_LATER = 10
"""How much nicer than others `later` is."""


class Beside(Thread, Generic[Result]):
    """Begins at once, in a thread of its own that ends with it.

    Kernels and nets of an equal use as many threads there as they do where it was begun.
    """

    def __init__(self, name: str, compute: Callable[[], Result], rank: Rank = "equal") -> None:
        """name: of the thread. rank: where there are any, else it is everybody's equal."""
        # A program that ended meanwhile would be aborted by what kernels run in.
        super().__init__(name=name, daemon=False)
        self._compute, self._threads = compute, used() if rank == "equal" else 1
        self.rank: Rank = rank if are_ranks() else "equal"
        self._found: list[Result] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        use_threads(self._threads)
        _take(self.rank)
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


def are_ranks() -> bool:
    """Whether what begins now may rank behind others.

    On Linux alone: elsewhere threads cannot say so. Nor on a single core, or where some are left to
    other programs: giving way to those as well it would hardly get on.
    """
    return sys.platform == "linux" and 1 < used() == available()


def comes_last() -> bool:
    """Whether this thread does, and so would any that it begins."""
    return sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_IDLE


def _take(rank: Rank) -> None:
    """This thread comes so from now on, as far as the system allows it."""
    if rank == "equal" or sys.platform != "linux":
        return
    me = get_native_id()
    if rank == "last":
        with suppress(OSError):
            os.sched_setscheduler(me, os.SCHED_IDLE, os.sched_param(0))
            return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + _LATER)
