"""How threads share out parts of work without starting anew for each piece of it.

Counters in memory say which parts are taken and how many are done. A thread that comes late finds
nothing left to take, and who is held up holds up no more than the part in its hands.
"""

import ctypes
import os
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.types import Indices

SPREAD = 8
"""Integers from one counter to the next: neighbours would slow each other's threads down."""
_PATIENCE = 200
"""Looks at a counter before a waiting thread offers its core to others, again and again."""
_WORD = ir.IntType(64)
_YIELD = "hairline_yield"
_cgutils: Any = cgutils


def _name_yield() -> None:
    """Tell LLVM where the system's own function is that offers a core to others."""
    if os.name == "nt":
        function: Any = getattr(ctypes, "windll").kernel32.SwitchToThread  # noqa: B009 - elsewhere unknown
    else:
        function = ctypes.CDLL(None).sched_yield
    llvm.add_symbol(_YIELD, ctypes.cast(function, ctypes.c_void_p).value)


_name_yield()


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


def _offer_core(context: Any) -> Any:
    """Let another thread run here, if one waits to."""

    def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(_cgutils.get_or_insert_function(builder.module, kind, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), emitted


count_on: Any = intrinsic(_count_on)
counted: Any = intrinsic(_counted)
offer_core: Any = intrinsic(_offer_core)


@numba.njit(nogil=True, cache=True)
def wait_until(counters: Indices, at: int, count: int) -> None:
    """Wait until the counter at `at` has come to `count`."""
    looks = 0
    while counted(counters, at) < count:
        looks += 1
        if looks > _PATIENCE:
            offer_core()
