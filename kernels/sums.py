"""What layers of pass 1's net do within vector registers, in LLVM's own terms.

As kernels.registers, in float32: LANES channels of CHUNK pixels, which may lie anywhere, are
computed at once; and the transforms of F(4x4, 3x3) in Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks" (CVPR 2016), those of LANES channels of one square.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.registers import CHUNK, LANES, Emitter

OUT, SEEN = 4, 6
"""Sides of a square that is computed, and of what is seen for it."""

_cgutils: Any = cgutils
_INDEX = ir.IntType(64)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_Writes = Callable[[Emitter, Sequence[Any], Sequence[Any]], None]


def _typed(writes: _Writes, arrays: Sequence[Any], numbers: int, limits: int) -> tuple[Any, Any]:
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


def _number(value: int) -> Any:
    return ir.Constant(_INDEX, value)


def _vector(value: float) -> Any:
    return ir.Constant(_FLOATS, [value] * LANES)


def _along(emit: Emitter, base: Any, steps: int, pace: Any) -> Any:
    """`base` and so many steps of `pace`."""
    return emit.builder.add(base, emit.builder.mul(pace, _number(steps)))


def _spots(emit: Emitter, places: Any, first: Any, row: int) -> list[Any]:
    """The CHUNK numbers in a row of those that begin with the `first` of `places`."""
    builder = emit.builder
    counts = [builder.add(first, _number(row * CHUNK + n)) for n in range(CHUNK)]
    return [builder.load(builder.gep(places, [count])) for count in counts]


def _keep(emit: Emitter, value: Any, over: Any, out: Any, at: Any, limits: Sequence[Any]) -> None:
    """Store `value`, and what lies so far over it if anything does, between the limits.

    What is not a number stays that.
    """
    builder, (low, high) = emit.builder, limits
    if over is not None:
        value = builder.fadd(value, emit.load(out, builder.add(at, over), _FLOATS))
    value = builder.select(builder.fcmp_ordered("<", value, low), low, value)
    value = builder.select(builder.fcmp_ordered(">", value, high), high, value)
    builder.store(value, emit.place(out, at, _FLOATS)).align = 4


def _taken(emit: Emitter, weights: Any, start: Any, first: Any, pace: Any) -> tuple[list[Any], Any]:
    """CHUNK sums that begin with `start`, and how to take the next weights, from `first` on."""
    builder = emit.builder
    sums = [_cgutils.alloca_once_value(builder, start) for _ in range(CHUNK)]
    at = _cgutils.alloca_once_value(builder, first)

    def following() -> Any:
        place = builder.load(at)
        builder.store(builder.add(place, pace), at)
        return emit.load(weights, place, _FLOATS)

    return sums, following


def _sum(add: bool) -> _Writes:
    """Emit the sums over taps and channels. add: whether something lies beside the result."""

    def writes(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
        builder, (memory, weights, places) = emit.builder, data
        spots, first, bias, down, row, across, tap, inputs, shift, over, *limits = rest
        start = emit.load(weights, bias, _FLOATS)
        sums, following = _taken(emit, weights, start, first, _number(LANES))
        seen = [builder.gep(memory, [spot]) for spot in _spots(emit, places, spots, 0)]
        with (
            _cgutils.for_range(builder, down) as rows,
            _cgutils.for_range(builder, across) as columns,
        ):
            corner = builder.add(builder.mul(rows.index, row), builder.mul(columns.index, tap))
            with _cgutils.for_range(builder, inputs) as channel:
                weight, here = following(), builder.add(corner, channel.index)
                for base, total in zip(seen, sums, strict=True):
                    value = builder.load(builder.gep(base, [here]))
                    builder.store(emit.added(builder.load(total), weight, value), total)
        wide = [emit.spread(limit) for limit in limits]
        for total, spot in zip(sums, _spots(emit, places, spots, 1), strict=True):
            into = builder.add(spot, shift)
            _keep(emit, builder.load(total), over if add else None, memory, into, wide)

    return writes


def _filter(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit the sums over taps of each channel by itself."""
    builder, (memory, weights, places) = emit.builder, data
    spots, first, bias, sides, row, tap, channels, shift, *limits = rest
    start = emit.load(weights, bias, _FLOATS)
    sums, following = _taken(emit, weights, start, first, channels)
    seen = [builder.add(spot, shift) for spot in _spots(emit, places, spots, 0)]
    with (
        _cgutils.for_range(builder, sides) as rows,
        _cgutils.for_range(builder, sides) as columns,
    ):
        corner = builder.add(builder.mul(rows.index, row), builder.mul(columns.index, tap))
        weight = following()
        for spot, total in zip(seen, sums, strict=True):
            value = emit.load(memory, builder.add(spot, corner), _FLOATS)
            builder.store(emit.multiplied(value, weight, builder.load(total)), total)
    wide = [emit.spread(limit) for limit in limits]
    for total, spot in zip(sums, _spots(emit, places, spots, 1), strict=True):
        _keep(emit, builder.load(total), None, memory, builder.add(spot, shift), wide)


