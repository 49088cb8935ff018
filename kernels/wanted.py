"""Convolutions of 3x3 taps of maps in squares (kernels.squares), computed where they are wanted.

Pixels that a dilated convolution reads lie apart, and so do those of a square: dilation * dilation
squares make a block.
"""

from dataclasses import dataclass

import numba
import numpy as np

from kernels.layers import signed
from kernels.parts import parts_of
from kernels.registers import LANES
from kernels.squares import TOGETHER, VALUES, multiply, room, squared_taps
from kernels.threads import available
from kernels.transforms import OUT, square_found, square_found_residual, square_seen
from kernels.types import Floats, Places, Wanted

BEYOND = OUT + 1
"""Pixels that there must be around a map, times the dilation: as far as a block's squares see."""
_MOST = np.float32(np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Transformed:
    """A convolution in squares.

    numbers: (groups, VALUES, inputs, LANES) float32; bias: (groups, LANES).
    """

    numbers: Floats
    bias: Floats
    dilation: int = 1

    @property
    def side(self) -> int:
        """Of a block."""
        return OUT * self.dilation


def transform(weight: Floats, bias: Floats, dilation: int, inputs: int) -> Transformed:
    """Of (outputs, channels, 3, 3) float32 and (outputs,), for maps of so many `inputs`."""
    return Transformed(*squared_taps(weight, bias, inputs), dilation)


def blocks_of(wanted: Wanted, reach: int, side: int) -> Places:
    """(n, 2) int32 first rows and columns of the blocks within `reach` of what is wanted."""
    return parts_of(wanted, reach, side, side)


def seen_by(blocks: Places, layer: Transformed, rows: int, columns: int) -> Wanted:
    """Of a map of (rows, columns), what the squares of `blocks` see."""
    seen = np.zeros((rows, columns), np.bool_)
    _cover(blocks, layer.side, layer.dilation, seen)
    return seen


def clear_rest(
    computed: Places, side: int, layer: Transformed, blocks: Places, rows: int, columns: int,
    margin: int, maps: Floats,
) -> None:  # fmt: skip
    """Zero what the squares of `layer` see in `blocks` of a map beside what was `computed`.

    That counts for nothing that is wanted; but it is rounded as part of the same sums, which would
    differ in their last digits by what was left there.
    """
    done = np.zeros((rows, columns), np.bool_)
    _cover(computed, side, 0, done)
    _clear(blocks, layer.side, layer.dilation, done, margin, maps)


def convolve_wanted(
    source: Floats, margin: int, layer: Transformed, blocks: Places, rows: int, columns: int,
    add: bool, out: Floats, scratch: Floats,
) -> None:  # fmt: skip
    """Convolve `blocks` of a map of (rows, columns) into another, and clip below 0.

    add: then add the source's own channels; scratch: flat, of room_for(layer) numbers. Raises
    ValueError when these do not fit one another.
    """
    groups, _, inputs, _ = layer.numbers.shape
    channels = source.shape[2], out.shape[2]
    fit = source.shape[:2] == out.shape[:2] and margin >= BEYOND * layer.dilation
    fit = fit and source.shape[0] >= rows + 2 * margin and source.shape[1] >= columns + 2 * margin
    if not fit or channels != (inputs, groups * LANES) or scratch.size < room_for(layer):
        raise ValueError(f"weights do not fit maps of {source.shape} and {out.shape}")
    if add and channels[0] != channels[1]:
        raise ValueError(f"{channels[0]} channels cannot be added to {channels[1]}")
    _convolve(
        source, margin, layer.numbers, layer.bias, layer.dilation, blocks, rows, columns, add, out,
        scratch, room(inputs),
    )  # fmt: skip


def room_for(layer: Transformed) -> int:
    """Numbers that all threads work on."""
    return available() * room(layer.numbers.shape[2])


@numba.njit(nogil=True, cache=True)
def _cover(blocks: Places, side: int, reach: int, covered: Wanted) -> None:
    """Mark blocks, and what lies within `reach`."""
    rows, columns = covered.shape
    for n in range(len(blocks)):
        y, x = blocks[n]
        for row in range(max(y - reach, 0), min(y + side + reach, rows)):
            for column in range(max(x - reach, 0), min(x + side + reach, columns)):
                covered[row, column] = True


@numba.njit(nogil=True, cache=True)
def _clear(blocks: Places, side: int, reach: int, done: Wanted, margin: int, maps: Floats) -> None:
    """Zero what lies within `reach` of `blocks` and is not `done`, and mark it."""
    rows, columns = done.shape
    for n in range(len(blocks)):
        y, x = blocks[n]
        for row in range(max(y - reach, 0), min(y + side + reach, rows)):
            for column in range(max(x - reach, 0), min(x + side + reach, columns)):
                if not done[row, column]:
                    done[row, column] = True
                    for c in range(maps.shape[2]):
                        maps[row + margin, column + margin, c] = 0


@numba.njit(nogil=True, cache=True)
def _corner(blocks: Places, number: int, dilation: int) -> tuple[int, int]:
    """The first pixel of square `number`."""
    block, phase = divmod(number, dilation * dilation)
    down, across = divmod(phase, dilation)
    return blocks[block, 0] + down, blocks[block, 1] + across


@numba.njit(nogil=True, cache=True)
def _find(
    at: int, y: int, x: int, group: int, scratch: Floats, rest: int, bias: Floats, given: Floats,
    inputs: int, margin: int, dilation: int, rows: int, columns: int, add: bool, out: Floats,
) -> None:  # fmt: skip
    """One square's LANES outputs."""
    wide, channels = out.shape[1:]
    taken, spot = out.reshape(-1), (y + margin) * wide + x + margin
    into, near = spot * channels + group * LANES, spot * inputs + group * LANES
    row, pixel, told = dilation * wide * channels, dilation * channels, group * LANES
    last = (OUT - 1) * dilation
    if y + last < rows and x + last < columns:
        if add:
            square_found_residual(
                scratch, bias, given, taken, at, TOGETHER * LANES, told, into, near, row, pixel, 0,
                _MOST,
            )  # fmt: skip
        else:
            square_found(
                scratch, bias, given, taken, at, TOGETHER * LANES, told, into, near, row, pixel, 0,
                _MOST,
            )  # fmt: skip
        return
    square_found(
        scratch, bias, scratch, scratch, at, TOGETHER * LANES, told, rest, rest, OUT * LANES, LANES,
        0, _MOST,
    )  # fmt: skip
    for i in range(min(OUT, -((y - rows) // dilation))):
        for j in range(min(OUT, -((x - columns) // dilation))):
            for c in range(LANES):
                value = scratch[rest + (i * OUT + j) * LANES + c]
                if add:
                    value += given[near + i * row + j * pixel + c]
                taken[into + i * row + j * pixel + c] = value


@numba.njit(parallel=True, nogil=True, cache=True)
def _convolve(
    source: Floats, margin: int, weights: Floats, bias: Floats, dilation: int, blocks: Places,
    rows: int, columns: int, add: bool, out: Floats, scratch: Floats, pace: int,
) -> None:  # fmt: skip
    wide, inputs = source.shape[1:]
    given, numbers, told = source.reshape(-1), weights.reshape(-1), bias.reshape(-1)
    count = len(blocks) * dilation * dilation
    for part in numba.prange(-(-count // TOGETHER)):
        first = signed(part) * TOGETHER
        many = min(TOGETHER, count - first)
        seen = numba.get_thread_id() * pace  # type: ignore[attr-defined]
        found = seen + VALUES * TOGETHER * inputs
        rest = found + VALUES * TOGETHER * LANES
        for n in range(many):
            y, x = _corner(blocks, first + n, dilation)
            at = ((y + margin - dilation) * wide + x + margin - dilation) * inputs
            for c in range(0, inputs, LANES):
                square_seen(
                    given, scratch, at + c, dilation * wide * inputs, dilation * inputs,
                    seen + n * inputs + c, TOGETHER * inputs,
                )  # fmt: skip
        for group in range(out.shape[2] // LANES):
            here = group * VALUES * inputs * LANES
            multiply(scratch, seen, numbers, here, inputs, scratch, found, TOGETHER, many)
            for n in range(many):
                y, x = _corner(blocks, first + n, dilation)
                if y < rows and x < columns:
                    _find(
                        found + n * LANES, y, x, group, scratch, rest, told, given, inputs, margin,
                        dilation, rows, columns, add, out,
                    )  # fmt: skip
