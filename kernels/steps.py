"""Runs the layers of a net one after another, without Python between them.

A hundred small layers take a third less time so: what Python does between two of them takes as
long as they do, and the other threads fall asleep.
"""

import numba

from kernels.layers import convolve_map, filter_map
from kernels.squares import convolve_squares
from kernels.told import (
    forget_state,
    gate_map,
    join_state,
    lift_map,
    renew_state,
    swish_map,
    tell_everywhere,
)
from kernels.transforms import OUT
from kernels.types import Floats, Indices

CONVOLVE, SQUARES, FILTER, SWISH, GATE, EVERYWHERE, LIFT, JOIN, FORGET, RENEW, BLANK = range(11)
"""Kinds of steps."""
MAPS, LENGTH = 6, 48
"""Integers that tell of a map, and of a step: its kind, up to four maps, and what its kernel takes
behind them."""
_REST = 1 + 4 * MAPS


@numba.njit(nogil=True, cache=True)
def _blank(maps: Indices, memory: Floats) -> None:
    """Zero what is around a map: what lies behind a row lies before the next."""
    at, wide, channels, rows, columns, margin = maps
    memory[at - (margin * wide + margin) * channels : at] = 0
    for y in range(rows - 1):
        memory[at + (y * wide + columns) * channels : at + (y + 1) * wide * channels] = 0
    last = at + ((rows - 1) * wide + columns) * channels
    memory[last : at + (-(-rows // OUT) * OUT + margin) * wide * channels] = 0


@numba.njit(nogil=True, cache=True)
def run_steps(
    steps: Indices, limits: Floats, weights: Floats, memory: Floats, scratch: Floats, pace: int
) -> None:
    """Run them all.

    steps: (n, LENGTH); limits: (n, 2), of what each gives; weights, memory: flat, what maps and
    numbers lie in; scratch: for each thread `pace` numbers (kernels.squares.room).
    """
    for n in range(len(steps)):
        step, rest = steps[n], steps[n, _REST:]
        kind, low, high = step[0], limits[n, 0], limits[n, 1]
        one, two = step[1 : 1 + MAPS], step[1 + MAPS : 1 + 2 * MAPS]
        three, four = step[1 + 2 * MAPS : 1 + 3 * MAPS], step[1 + 3 * MAPS : _REST]
        if kind == CONVOLVE:
            convolve_map(
                one, two, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7],
                rest[8], low, high, weights, memory,
            )  # fmt: skip
        elif kind == SQUARES:
            convolve_squares(
                one, two, rest[0], rest[1], rest[2], low, high, weights, memory, scratch, pace
            )
        elif kind == FILTER:
            filter_map(
                one, two, rest[0], rest[1], rest[2], rest[3], rest[4], low, high, weights, memory
            )
        elif kind == SWISH:
            swish_map(one, memory)
        elif kind == GATE:
            gate_map(one, rest[0], rest[1], rest[2], rest[3], rest[4], weights, memory)
        elif kind == EVERYWHERE:
            tell_everywhere(one, rest[0], rest[1], weights, memory)
        elif kind == LIFT:
            lift_map(one, two, three, low, memory)
        elif kind == JOIN:
            join_state(one, two, three, memory)
        elif kind == FORGET:
            forget_state(one, two, three, memory)
        elif kind == RENEW:
            renew_state(one, two, three, four, memory)
        elif kind == BLANK:
            _blank(one, memory)
