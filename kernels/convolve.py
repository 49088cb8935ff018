"""Convolutions of maps, computed where they are wanted alone."""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.registers import CHUNK, LANES, added_chunk, linear_chunk, put, relu_chunk
from kernels.types import Places

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[Any]
"""float32, or the bits of bfloat16 as uint16."""
Wanted = npt.NDArray[np.bool_]

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


def pack(weights: Floats, bias: Floats, dilation: int = 1, half: bool = False) -> Weights:
    """Weights of (outputs, inputs, sides, sides) float32 and (outputs,), 1 or 3 taps across.

    half: round them to bfloat16, for maps of that; an even number of inputs then. Raises
    ValueError when it is odd.
    """
    outputs, inputs, sides, _ = weights.shape
    if half and inputs % 2:
        raise ValueError(f"bfloat16 is read in pairs, there are {inputs} channels")
    groups = -(-outputs // LANES)
    wide = np.zeros((groups * LANES, inputs, sides, sides), np.float32)
    wide[:outputs] = weights
    told = np.zeros((groups, LANES), np.float32)
    told.reshape(-1)[:outputs] = bias
    split = wide.reshape(groups, LANES, inputs, sides, sides).transpose(0, 3, 4, 2, 1)
    if half:
        pairs = split.reshape(groups, sides, sides, inputs // 2, 2, LANES)
        split = pairs.transpose(0, 1, 2, 3, 5, 4)
    numbers = np.ascontiguousarray(split).reshape(groups, -1)
    return Weights(
        halved(numbers) if half else numbers, told, inputs, outputs, sides, dilation
    )  # fmt: skip


def halved(values: Floats) -> npt.NDArray[np.uint16]:
    """The bits of bfloat16, rounded to the nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def new_map(rows: int, columns: int, channels: int, margin: int, half: bool) -> Numbers:
    """A map of zeros, `margin` more on every side, and columns up to a whole CHUNK on the right."""
    shape = rows + 2 * margin, -(-columns // CHUNK) * CHUNK + 2 * margin, channels
    return np.zeros(shape, np.uint16 if half else np.float32)


def around(
    tiles: Places, side: int, margin: int, top: int, left: int, rows: int, columns: int
) -> Wanted:
    """Of a map of (rows, columns), what lies in `tiles` and `margin` around them.

    tiles: (n, 2) int32 rows and columns on a lattice of `side`; the map begins `top` rows and
    `left` columns after the lattice, or before it.
    """
    wanted = np.zeros((rows, columns), np.bool_)
    _mark(tiles, side, margin, top, left, wanted)
    return wanted


def chunks_of(wanted: Wanted, reach: int = 0) -> Places:
    """(n, 2) int32 rows and first columns of the chunks that hold what is wanted.

    Or that lie within `reach` of it, rows and columns likewise.
    """
    places = np.empty((wanted.shape[0] * -(-wanted.shape[1] // CHUNK), 2), np.int32)
    return places[: _list(wanted, reach, places)]


def fill(values: Floats, margin: int, first: int, out: Numbers) -> None:
    """Put (rows, columns, n) float32 into the channels of map `out` from `first` on."""
    _fill(values, margin, first, out)


def convolve(
    source: Numbers, margin: int, weights: Weights, chunks: Places, columns: int, add: bool,
    out: Numbers,
) -> None:  # fmt: skip
    """Convolve `chunks` of a map into those of another with the same margin, and clip below 0.

    columns: of the maps, margins left out; add: then add the source's own channels. What is read
    beyond a map must be 0, and stays so.
    """
    _convolve(
        source, margin, weights.numbers, weights.bias, weights.sides, weights.dilation, chunks,
        columns, add, out,
    )  # fmt: skip


def read_off(source: Numbers, margin: int, weights: Weights, chunks: Places, out: Floats) -> None:
    """Linear functions of each pixel of `chunks`; sides must be 1.

    out: (rows, columns of whole chunks, groups * LANES) float32, without a margin.
    """
    _linear(source, margin, weights.numbers, weights.bias, chunks, out)


@numba.njit(nogil=True, cache=True)
def _mark(tiles: Places, side: int, margin: int, top: int, left: int, wanted: Wanted) -> None:
    rows, columns = wanted.shape
    for tile in range(len(tiles)):
        y, x = tiles[tile, 0] * side - top, tiles[tile, 1] * side - left
        for row in range(max(y - margin, 0), min(y + side + margin, rows)):
            for column in range(max(x - margin, 0), min(x + side + margin, columns)):
                wanted[row, column] = True


@numba.njit(nogil=True, cache=True)
def _list(wanted: Wanted, reach: int, places: Places) -> int:
    """Fill `places`; how many there are."""
    rows, columns = wanted.shape
    across = -(-columns // CHUNK)
    before = np.zeros(columns + 1, np.int32)  # how many are wanted before each column
    held = np.zeros((rows + 1, across), np.int32)  # rows above that hold one near each chunk
    for y in range(rows):
        for x in range(columns):
            before[x + 1] = before[x] + wanted[y, x]
        for n in range(across):
            first, end = max(n * CHUNK - reach, 0), min((n + 1) * CHUNK + reach, columns)
            held[y + 1, n] = held[y, n] + (before[end] > before[first])
    count = 0
    for y in range(rows):
        above, below = max(y - reach, 0), min(y + reach + 1, rows)
        for n in range(across):
            if held[below, n] > held[above, n]:
                places[count, 0], places[count, 1] = y, n * CHUNK
                count += 1
    return count


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
    source: Numbers, margin: int, weights: Numbers, bias: Floats, chunks: Places, out: Floats
) -> None:
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
