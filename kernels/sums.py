"""Sums over taps and channels within vector registers: LANES channels of CHUNK pixels at once.

The pixels may lie anywhere.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from numba.core import cgutils
from numba.extending import intrinsic

from kernels.emit import FLOATS, Writes, along, keep, number_of, typed, vector_of
from kernels.registers import CHUNK, LANES, Emitter

_cgutils: Any = cgutils


def _spots(emit: Emitter, places: Any, first: Any, row: int) -> list[Any]:
    """The CHUNK numbers in a row of those that begin with the `first` of `places`."""
    builder = emit.builder
    counts = [builder.add(first, number_of(row * CHUNK + n)) for n in range(CHUNK)]
    return [builder.load(builder.gep(places, [count])) for count in counts]


def _taken(emit: Emitter, weights: Any, start: Any, first: Any, pace: Any) -> tuple[list[Any], Any]:
    """CHUNK sums that begin with `start`, and how to take the next weights, from `first` on."""
    builder = emit.builder
    sums = [_cgutils.alloca_once_value(builder, start) for _ in range(CHUNK)]
    at = _cgutils.alloca_once_value(builder, first)

    def following() -> Any:
        place = builder.load(at)
        builder.store(builder.add(place, pace), at)
        return emit.load(weights, place, FLOATS)

    return sums, following


def _sum(add: bool) -> Writes:
    """Emit the sums over taps and channels. add: whether something lies beside the result."""

    def writes(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
        builder, (memory, weights, places) = emit.builder, data
        spots, first, bias, down, row, across, tap, inputs, shift, over, *limits = rest
        start = emit.load(weights, bias, FLOATS)
        sums, following = _taken(emit, weights, start, first, number_of(LANES))
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
            beside = partial(emit.load, memory, builder.add(into, over), FLOATS) if add else None
            keep(emit, builder.load(total), beside, memory, into, wide)

    return writes


def _filter(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit the sums over taps of each channel by itself."""
    builder, (memory, weights, places) = emit.builder, data
    spots, first, bias, sides, row, tap, channels, shift, *limits = rest
    start = emit.load(weights, bias, FLOATS)
    sums, following = _taken(emit, weights, start, first, channels)
    seen = [builder.add(spot, shift) for spot in _spots(emit, places, spots, 0)]
    with (
        _cgutils.for_range(builder, sides) as rows,
        _cgutils.for_range(builder, sides) as columns,
    ):
        corner = builder.add(builder.mul(rows.index, row), builder.mul(columns.index, tap))
        weight = following()
        for spot, total in zip(seen, sums, strict=True):
            value = emit.load(memory, builder.add(spot, corner), FLOATS)
            builder.store(emit.multiplied(value, weight, builder.load(total)), total)
    wide = [emit.spread(limit) for limit in limits]
    for total, spot in zip(sums, _spots(emit, places, spots, 1), strict=True):
        keep(emit, builder.load(total), None, memory, builder.add(spot, shift), wide)


def _product(emit: Emitter, data: Sequence[Any], rest: Sequence[Any]) -> None:
    """Emit a matrix product of CHUNK rows."""
    builder, (source, weights, out), (at, first, inputs, into) = emit.builder, data, rest
    sums, following = _taken(emit, weights, vector_of(0), first, number_of(LANES))
    with _cgutils.for_range(builder, inputs) as channel:
        weight, here = following(), builder.add(at, channel.index)
        for row, total in enumerate(sums):
            value = builder.load(builder.gep(source, [along(emit, here, row, inputs)]))
            builder.store(emit.added(builder.load(total), weight, value), total)
    for row, total in enumerate(sums):
        spot = emit.place(out, builder.add(into, number_of(row * LANES)), FLOATS)
        builder.store(builder.load(total), spot).align = 4


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
        return typed(_sum(add), (memory, weights, places), 10, 2)

    return intrinsic(chunk)


def _filter_chunk(
    context: Any, memory: Any, weights: Any, places: Any, spots: Any, first: Any, bias: Any,
    sides: Any, row: Any, tap: Any, channels: Any, shift: Any, low: Any, high: Any,
) -> Any:  # fmt: skip
    """Filter LANES channels of CHUNK pixels by themselves. As _sum_chunk."""
    return typed(_filter, (memory, weights, places), 8, 2)


def _product_chunk(
    context: Any, source: Any, weights: Any, out: Any, at: Any, first: Any, inputs: Any, into: Any
) -> Any:
    """Multiply CHUNK rows of `inputs` by a matrix of LANES columns."""
    return typed(_product, (source, weights, out), 4, 0)


sum_chunk, sum_chunk_beside = (_sum_chunk(add) for add in (False, True))
filter_chunk: Any = intrinsic(_filter_chunk)
product_chunk: Any = intrinsic(_product_chunk)
