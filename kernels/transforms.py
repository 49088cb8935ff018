"""Squares of pixels as values of polynomials, and back, within vector registers.

The transforms of F(4x4, 3x3) in Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"
(CVPR 2016), of LANES channels at once.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from numba.extending import intrinsic

from kernels.emit import FLOATS, Writes, along, keep, typed, vector_of
from kernels.registers import Emitter

OUT, SEEN = 4, 6
"""Sides of a square that is computed, and of what is seen for it."""


def _seen(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit the transform of a square of SEEN x SEEN pixels."""
    (source, out), (at, row, pixel, into, pace) = data, rest

    def column(x: int) -> list[Any]:
        above = along(emit, at, x, pixel)
        return [emit.load(source, along(emit, above, y, row), FLOATS) for y in range(SEEN)]

    columns = [_into(emit, column(x)) for x in range(SEEN)]
    for y in range(SEEN):
        for x, value in enumerate(_into(emit, [each[y] for each in columns])):
            spot = emit.place(out, along(emit, into, SEEN * y + x, pace), FLOATS)
            emit.builder.store(value, spot).align = 4


def _found(kind: str) -> Writes:
    """Emit the transform back, to OUT x OUT pixels.

    kind: "alone"; "added", what lies beside before the result is limited; "residual", after that.
    """

    def writes(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
        source, weights, beside, out = data
        at, pace, bias, into, near, row, pixel, *limits = rest
        wide = [emit.spread(limit) for limit in limits]
        start = emit.load(weights, bias, FLOATS)

        def column(x: int) -> list[Any]:
            spots = [along(emit, at, SEEN * y + x, pace) for y in range(SEEN)]
            return [emit.load(source, spot, FLOATS) for spot in spots]

        columns = [_back(emit, column(x)) for x in range(SEEN)]
        for y in range(OUT):
            for x, value in enumerate(_back(emit, [each[y] for each in columns])):
                spot, other = (
                    along(emit, along(emit, first, y, row), x, pixel) for first in (into, near)
                )
                load = None if kind == "alone" else partial(emit.load, beside, other, FLOATS)
                total = emit.builder.fadd(value, start)
                keep(emit, total, load, out, spot, wide, kind == "residual")

    return writes


def _lifted(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit three quarters of one vector, a quarter of another, and what is added."""
    (row, memory), (near, far, at, into, low) = data, rest
    value = emit.load(memory, at, FLOATS)
    for place, share in ((far, 0.25), (near, 0.75)):
        value = emit.multiplied(emit.load(row, place, FLOATS), vector_of(share), value)
    least = emit.spread(low)
    value = emit.builder.select(emit.builder.fcmp_ordered("<", value, least), least, value)
    emit.builder.store(value, emit.place(memory, into, FLOATS)).align = 4


def _into(emit: Emitter, d: Sequence[Any]) -> list[Any]:
    """Six numbers as values of polynomials at 0, 1, -1, 2, -2 and infinity."""
    builder = emit.builder

    def scaled(value: Any, by: float, rest: Any) -> Any:
        return emit.multiplied(value, vector_of(by), rest)

    near, far = scaled(d[2], -4, d[4]), scaled(d[1], -4, d[3])
    even, odd = builder.fsub(d[4], d[2]), builder.fsub(d[3], d[1])
    return [
        scaled(d[0], 4, scaled(d[2], -5, d[4])),
        builder.fadd(near, far), builder.fsub(near, far),
        scaled(odd, 2, even), scaled(odd, -2, even),
        scaled(d[1], 4, scaled(d[3], -5, d[5])),
    ]  # fmt: skip


def _back(emit: Emitter, m: Sequence[Any]) -> list[Any]:
    """Products of such values as the four sums of a filter of three taps."""
    builder = emit.builder
    even, odd = builder.fadd(m[1], m[2]), builder.fsub(m[1], m[2])
    wide, apart = builder.fadd(m[3], m[4]), builder.fsub(m[3], m[4])
    return [
        builder.fadd(builder.fadd(m[0], even), wide),
        emit.multiplied(apart, vector_of(2), odd),
        emit.multiplied(wide, vector_of(4), even),
        builder.fadd(emit.multiplied(apart, vector_of(8), odd), m[5]),
    ]


def _square_seen(
    context: Any, source: Any, out: Any, at: Any, row: Any, pixel: Any, into: Any, pace: Any
) -> Any:
    """Transform LANES channels of a square: SEEN * SEEN vectors, `pace` apart."""
    return typed(_seen, (source, out), 5, 0)


def _square_found(kind: str) -> Any:
    def square(
        context: Any, source: Any, weights: Any, beside: Any, out: Any, at: Any, pace: Any,
        bias: Any, into: Any, near: Any, row: Any, pixel: Any, low: Any, high: Any,
    ) -> Any:  # fmt: skip
        """Transform them back. into: where, in `out`; near: where what is added is, in `beside`."""
        return typed(_found(kind), (source, weights, beside, out), 7, 2)

    return intrinsic(square)


def _lift_chunk(
    context: Any, row: Any, memory: Any, near: Any, far: Any, at: Any, into: Any, low: Any
) -> Any:
    """Blend LANES numbers of `row`, and add those of `memory`; at least `low`."""
    return typed(_lifted, (row, memory), 4, 1)


square_seen: Any = intrinsic(_square_seen)
square_found, square_found_added, square_found_residual = (
    _square_found(kind) for kind in ("alone", "added", "residual")
)
lift_chunk: Any = intrinsic(_lift_chunk)
