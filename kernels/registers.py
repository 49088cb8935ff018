"""What a convolution does within vector registers, in LLVM's own terms.

Compilers leave sums of this kind in memory; told lane by lane they stay in registers, which is
worth a factor of ten. Vectors are of 16 numbers whatever the processor has; LLVM cuts them.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

# Whoever changes these, or what is emitted, must have what numba keeps of kernels forgotten.
LANES = 16
"""Channels that are computed at once."""
CHUNK = 6
"""Pixels of a row that are computed at once: as many sums as 16 registers of 8 numbers hold."""

_INDEX, _WORD, _FLOAT = ir.IntType(64), ir.IntType(32), ir.FloatType()
_FLOATS, _WORDS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_WORD, LANES)
_HALF = ir.IntType(16)
_HALVES = ir.VectorType(_HALF, LANES)
_cgutils: Any = cgutils
_config: Any = config
_SUM = "llvm.fmuladd.v16f32"
_PAIRS = "llvm.x86.avx512bf16.dpbf16ps.512"


def multiplies_halves() -> bool:
    """Whether this machine multiplies bfloat16 in hardware, and compiles for that."""
    native = _config.ENABLE_AVX and _config.CPU_NAME is None and _config.CPU_FEATURES is None
    with suppress(RuntimeError):  # where the features are not known
        return bool(native and get_host_cpu_features().get("avx512bf16"))
    return False


class Emitter:
    """Writes instructions with `builder`."""

    def __init__(self, builder: Any, half: bool, hardware: bool) -> None:
        self.builder, self.half, self._hardware = builder, half, hardware

    def place(self, base: Any, offset: Any, kind: Any) -> Any:
        """A pointer to a `kind` which begins `offset` numbers from `base`."""
        return self.builder.bitcast(self.builder.gep(base, [offset]), kind.as_pointer())

    def load(self, base: Any, offset: Any, kind: Any, align: int = 4) -> Any:
        """The `kind` that begins `offset` numbers from `base`, aligned as numbers are."""
        loaded = self.builder.load(self.place(base, offset, kind))
        loaded.align = align
        return loaded

    def spread(self, value: Any) -> Any:
        """`value` in every lane."""
        vector = ir.VectorType(value.type, LANES)
        empty = ir.Constant(vector, ir.Undefined)
        one = self.builder.insert_element(empty, value, ir.Constant(_WORD, 0))
        return self.builder.shuffle_vector(one, empty, ir.Constant(_WORDS, [0] * LANES))

    def added(self, total: Any, weights: Any, value: Any) -> Any:
        """`total` and, for each lane, the product of its weight, or two, with those of `value`."""
        if not self.half:
            return self.multiplied(self.spread(value), weights, total)
        if self._hardware:
            # As LLVM declared it at first; later ones, which want bfloat16, still read this.
            return self._call(
                _PAIRS, [_FLOATS, _WORDS, _WORDS], [total, self.spread(value), weights]
            )
        for widen in (self._even, self._odd):
            total = self.multiplied(self.spread(widen(value)), widen(weights), total)
        return total

    def multiplied(self, one: Any, other: Any, rest: Any) -> Any:
        """The product of two vectors and `rest`."""
        return self._call(_SUM, [_FLOATS] * 3, [one, other, rest])

    def widened(self, halves: Any) -> Any:
        """A vector of bfloat16 bits as float32."""
        return self._even(self.builder.zext(halves, _WORDS))

    def halved(self, values: Any) -> Any:
        """float32, one or a vector, rounded to the bits of bfloat16: the nearest, ties to even."""
        wide = isinstance(values.type, ir.VectorType)
        word = self.builder.bitcast(values, _WORDS if wide else _WORD)
        odd = self.builder.and_(self.builder.lshr(word, _like(word, 16)), _like(word, 1))
        up = self.builder.add(self.builder.add(word, _like(word, 0x7FFF)), odd)
        kept = self.builder.lshr(up, _like(word, 16))
        return self.builder.trunc(kept, _HALVES if wide else _HALF)

    def _even(self, pair: Any) -> Any:
        """The first of both bfloat16 of 32 bits as float32."""
        return self._floats(self.builder.shl(pair, _like(pair, 16)))

    def _odd(self, pair: Any) -> Any:
        return self._floats(self.builder.and_(pair, _like(pair, 0xFFFF0000)))

    def _floats(self, words: Any) -> Any:
        wide = isinstance(words.type, ir.VectorType)
        return self.builder.bitcast(words, _FLOATS if wide else _FLOAT)

    def _call(self, name: str, takes: Sequence[Any], given: Sequence[Any]) -> Any:
        kind = ir.FunctionType(_FLOATS, takes)
        callee = _cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(callee, given)


def _like(words: Any, number: int) -> Any:
    """`number` as a constant of the type of `words`, in every lane."""
    if isinstance(words.type, ir.VectorType):
        return ir.Constant(_WORDS, [number] * LANES)
    return ir.Constant(_WORD, number)


def _sums(emit: Emitter, data: Sequence[Any], numbers: dict[str, Any]) -> list[Any]:
    """Emit the loops over taps and input channels; the CHUNK vectors that they end with."""
    builder, (source, weights, bias, _) = emit.builder, data
    first = emit.load(bias, ir.Constant(_INDEX, 0), _FLOATS)
    sums = [_cgutils.alloca_once_value(builder, first) for _ in range(CHUNK)]
    at = _cgutils.alloca_once_value(builder, ir.Constant(_INDEX, 0))
    each = 2 if emit.half else 1  # numbers that one step takes of the input channels
    steps = builder.sdiv(numbers["inputs"], ir.Constant(_INDEX, each))
    value, lanes = (_WORD, _WORDS) if emit.half else (_FLOAT, _FLOATS)
    with (
        _cgutils.for_range(builder, numbers["sides"]) as down,
        _cgutils.for_range(builder, numbers["sides"]) as across,
    ):
        tap = builder.add(
            builder.mul(down.index, numbers["row"]), builder.mul(across.index, numbers["tap"])
        )
        tap = builder.add(tap, numbers["at"])
        with _cgutils.for_range(builder, steps) as channel:
            place = builder.load(at)
            weight = emit.load(weights, place, lanes, 2)
            base = builder.add(tap, builder.mul(channel.index, ir.Constant(_INDEX, each)))
            for pixel, total in enumerate(sums):
                here = builder.add(base, builder.mul(numbers["inputs"], ir.Constant(_INDEX, pixel)))
                taken = emit.load(source, here, value, 2)
                builder.store(emit.added(builder.load(total), weight, taken), total)
            builder.store(builder.add(place, ir.Constant(_INDEX, LANES * each)), at)
    return [builder.load(total) for total in sums]


def _keep(
    emit: Emitter, sums: Sequence[Any], kind: str, data: Sequence[Any], numbers: dict[str, Any]
) -> None:
    """Emit what follows the sums, and stores."""
    builder, (source, _, _, out) = emit.builder, data
    zero = ir.Constant(_FLOATS, [0.0] * LANES)
    lanes = _HALVES if emit.half else _FLOATS
    for pixel, total in enumerate(sums):
        value, number = total, ir.Constant(_INDEX, pixel)
        if kind != "linear":
            # What is not a number stays that.
            value = builder.select(builder.fcmp_ordered("<", value, zero), zero, value)
        if kind == "added":
            at = builder.add(numbers["beside"], builder.mul(numbers["inputs"], number))
            before = emit.load(source, at, lanes, 2)
            value = builder.fadd(value, emit.widened(before) if emit.half else before)
        if kind != "linear" and emit.half:
            value = emit.halved(value)
        at = builder.add(numbers["into"], builder.mul(numbers["pace"], number))
        stored = builder.store(value, emit.place(out, at, value.type))
        stored.align = 2


def _chunk(kind: str, hardware: bool) -> Any:
    """The function that computes CHUNK pixels' LANES channels.

    kind: "relu"; "added", relu and what lies in the source at `beside`; or "linear".
    """

    def chunk(
        context: Any, source: Any, weights: Any, bias: Any, out: Any, at: Any, row: Any, tap: Any,
        sides: Any, inputs: Any, beside: Any, into: Any, pace: Any,
    ) -> Any:  # fmt: skip
        """Flat arrays, then numbers that these are counted in.

        at: the source's first tap of the first pixel; row, tap: from one to the next; sides: taps
        across; inputs: channels, which pixels lie apart; into, pace: likewise of `out`.
        """
        names = ("at", "row", "tap", "sides", "inputs", "beside", "into", "pace")
        arrays = (source, weights, bias, out)
        signature = types.void(*arrays, *[types.int64] * len(names))

        def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = [
                context.make_array(array)(context, builder, value).data
                for array, value in zip(arrays, args[:4], strict=True)
            ]
            emit = Emitter(builder, source.dtype == types.uint16, hardware)
            numbers = dict(zip(names, args[4:], strict=True))
            _keep(emit, _sums(emit, data, numbers), kind, data, numbers)
            return context.get_dummy_value()

        return signature, emitted

    return intrinsic(chunk)


def _put(context: Any, array: Any, at: Any, value: Any) -> Any:
    """Write a float32 into a flat array of float32, or of the bits of bfloat16 as uint16."""
    signature = types.void(array, types.int64, types.float32)

    def emitted(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        emit, number = Emitter(builder, array.dtype == types.uint16, False), args[2]
        number = emit.halved(number) if emit.half else number
        builder.store(number, builder.gep(data, [args[1]]))
        return context.get_dummy_value()

    return signature, emitted


put: Any = intrinsic(_put)
_HARDWARE = multiplies_halves()
relu_chunk, added_chunk, linear_chunk = (
    _chunk(kind, _HARDWARE) for kind in ("relu", "added", "linear")
)
