"""Writes intrinsics in LLVM's own terms, as kernels.registers does, in float32."""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types

from kernels.registers import LANES, Emitter

INDEX = ir.IntType(64)
FLOATS = ir.VectorType(ir.FloatType(), LANES)
Writes = Callable[[Emitter, Sequence[Any], Sequence[Any]], None]
"""Emits what an intrinsic does, given its arrays' data and the rest."""


def typed(writes: Writes, arrays: Sequence[Any], numbers: int, limits: int) -> tuple[Any, Any]:
    """An intrinsic's signature, of arrays, integers, then float32, and what emits it by `writes`.

    writes: is given the arrays' data and the rest.
    """
    rest = [types.int64] * numbers + [types.float32] * limits
    signature = types.void(*arrays, *rest)

    def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        count = len(arrays)
        data = [
            context.make_array(array)(context, builder, value).data
            for array, value in zip(arrays, args[:count], strict=True)
        ]
        writes(Emitter(builder, False, False), data, args[count:])
        return context.get_dummy_value()

    return signature, emitted


def number_of(value: int) -> Any:
    """As a constant that places are counted in."""
    return ir.Constant(INDEX, value)


def vector_of(value: float) -> Any:
    """In every lane."""
    return ir.Constant(FLOATS, [value] * LANES)


def along(emit: Emitter, base: Any, steps: int, pace: Any) -> Any:
    """`base` and so many steps of `pace`."""
    return emit.builder.add(base, emit.builder.mul(pace, number_of(steps)))


def keep(
    emit: Emitter, value: Any, beside: Any, out: Any, at: Any, limits: Sequence[Any],
    last: bool = False,
) -> None:  # fmt: skip
    """Store `value`, and what lies `beside` if anything does, between the limits.

    beside: loads that, or None; last: it is added to what was limited. What is not a number
    stays that.
    """
    builder, (low, high) = emit.builder, limits
    if beside is not None and not last:
        value = builder.fadd(value, beside())
    value = builder.select(builder.fcmp_ordered("<", value, low), low, value)
    value = builder.select(builder.fcmp_ordered(">", value, high), high, value)
    if beside is not None and last:
        value = builder.fadd(value, beside())
    builder.store(value, emit.place(out, at, FLOATS)).align = 4
