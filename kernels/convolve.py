"""Convolutions of maps, computed where they are wanted alone."""

from dataclasses import dataclass

import numba
import numpy as np

from kernels.band import TILE
from kernels.parts import parts_of
from kernels.registers import CHUNK, LANES, added_chunk, linear_chunk, put, relu_chunk
from kernels.types import Floats, Numbers, Places, Wanted

_TOGETHER = 8
"""Chunks that a thread takes at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A convolution's weights, as the kernels read them.

    numbers: (groups, taps * inputs * LANES), for each tap, then input channel, those of LANES
    outputs; of bfloat16, of two channels side by side for each output. bias: (groups, LANES).
    outputs: how many there are in truth; the rest is idle.
    """

    numbers: Numbers
    bias: Floats
    inputs: int
    outputs: int
    sides: int
    dilation: int = 1


def pack(
    weights: Floats, bias: Floats, dilation: int = 1, half: bool = False, inputs: int = 0
) -> Weights:
    """Weights of (outputs, channels, sides, sides) float32 and (outputs,), 1 or 3 taps across.

    half: round them to bfloat16, for maps of that; inputs: channels that these have, if more.
    Raises ValueError when there are fewer, or an odd number of bfloat16.
    """
    outputs, channels, sides, _ = weights.shape
    inputs = inputs or channels
    if inputs < channels or (half and inputs % 2):
        raise ValueError(f"{channels} channels do not fit {inputs}, or bfloat16 finds no pairs")
    groups = -(-outputs // LANES)
    wide = np.zeros((groups * LANES, inputs, sides, sides), np.float32)
    wide[:outputs, :channels] = weights
    told = np.zeros((groups, LANES), np.float32)
    told.reshape(-1)[:outputs] = bias
    split = wide.reshape(groups, LANES, inputs, sides, sides).transpose(0, 3, 4, 2, 1)
    if half:
        pairs = split.reshape(groups, sides, sides, inputs // 2, 2, LANES)
        split = pairs.transpose(0, 1, 2, 3, 5, 4)
    numbers = np.ascontiguousarray(split).reshape(groups, -1)
    numbers = halved(numbers) if half else numbers
    return Weights(numbers, told, inputs, outputs, sides, dilation)


def halved(values: Floats) -> Numbers:
    """The bits of bfloat16, rounded to the nearest, ties to even."""
    row = np.ascontiguousarray(values).reshape(1, 1, -1)
    out = np.empty(row.shape, np.uint16)
    fill(row, 0, 0, out)
    return out.reshape(values.shape)


def new_map(rows: int, columns: int, channels: int, margin: int, half: bool) -> Numbers:
    """A map of zeros, `margin` more on every side, and columns up to a whole CHUNK on the right."""
    shape = rows + 2 * margin, -(-columns // CHUNK) * CHUNK + 2 * margin, channels
    return np.zeros(shape, np.uint16 if half else np.float32)


def around(
    tiles: Places, step: int, margin: int, top: int, left: int, rows: int, columns: int
) -> Wanted:
    """Of a map of (rows, columns) cells, those of `tiles` and `margin` around them.

    tiles: (n, 2) int32 lattice rows and columns; step: pixels a cell; the first cell begins at
    pixel (top, left), multiples of `step`.
    """
    wanted = np.zeros((rows, columns), np.bool_)
    _mark(tiles, step, margin, top, left, wanted)
    return wanted


def chunks_of(wanted: Wanted, reach: int = 0) -> Places:
    """(n, 2) int32 rows and first columns of the chunks that hold what is wanted.

    Or that lie within `reach` of it, rows and columns likewise.
    """
    return parts_of(wanted, reach, 1, CHUNK)


def fill(values: Floats, margin: int, first: int, out: Numbers) -> None:
    """Put (rows, columns, n) float32 into the channels of map `out` from `first` on.

    margin: of the map. Raises ValueError when there is no room.
    """
    room = out.shape[0] - 2 * margin, out.shape[1] - 2 * margin, out.shape[2] - first
    if any(size > most for size, most in zip(values.shape, room, strict=True)):
        raise ValueError(f"{values.shape} does not fit into a map of {out.shape}")
    _fill(values, margin, first, out)


def convolve(
    source: Numbers, margin: int, weights: Weights, chunks: Places, columns: int, add: bool,
    out: Numbers,
) -> None:  # fmt: skip
    """Convolve `chunks` of a map into those of another with the same margin, and clip below 0.

    columns: of the maps, margins left out; add: then add the source's own channels. What lies
    beyond the columns of `source` must be 0, and is so in `out`. Raises ValueError when maps and
    weights do not fit one another.
    """
    reach, width = weights.sides // 2 * weights.dilation, weights.bias.size
    fit = source.shape[:2] == out.shape[:2] and reach <= margin and source.dtype == out.dtype
    if not fit or (source.shape[2], out.shape[2]) != (weights.inputs, width):
        raise ValueError(f"weights do not fit maps of {source.shape} and {out.shape}")
    if add and weights.inputs != width:
        raise ValueError(f"{weights.inputs} channels cannot be added to {width}")
    _convolve(
        source, margin, weights.numbers, weights.bias, weights.sides, weights.dilation, chunks,
        columns, add, out,
    )  # fmt: skip


def read_off(
    source: Numbers, margin: int, weights: Weights, chunks: Places, wanted: Wanted, out: Floats
) -> None:
    """Linear functions of each pixel of a map that is `wanted`.

    chunks: those that hold such pixels; out: (rows, columns of whole chunks, groups * LANES)
    float32, without a margin; in these chunks 0 where it is not wanted, elsewhere as it was. Raises
    ValueError when maps and weights do not fit one another, or have more than one tap.
    """
    sizes = tuple(size - 2 * margin for size in source.shape[:2])
    fit = weights.sides == 1 and weights.inputs == source.shape[2]
    if not fit or out.shape != (*sizes, weights.bias.size) or wanted.shape[0] != sizes[0]:
        raise ValueError(f"weights do not fit maps of {source.shape} and {out.shape}")
    _linear(source, margin, weights.numbers, weights.bias, chunks, wanted, out)


@numba.njit(nogil=True, cache=True)
def _mark(tiles: Places, step: int, margin: int, top: int, left: int, wanted: Wanted) -> None:
    rows, columns = wanted.shape
    for tile in range(len(tiles)):
        y, x = tiles[tile, 0] * TILE - top, tiles[tile, 1] * TILE - left
        below, beside = (y + TILE - 1) // step + margin, (x + TILE - 1) // step + margin
        for row in range(max(y // step - margin, 0), min(below + 1, rows)):
            for column in range(max(x // step - margin, 0), min(beside + 1, columns)):
                wanted[row, column] = True


@numba.njit(parallel=True, nogil=True, cache=True)
def _fill(values: Floats, margin: int, first: int, out: Numbers) -> None:
    rows, columns, channels = values.shape
    flat = out.reshape(-1)
    for y in numba.prange(rows):
        for x in range(columns):
            at = ((y + margin) * out.shape[1] + x + margin) * out.shape[2] + first
            for n in range(channels):
                put(flat, at + n, values[y, x, n])


@numba.njit(parallel=True, nogil=True, cache=True)
def _convolve(
    source: Numbers, margin: int, weights: Numbers, bias: Floats, sides: int, dilation: int,
    chunks: Places, columns: int, add: bool, out: Numbers,
) -> None:  # fmt: skip
    inputs, outputs, wide = source.shape[2], out.shape[2], source.shape[1]
    given, taken = source.reshape(-1), out.reshape(-1)
    reach, tap = sides // 2 * dilation, dilation * inputs
    for part in numba.prange(-(-len(chunks) // _TOGETHER)):
        for number in range(part * _TOGETHER, min((part + 1) * _TOGETHER, len(chunks))):
            y, x = chunks[number, 0] + margin, chunks[number, 1] + margin
            at = ((y - reach) * wide + x - reach) * inputs
            here, into = (y * wide + x) * inputs, (y * wide + x) * outputs
            for group in range(outputs // LANES):
                begin = group * LANES
                numbers, told = weights[group], bias[group]
                if add:
                    added_chunk(
                        given, numbers, told, taken, at, wide * tap, tap, sides, inputs,
                        here + begin, into + begin, outputs,
                    )  # fmt: skip
                else:
                    relu_chunk(
                        given, numbers, told, taken, at, wide * tap, tap, sides, inputs,
                        here + begin, into + begin, outputs,
                    )  # fmt: skip
            for over in range(max(columns + margin, x), x + CHUNK):
                out[y, over] = 0


@numba.njit(parallel=True, nogil=True, cache=True)
def _linear(
    source: Numbers, margin: int, weights: Numbers, bias: Floats, chunks: Places, wanted: Wanted,
    out: Floats,
) -> None:  # fmt: skip
    inputs, outputs, wide = source.shape[2], out.shape[2], source.shape[1]
    given, taken = source.reshape(-1), out.reshape(-1)
    for part in numba.prange(-(-len(chunks) // _TOGETHER)):
        for number in range(part * _TOGETHER, min((part + 1) * _TOGETHER, len(chunks))):
            y, x = chunks[number, 0], chunks[number, 1]
            at = ((y + margin) * wide + x + margin) * inputs
            for group in range(outputs // LANES):
                linear_chunk(
                    given, weights[group], bias[group], taken, at, 0, 0, 1, inputs, 0,
                    (y * out.shape[1] + x) * outputs + group * LANES, outputs,
                )  # fmt: skip
            for over in range(x, x + CHUNK):
                if over >= wanted.shape[1] or not wanted[y, over]:
                    out[y, over] = 0
