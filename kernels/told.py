"""What pass 1's net does with maps between its layers. Maps are told of as in kernels.layers.

Where there are `parts`, each does an equal share of the rows.
"""

from typing import Any

import numba
import numpy as np

from kernels.layers import AT, CHANNELS, COLUMNS, ROWS, WIDE, share_of
from kernels.registers import LANES
from kernels.transforms import lift_chunk
from kernels.types import Alpha, Floats, Indices, Rgb


@numba.njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _tanh(x: Any) -> Any:
    """Lambert's continued fraction at x / 2, doubled: within float32's own precision.

    Of sums and products alone, so that compilers compute many at once.
    """
    half: Any = min(max(x, np.float32(-18)), np.float32(18))
    half *= np.float32(0.5)
    square = half * half
    above = square * (square * (square + np.float32(378)) + np.float32(17325))
    below = square * (square * (square * np.float32(28) + np.float32(3150)) + np.float32(62370))
    part = half * (above + np.float32(135135)) / (below + np.float32(135135))
    part = min(max(part, np.float32(-1)), np.float32(1))
    return np.float32(2) * part / (np.float32(1) + part * part)


@numba.njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _sigmoid(x: Any) -> Any:
    return np.float32(0.5) + np.float32(0.5) * _tanh(np.float32(0.5) * x)


@numba.njit(nogil=True, cache=True, inline="always")
def _pixel(maps: Indices, y: int, x: int) -> int:
    """Where it begins."""
    return int(maps[AT] + (y * maps[WIDE] + x) * maps[CHANNELS])


