"""Convolutions of 3x3 taps in squares of 4x4 pixels, at a quarter of the multiplications.

F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016): for
each square 36 products of matrices instead of 144. In float32 the result is off by about 1e-5.
Maps are told of as in kernels.layers.
"""

import numba
import numpy as np

from kernels.layers import AT, CHANNELS, COLUMNS, ROWS, WIDE, share_of
from kernels.registers import CHUNK, LANES
from kernels.sums import product_chunk
from kernels.transforms import OUT, SEEN, square_found, square_found_added, square_seen
from kernels.types import Floats, Indices

VALUES = SEEN * SEEN
"""Products for each square."""
TOGETHER = 4 * CHUNK
"""Squares at most that a thread takes at once, so that what it works on stays near."""
_NONE = np.float32(np.inf)
_TAPS = np.array(
    [
        [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
    ]
)  # fmt: skip
"""Three taps as values of a polynomial, as kernels.transforms has them for what is seen."""


def squared_taps(weight: Floats, bias: Floats, inputs: int) -> tuple[Floats, Floats]:
    """(groups, VALUES, inputs, LANES) and (groups, LANES) float32 of a convolution.

    weight: (outputs, channels, 3, 3); bias: (outputs,); inputs: channels of the map, if more.
    """
    outputs, channels = weight.shape[:2]
    groups = -(-outputs // LANES)
    wide, told = np.zeros((groups * LANES, inputs, 3, 3)), np.zeros((groups, LANES), np.float32)
    wide[:outputs, :channels], told.reshape(-1)[:outputs] = weight, bias
    values = np.einsum("ai,ocij,bj->abco", _TAPS, wide, _TAPS)
    split = values.reshape(VALUES, inputs, groups, LANES).transpose(2, 0, 1, 3)
    return np.ascontiguousarray(split, np.float32), told


def room(inputs: int) -> int:
    """Numbers that a thread works on for a layer of so many inputs."""
    return VALUES * TOGETHER * (inputs + LANES) + OUT * OUT * LANES


@numba.njit(nogil=True, cache=True)
def _see(
    source: Indices, first: int, many: int, across: int, memory: Floats, at: int, scratch: Floats
) -> None:
    """What is seen of squares, for each value, then square, its channels."""
    channels, wide = source[CHANNELS], source[WIDE]
    for n in range(many):
        y, x = divmod(first + n, across)
        corner = source[AT] + ((y * OUT - 1) * wide + x * OUT - 1) * channels
        for c in range(0, channels, LANES):
            square_seen(
                memory, scratch, corner + c, wide * channels, channels, at + n * channels + c,
                TOGETHER * channels,
            )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def multiply(
    seen: Floats, at: int, weights: Floats, first: int, inputs: int, found: Floats, into: int,
    pace: int, many: int,
) -> None:  # fmt: skip
    """Multiply what is seen of `many` squares by the weights of LANES outputs.

    at, first, into: where these begin, and what is found; pace: squares for each value, of which
    all within whole CHUNKs are read and written.
    """
    for value in range(VALUES):
        for n in range(0, many, CHUNK):
            spot = value * pace + n
            product_chunk(
                seen, weights, found, at + spot * inputs, first + value * inputs * LANES, inputs,
                into + spot * LANES,
            )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _find(
    at: int, bias: int, into: int, out: Indices, over: int, low: float, high: float,
    scratch: Floats, weights: Floats, memory: Floats,
) -> None:  # fmt: skip
    """One square's LANES outputs."""
    channels = out[CHANNELS]
    row = out[WIDE] * channels
    if over:
        square_found_added(
            scratch, weights, memory, memory, at, TOGETHER * LANES, bias, into, into + over, row,
            channels, low, high,
        )  # fmt: skip
    else:
        square_found(
            scratch, weights, memory, memory, at, TOGETHER * LANES, bias, into, into, row,
            channels, low, high,
        )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _find_part(
    at: int, bias: int, rest: int, down: int, beyond: int, into: int, out: Indices, over: int,
    low: float, high: float, scratch: Floats, weights: Floats, memory: Floats,
) -> None:  # fmt: skip
    """Of one square that is cut by the map's end."""
    square_found(
        scratch, weights, scratch, scratch, at, TOGETHER * LANES, bias, rest, rest, OUT * LANES,
        LANES, -_NONE, _NONE,
    )  # fmt: skip
    for i in range(down):
        for j in range(beyond):
            for c in range(LANES):
                spot = into + (i * out[WIDE] + j) * out[CHANNELS] + c
                value = scratch[rest + (i * OUT + j) * LANES + c]
                if over:
                    value += memory[spot + over]
                memory[spot] = min(max(value, low), high)


def square_parts(rows: int, columns: int, channels: int) -> int:
    """Parts that convolve_squares is done in.

    Where squares are no more than one thread takes at once, each part is half of the outputs.
    """
    parts = -(-(-(-rows // OUT) * -(-columns // OUT)) // TOGETHER)
    return 2 if parts == 1 and channels // LANES % 2 == 0 else parts


@numba.njit(nogil=True, cache=True)
def convolve_squares(
    part: int, parts: int, source: Indices, out: Indices, over: int, weights_at: int, bias: int,
    low: float, high: float, weights: Floats, memory: Floats, scratch: Floats, seen: int,
) -> None:  # fmt: skip
    """Run a convolution of 3x3 taps on each pixel of `out`; one of `square_parts`.

    over: from `out` to a map alike that is added, 0 for none; weights_at: where, for each LANES
    outputs, each value and input, those of the LANES lie; bias: where those of all outputs do;
    seen: where the room(inputs) numbers of `scratch` begin that are this thread's own.
    """
    inputs, across = source[CHANNELS], -(-out[COLUMNS] // OUT)
    count = -(-out[ROWS] // OUT) * across
    blocks = -(-count // TOGETHER)
    shares = parts // blocks
    first, end = share_of(count, part // shares, blocks)
    found = seen + VALUES * TOGETHER * inputs
    rest = found + VALUES * TOGETHER * LANES
    _see(source, first, end - first, across, memory, seen, scratch)
    groups = share_of(out[CHANNELS] // LANES, part % shares, shares)
    for group in range(groups[0], groups[1]):
        here = weights_at + group * VALUES * inputs * LANES
        multiply(scratch, seen, weights, here, inputs, scratch, found, TOGETHER, end - first)
        for n in range(end - first):
            y, x = divmod(first + n, across)
            y, x, at, told = y * OUT, x * OUT, found + n * LANES, bias + group * LANES
            into = out[AT] + (y * out[WIDE] + x) * out[CHANNELS] + group * LANES
            down, beyond = min(OUT, out[ROWS] - y), min(OUT, out[COLUMNS] - x)
            if down == OUT and beyond == OUT:
                _find(at, told, into, out, over, low, high, scratch, weights, memory)
            else:
                _find_part(
                    at, told, rest, down, beyond, into, out, over, low, high, scratch, weights,
                    memory,
                )  # fmt: skip