def _product(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit a matrix product of CHUNK rows."""
    builder, (source, weights, out), (at, first, inputs, into) = emit.builder, data, rest
    sums, following = _taken(emit, weights, _vector(0), first, _number(LANES))
    with _cgutils.for_range(builder, inputs) as channel:
        weight, here = following(), builder.add(at, channel.index)
        for row, total in enumerate(sums):
            value = builder.load(builder.gep(source, [_along(emit, here, row, inputs)]))
            builder.store(emit.added(builder.load(total), weight, value), total)
    for row, total in enumerate(sums):
        spot = emit.place(out, builder.add(into, _number(row * LANES)), _FLOATS)
        builder.store(builder.load(total), spot).align = 4


def _seen(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit the transform of a square of SEEN x SEEN pixels."""
    (source, out), (at, row, pixel, into, pace) = data, rest

    def column(x: int) -> list[Any]:
        above = _along(emit, at, x, pixel)
        return [emit.load(source, _along(emit, above, y, row), _FLOATS) for y in range(SEEN)]

    columns = [_into(emit, column(x)) for x in range(SEEN)]
    for y in range(SEEN):
        for x, value in enumerate(_into(emit, [each[y] for each in columns])):
            spot = emit.place(out, _along(emit, into, SEEN * y + x, pace), _FLOATS)
            emit.builder.store(value, spot).align = 4


def _found(add: bool) -> _Writes:
    """Emit the transform back, to OUT x OUT pixels."""

    def writes(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
        (source, weights, out), (at, pace, bias, into, row, pixel, over, *limits) = data, rest
        wide = [emit.spread(limit) for limit in limits]
        start = emit.load(weights, bias, _FLOATS)

        def column(x: int) -> list[Any]:
            spots = [_along(emit, at, SEEN * y + x, pace) for y in range(SEEN)]
            return [emit.load(source, spot, _FLOATS) for spot in spots]

        columns = [_back(emit, column(x)) for x in range(SEEN)]
        for y in range(OUT):
            for x, value in enumerate(_back(emit, [each[y] for each in columns])):
                spot = _along(emit, _along(emit, into, y, row), x, pixel)
                total = emit.builder.fadd(value, start)
                _keep(emit, total, over if add else None, out, spot, wide)

    return writes


def _lifted(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit three quarters of one vector, a quarter of another, and what is added."""
    (row, memory), (near, far, at, into, low) = data, rest
    far = emit.multiplied(
        emit.load(row, far, _FLOATS), _vector(0.25), emit.load(memory, at, _FLOATS)
    )
    value = emit.multiplied(emit.load(row, near, _FLOATS), _vector(0.75), far)
    least = emit.spread(low)
    value = emit.builder.select(emit.builder.fcmp_ordered("<", value, least), least, value)
    emit.builder.store(value, emit.place(memory, into, _FLOATS)).align = 4


def _into(emit: Emitter, d: Sequence[Any]) -> list[Any]:
    """Six numbers as values of polynomials at 0, 1, -1, 2, -2 and infinity."""
    builder = emit.builder

    def scaled(value: Any, by: float, rest: Any) -> Any:
        return emit.multiplied(value, _vector(by), rest)

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
        emit.multiplied(apart, _vector(2), odd),
        emit.multiplied(wide, _vector(4), even),
        builder.fadd(emit.multiplied(apart, _vector(8), odd), m[5]),
    ]


def _sum_chunk(add: bool) -> Any:
    def chunk(
        context: Any, memory: Any, weights: Any, places: Any, spots: Any, first: Any, bias: Any,
        down: Any, row: Any, across: Any, tap: Any, inputs: Any, shift: Any, over: Any, low: Any,
        high: Any,
    ) -> Any:  # fmt: skip
        """Convolve CHUNK pixels into LANES channels, `shift` from where a pixel begins.

        Flat arrays. spots: where in `places` (int64) it is told where pixels begin that are read,
        then such that are written; first, bias: among the weights; down, across: taps, `row` and
        `tap` apart; inputs: numbers that follow one another at each; over: from what is written to
        what is added.
        """
        return _typed(_sum(add), (memory, weights, places), 10, 2)

    return intrinsic(chunk)


def _filter_chunk(
    context: Any, memory: Any, weights: Any, places: Any, spots: Any, first: Any, bias: Any,
    sides: Any, row: Any, tap: Any, channels: Any, shift: Any, low: Any, high: Any,
) -> Any:  # fmt: skip
    """Filter LANES channels of CHUNK pixels by themselves. As _sum_chunk."""
    return _typed(_filter, (memory, weights, places), 8, 2)


def _product_chunk(
    context: Any, source: Any, weights: Any, out: Any, at: Any, first: Any, inputs: Any, into: Any
) -> Any:
    """Multiply CHUNK rows of `inputs` by a matrix of LANES columns."""
    return _typed(_product, (source, weights, out), 4, 0)


def _square_seen(
    context: Any, source: Any, out: Any, at: Any, row: Any, pixel: Any, into: Any, pace: Any
) -> Any:
    """Transform LANES channels of a square: SEEN * SEEN vectors, `pace` apart."""
    return _typed(_seen, (source, out), 5, 0)


def _square_found(add: bool) -> Any:
    def square(
        context: Any, source: Any, weights: Any, out: Any, at: Any, pace: Any, bias: Any, into: Any,
        row: Any, pixel: Any, over: Any, low: Any, high: Any,
    ) -> Any:  # fmt: skip
        """Transform them back. over: from what is written to what is added."""
        return _typed(_found(add), (source, weights, out), 7, 2)

    return intrinsic(square)


def _lift_chunk(
    context: Any, row: Any, memory: Any, near: Any, far: Any, at: Any, into: Any, low: Any
) -> Any:
    """Blend LANES numbers of `row`, and add those of `memory`; at least `low`."""
    return _typed(_lifted, (row, memory), 4, 1)


sum_chunk, sum_chunk_beside = (_sum_chunk(add) for add in (False, True))
filter_chunk: Any = intrinsic(_filter_chunk)
product_chunk: Any = intrinsic(_product_chunk)
square_seen: Any = intrinsic(_square_seen)
square_found, square_found_beside = (_square_found(add) for add in (False, True))
lift_chunk: Any = intrinsic(_lift_chunk)