@numba.njit(nogil=True, cache=True)
def _show_rows(
    rgb: Rgb, y: int, picture: Indices, squares: Indices, half: Indices, memory: Floats
) -> None:
    """Rows 2 y and 2 y + 1 of a picture."""
    for x in range(rgb.shape[1]):
        into, square = _pixel(picture, 2 * y, x), _pixel(squares, y, x // 2)
        below = into + picture[WIDE] * picture[CHANNELS]
        for c in range(3):
            one = np.float32(rgb[2 * y, x, c]) * np.float32(1 / 255)
            other = np.float32(rgb[2 * y + 1, x, c]) * np.float32(1 / 255)
            memory[into + c], memory[below + c] = one, other
            memory[square + 4 * c + x % 2] = one - np.float32(0.5)
            memory[square + 4 * c + 2 + x % 2] = other - np.float32(0.5)
    for x in range(rgb.shape[1] // 2):
        into = _pixel(half, y, x)
        for c in range(3):
            total = np.int64(rgb[2 * y, 2 * x, c]) + rgb[2 * y, 2 * x + 1, c]
            total += np.int64(rgb[2 * y + 1, 2 * x, c]) + rgb[2 * y + 1, 2 * x + 1, c]
            mean = np.float32(total) * np.float32(0.25)
            memory[into + c] = (mean - np.float32(127)) * np.float32(1 / 128)
    end = _pixel(half, y, rgb.shape[1] // 2)
    for n in range(end, _pixel(half, y, half[COLUMNS])):
        memory[n] = memory[n - 3]


@numba.njit(nogil=True, cache=True)
def show_picture(
    part: int, parts: int, rgb: Rgb, picture: Indices, squares: Indices, half: Indices,
    memory: Floats,
) -> None:  # fmt: skip
    """Give the net a picture, (H, W, 3) uint8 RGB, H and W even.

    picture: 3 channels, filled with it in [0, 1]; squares: of half the size, 12 channels, filled
    with the pixels of each square of 2 x 2 less 0.5, first all of red; half: 3 channels, of half
    the size, scaled to (255 x - 127) / 128, its last row and column repeated.
    """
    rows = rgb.shape[0] // 2
    first, end = share_of(rows, part, parts)
    for y in range(first, end):
        _show_rows(rgb, y, picture, squares, half, memory)
    if end == rows:
        last, pace = _pixel(half, rows - 1, 0), half[WIDE] * half[CHANNELS]
        for y in range(1, half[ROWS] - rows + 1):
            for n in range(half[COLUMNS] * half[CHANNELS]):
                memory[last + y * pace + n] = memory[last + n]


@numba.njit(nogil=True, cache=True)
def swish_map(part: int, parts: int, maps: Indices, memory: Floats) -> None:
    """x times relu6(x + 3) / 6, after Howard et al., "Searching for MobileNetV3" (2019)."""
    first, end = share_of(maps[ROWS], part, parts)
    for y in range(first, end):
        at = _pixel(maps, y, 0)
        for n in range(at, at + maps[COLUMNS] * maps[CHANNELS]):
            gate = min(max(memory[n] + np.float32(3), np.float32(0)), np.float32(6))
            memory[n] *= gate * np.float32(1 / 6)


@numba.njit(nogil=True, cache=True)
def _mean(maps: Indices, memory: Floats) -> Floats:
    """(channels,) over the picture."""
    channels = maps[CHANNELS]
    total = np.zeros(channels, np.float32)
    for y in range(maps[ROWS]):
        for x in range(maps[COLUMNS]):
            at = _pixel(maps, y, x)
            for c in range(channels):
                total[c] += memory[at + c]
    total /= np.float32(maps[ROWS] * maps[COLUMNS])
    return total


@numba.njit(nogil=True, cache=True)
def _multiplied(matrix: int, bias: int, outputs: int, given: Floats, weights: Floats) -> Floats:
    """A vector by the matrix of `outputs` rows at `matrix`, and what is at `bias`."""
    found = np.empty(outputs, np.float32)
    for n in range(outputs):
        total = weights[bias + n]
        for c in range(len(given)):
            total += weights[matrix + n * len(given) + c] * given[c]
        found[n] = total
    return found


@numba.njit(nogil=True, cache=True, error_model="numpy")
def weigh_map(
    maps: Indices, first: Indices, second: Indices, squeeze: int, offset: int, middle: int,
    excite: int, last: int, weights: Floats, memory: Floats,
) -> None:  # fmt: skip
    """Weigh channels by what means tell: those of `first` plus, if it has channels, `second`'s.

    Hu, Shen and Sun, "Squeeze-and-Excitation Networks" (CVPR 2018). squeeze, excite: where the
    matrices are; offset, last: and what is added; middle: rows of the first.
    """
    mean = _mean(first, memory)
    if second[CHANNELS]:
        mean += _mean(second, memory)
    found = _multiplied(squeeze, offset, middle, mean, weights)
    for n in range(middle):
        found[n] = max(found[n], np.float32(0))
    by = _multiplied(excite, last, maps[CHANNELS], found, weights)
    for c in range(len(by)):
        by[c] = _sigmoid(by[c])
    for y in range(maps[ROWS]):
        for x in range(maps[COLUMNS]):
            at = _pixel(maps, y, x)
            for c in range(len(by)):
                memory[at + c] *= by[c]


@numba.njit(nogil=True, cache=True)
def tell_everywhere(maps: Indices, matrix: int, bias: int, weights: Floats, memory: Floats) -> None:
    """Add a linear function of the means to each pixel."""
    by = _multiplied(matrix, bias, maps[CHANNELS], _mean(maps, memory), weights)
    for y in range(maps[ROWS]):
        for x in range(maps[COLUMNS]):
            at = _pixel(maps, y, x)
            for c in range(len(by)):
                memory[at + c] += by[c]


@numba.njit(nogil=True, cache=True, inline="always")
def _other(place: int, count: int) -> int:
    """Of a place among twice as many, the second nearest of `count`; the edge repeats."""
    return min(max(place // 2 + 2 * (place % 2) - 1, 0), count - 1)


@numba.njit(nogil=True, cache=True)
def _blend(deep: Indices, y: int, memory: Floats, out: Floats) -> None:
    """Row `y` of twice as many, at the columns of `deep`."""
    near, far = _pixel(deep, y // 2, 0), _pixel(deep, _other(y, deep[ROWS]), 0)
    for n in range(deep[COLUMNS] * deep[CHANNELS]):
        out[n] = np.float32(0.75) * memory[near + n] + np.float32(0.25) * memory[far + n]


@numba.njit(nogil=True, cache=True)
def lift_map(
    part: int, parts: int, deep: Indices, shallow: Indices, out: Indices, low: float,
    memory: Floats,
) -> None:  # fmt: skip
    """`deep` twice as large, bilinear between pixel centres, and `shallow`, at least `low`.

    The edge repeats; `out`, as large as `shallow`, may end earlier.
    """
    channels = out[CHANNELS]
    row = np.empty(deep[COLUMNS] * deep[CHANNELS], np.float32)
    first, end = share_of(out[ROWS], part, parts)
    for y in range(first, end):
        _blend(deep, y, memory, row)
        for x in range(out[COLUMNS]):
            near, far = x // 2 * channels, _other(x, deep[COLUMNS]) * channels
            at, into = _pixel(shallow, y, x), _pixel(out, y, x)
            for c in range(0, channels, LANES):
                lift_chunk(row, memory, near + c, far + c, at + c, into + c, low)


@numba.njit(nogil=True, cache=True)
def join_state(
    part: int, parts: int, maps: Indices, state: Indices, out: Indices, memory: Floats
) -> None:
    """The last channels, as many as `state` has, then those of `state`."""
    own = state[CHANNELS]
    first, end = share_of(out[ROWS], part, parts)
    for y in range(first, end):
        for x in range(out[COLUMNS]):
            at, into = _pixel(maps, y, x) + maps[CHANNELS] - own, _pixel(out, y, x)
            kept = _pixel(state, y, x)
            for c in range(own):
                memory[into + c] = memory[at + c]
            for c in range(own):
                memory[into + own + c] = memory[kept + c]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def forget_state(
    part: int, parts: int, gates: Indices, state: Indices, out: Indices, memory: Floats
) -> None:
    """Weigh `state` by the sigmoid of as many first `gates`, into the last channels of `out`."""
    own = state[CHANNELS]
    first, end = share_of(out[ROWS], part, parts)
    for y in range(first, end):
        for x in range(out[COLUMNS]):
            at, kept, into = _pixel(gates, y, x), _pixel(state, y, x), _pixel(out, y, x) + own
            for c in range(own):
                memory[into + c] = _sigmoid(memory[at + c]) * memory[kept + c]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def renew_state(
    part: int, parts: int, gates: Indices, fresh: Indices, state: Indices, maps: Indices,
    memory: Floats,
) -> None:  # fmt: skip
    """Move `state` to the tanh of `fresh` by the sigmoid of the other `gates`.

    And put it into the last channels of `maps`.
    """
    own = state[CHANNELS]
    first, end = share_of(maps[ROWS], part, parts)
    for y in range(first, end):
        for x in range(maps[COLUMNS]):
            gate, found = _pixel(gates, y, x) + own, _pixel(fresh, y, x)
            kept, into = _pixel(state, y, x), _pixel(maps, y, x) + maps[CHANNELS] - own
            for c in range(own):
                before = memory[kept + c]
                move = _tanh(memory[found + c]) - before
                memory[kept + c] = before + _sigmoid(memory[gate + c]) * move
            for c in range(own):
                memory[into + c] = memory[kept + c]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def spread_alpha(part: int, parts: int, maps: Indices, memory: Floats, alpha: Alpha) -> None:
    """The sigmoid of four channels for the pixels of each square of 2 x 2.

    alpha: (2 rows, 2 columns) float32, written.
    """
    logits = np.empty(2 * maps[COLUMNS], np.float32)
    first, end = share_of(maps[ROWS], part, parts)
    for y in range(first, end):
        for i in range(2):
            for x in range(maps[COLUMNS]):
                at = _pixel(maps, y, x) + 2 * i
                logits[2 * x], logits[2 * x + 1] = memory[at], memory[at + 1]
            for x in range(len(logits)):
                alpha[2 * y + i, x] = _sigmoid(logits[x])
