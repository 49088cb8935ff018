"""How threads share out parts of work without starting anew for each piece of it.

Counters in memory say which parts are taken and how many are done. A thread that comes late finds
nothing left to take, and who is held up holds up no more than the part in its hands.
"""

import os
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels.types import Indices

SPREAD = 8
"""Integers from one counter to the next: neighbours would slow each other's threads down."""
_WORD = ir.IntType(64)


if os.name == "posix":
    offer_core: Any = types.ExternalFunction("sched_yield", types.int32())
else:

    @numba.njit(nogil=True, cache=True)
    def offer_core() -> int:
        """Nothing, where the system has no such call."""
        return 0


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    counters = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(counters.data, [args[1]])


def _count_on(context: Any, counters: Any, at: Any) -> Any:
    """Add 1 to the counter at `at`, which no other thread may do meanwhile; gives what it was.

    Whoever reads the sum sees whatever this thread wrote before.
    """

    def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature, args)
        return builder.atomic_rmw("add", place, ir.Constant(_WORD, 1), "seq_cst")

    return types.int64(counters, types.int64), emitted


def _counted(context: Any, counters: Any, at: Any) -> Any:
    """What the counter at `at` is now."""

    def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_place(context, builder, signature, args), "acquire", 8)

    return types.int64(counters, types.int64), emitted


count_on: Any = intrinsic(_count_on)
counted: Any = intrinsic(_counted)


_AWAKE = 1_000_000
"""Times that a counter is read, which takes about a millisecond, before the own core is offered to
others each time. Sooner, whoever else wanted it would take it for several milliseconds."""


@numba.njit(nogil=True, cache=True)
def wait_until(counters: Indices, at: int, count: int) -> None:
    """Wait until the counter at `at` has come to `count`.

    That takes as long as a part, or until a thread goes on that lost its core within one. On cores
    of their own, threads gain nothing by offering them meanwhile. But where both share one, as in
    some virtual machines, whoever waits would hold up the other for all of its time slice.
    """
    tries = 0
    while counted(counters, at) < count:
        tries += 1
        if tries > _AWAKE:
            offer_core()
