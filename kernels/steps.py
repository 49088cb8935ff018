"""Runs the layers of a net one after another, all in one parallel loop.

A hundred small layers take a third less time without Python between two of them: what that does
takes as long as they do, and the other threads fall asleep. A parallel loop for each would cost 5
microseconds, and more where a core is busy with something else, for it hands each thread its half
beforehand; here each thread takes the next part when it has done one (kernels.team).
"""

import numba

from kernels.layers import convolve_map, filter_map, signed
from kernels.squares import convolve_squares
from kernels.team import SPREAD, count_on, wait_until
from kernels.told import (
    forget_state,
    join_state,
    lift_map,
    renew_state,
    show_picture,
    spread_alpha,
    swish_map,
    tell_everywhere,
    weigh_map,
)
from kernels.transforms import OUT
from kernels.types import Alpha, Floats, Indices, Rgb

(
    CONVOLVE, SQUARES, FILTER, SWISH, WEIGH, EVERYWHERE, LIFT, JOIN, FORGET, RENEW, SHOW, TELL,
) = range(12)  # fmt: skip
"""Kinds of steps."""
MAPS, LENGTH = 6, 48
"""Integers that tell of a map, and of a step: its kind, the parts that it is done in, which of its
maps is begun, if any, up to four maps, and what its kernel takes behind them."""
_KIND, _PARTS, _BEGUN, _FIRST = range(4)
_REST = _FIRST + 4 * MAPS
COUNTERS = 2 * SPREAD
"""Integers, 0 before, for each step: a counter of parts that were begun, and one of those done."""


@numba.njit(nogil=True, cache=True)
def _blank(maps: Indices, memory: Floats) -> None:
    """Zero what is around a map: what lies behind a row lies before the next."""
    at, wide, channels, rows, columns, margin = maps
    memory[at - (margin * wide + margin) * channels : at] = 0
    for y in range(rows - 1):
        memory[at + (y * wide + columns) * channels : at + (y + 1) * wide * channels] = 0
    last = at + ((rows - 1) * wide + columns) * channels
    memory[last : at + (-(-rows // OUT) * OUT + margin) * wide * channels] = 0


@numba.njit(nogil=True, cache=True, inline="always")
def _do(
    part: int, step: Indices, low: float, high: float, rgb: Rgb, weights: Floats, memory: Floats,
    alpha: Alpha, scratch: Floats, own: int,
) -> None:  # fmt: skip
    """One part of a step."""
    kind, parts, rest = step[_KIND], step[_PARTS], step[_REST:]
    one, two = step[_FIRST : _FIRST + MAPS], step[_FIRST + MAPS : _FIRST + 2 * MAPS]
    three, four = step[_FIRST + 2 * MAPS : _FIRST + 3 * MAPS], step[_FIRST + 3 * MAPS : _REST]
    if kind == CONVOLVE:
        convolve_map(
            part, parts, one, two, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6],
            rest[7], rest[8], low, high, weights, memory,
        )  # fmt: skip
    elif kind == SQUARES:
        convolve_squares(
            part, parts, one, two, rest[0], rest[1], rest[2], low, high, weights, memory, scratch,
            own,
        )  # fmt: skip
    elif kind == FILTER:
        filter_map(
            part, parts, one, two, rest[0], rest[1], rest[2], rest[3], rest[4], low, high, weights,
            memory,
        )  # fmt: skip
    elif kind == SWISH:
        swish_map(part, parts, one, memory)
    elif kind == WEIGH:
        weigh_map(one, two, three, rest[0], rest[1], rest[2], rest[3], rest[4], weights, memory)
    elif kind == EVERYWHERE:
        tell_everywhere(one, rest[0], rest[1], weights, memory)
    elif kind == LIFT:
        lift_map(part, parts, one, two, three, low, memory)
    elif kind == JOIN:
        join_state(part, parts, one, two, three, memory)
    elif kind == FORGET:
        forget_state(part, parts, one, two, three, memory)
    elif kind == RENEW:
        renew_state(part, parts, one, two, three, four, memory)
    elif kind == SHOW:
        show_picture(part, parts, rgb, one, two, three, memory)
    elif kind == TELL:
        spread_alpha(part, parts, one, memory, alpha)


@numba.njit(nogil=True, cache=True)
def _take_part(
    rgb: Rgb, steps: Indices, limits: Floats, weights: Floats, memory: Floats, alpha: Alpha,
    scratch: Floats, own: int, counters: Indices,
) -> None:  # fmt: skip
    """Do what parts of each step are left.

    A part must not raise, for the other threads would wait for it.
    """
    for n in range(len(steps)):
        step, begun, done = steps[n], n * COUNTERS, n * COUNTERS + SPREAD
        parts, fresh = step[_PARTS], step[_BEGUN]
        # What is around a map that begins is zeroed beside what is computed within.
        all_parts = parts + min(fresh, 1)
        part = count_on(counters, begun)
        while part < all_parts:
            if part == parts:
                first = _FIRST + (fresh - 1) * MAPS
                _blank(step[first : first + MAPS], memory)
            else:
                _do(
                    part, step, limits[n, 0], limits[n, 1], rgb, weights, memory, alpha, scratch,
                    own,
                )  # fmt: skip
            count_on(counters, done)
            part = count_on(counters, begun)
        wait_until(counters, done, all_parts)


@numba.njit(parallel=True, nogil=True, cache=True)
def run_steps(
    rgb: Rgb, steps: Indices, limits: Floats, weights: Floats, memory: Floats, alpha: Alpha,
    scratch: Floats, pace: int, counters: Indices, threads: int,
) -> None:  # fmt: skip
    """Run them all.

    rgb: (H, W, 3) uint8, for steps that show a picture; steps: (n, LENGTH); limits: (n, 2), of
    what each gives; weights, memory: flat, what maps and numbers lie in; alpha: (H, W) float32,
    written by steps that tell it; scratch: for each thread `pace` numbers (kernels.squares.room);
    counters: n * COUNTERS zeros; threads: that share the work.
    """
    for member in numba.prange(threads):
        _take_part(
            rgb, steps, limits, weights, memory, alpha, scratch, signed(member) * pace, counters
        )
