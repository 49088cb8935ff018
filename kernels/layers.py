"""Layers of pass 1's net on maps in one memory: sums over taps and channels, and filters.

A map is told by six integers: where its first pixel begins, the pixels from one row to the next,
its channels, its rows and columns, and the pixels around it that are 0.
"""

import numba
import numpy as np

from kernels.registers import CHUNK, LANES
from kernels.sums import filter_chunk, sum_chunk, sum_chunk_beside
from kernels.types import Floats, Indices

AT, WIDE, CHANNELS, ROWS, COLUMNS = range(5)
"""What the first integers that tell of a map are."""
_TOGETHER, _PARTS = 8, 4
"""Chunks at most that a thread takes at once, for which it reads weights once; and parts at least
that there are to take, where there are as many chunks."""


def chunk_parts(pixels: int) -> int:
    """Parts that convolve_map and filter_map are done in."""
    chunks = -(-pixels // CHUNK)
    return max(-(-chunks // _TOGETHER), min(chunks, _PARTS))


@numba.njit(nogil=True, cache=True, inline="always")
def signed(number: int) -> int:
    """What a parallel loop counts, as an integer like others: numba has theirs unsigned.

    The sum of both kinds would be a float.
    """
    return np.int64(number)  # type: ignore[return-value]


@numba.njit(nogil=True, cache=True)
def share_of(count: int, part: int, parts: int) -> tuple[int, int]:
    """The first of `count` that belong to a part, and the end."""
    return part * count // parts, (part + 1) * count // parts


@numba.njit(nogil=True, cache=True)
def _place(
    number: int, source: Indices, stride: int, begin: int, out: Indices, at: int, places: Indices
) -> None:
    """Where the pixels of chunk `number` are read, then written. The last pixel may come often."""
    count = out[ROWS] * out[COLUMNS]
    for n in range(CHUNK):
        y, x = divmod(min(number * CHUNK + n, count - 1), out[COLUMNS])
        row, column = y * stride + begin, x * stride + begin
        places[at + n] = source[AT] + (row * source[WIDE] + column) * source[CHANNELS]
        places[at + CHUNK + n] = out[AT] + (y * out[WIDE] + x) * out[CHANNELS]


@numba.njit(nogil=True, cache=True)
def convolve_map(
    part: int, parts: int, source: Indices, out: Indices, over: int, weights_at: int, bias: int,
    down: int, across: int, inputs: int, dilation: int, stride: int, begin: int, low: float,
    high: float, weights: Floats, memory: Floats,
) -> None:  # fmt: skip
    """Run a convolution on each pixel of `out`; one of `chunk_parts`.

    over: from `out` to a map alike that is added, 0 for none; weights_at: where, for each LANES
    outputs, each tap and input, those of the LANES lie; bias: where those of all outputs do; down,
    across: taps, `dilation` pixels apart; inputs: numbers that follow one another at each, which
    may be those of several pixels. Pixel (y, x) begins with what lies at (stride * y + begin,
    stride * x + begin).
    """
    tap = dilation * source[CHANNELS]
    row, taps = tap * source[WIDE], down * across * inputs * LANES
    first, end = share_of(-(-out[ROWS] * out[COLUMNS] // CHUNK), part, parts)
    places = np.empty(_TOGETHER * 2 * CHUNK, np.int64)
    for n in range(end - first):
        _place(first + n, source, stride, begin, out, 2 * CHUNK * n, places)
    for group in range(out[CHANNELS] // LANES):
        here, told = weights_at + group * taps, bias + group * LANES
        for n in range(end - first):
            if over:
                sum_chunk_beside(
                    memory, weights, places, 2 * CHUNK * n, here, told, down, row, across, tap,
                    inputs, group * LANES, over, low, high,
                )  # fmt: skip
            else:
                sum_chunk(
                    memory, weights, places, 2 * CHUNK * n, here, told, down, row, across, tap,
                    inputs, group * LANES, over, low, high,
                )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def filter_map(
    part: int, parts: int, source: Indices, out: Indices, weights_at: int, bias: int, sides: int,
    stride: int, begin: int, low: float, high: float, weights: Floats, memory: Floats,
) -> None:  # fmt: skip
    """Convolve each channel by itself; one of `chunk_parts`.

    weights_at: where, for each tap, those of all channels lie.
    """
    channels = source[CHANNELS]
    first, end = share_of(-(-out[ROWS] * out[COLUMNS] // CHUNK), part, parts)
    places = np.empty(2 * CHUNK, np.int64)
    for number in range(first, end):
        _place(number, source, stride, begin, out, 0, places)
        for channel in range(0, channels, LANES):
            filter_chunk(
                memory, weights, places, 0, weights_at + channel, bias + channel, sides,
                source[WIDE] * channels, channels, channels, channel, low, high,
            )  # fmt: skip
