"""Blend an alpha with the remembered one, tile by tile, as far as the picture itself agrees.

The memory is a pair: an alpha, and the luma it was true for. Where the luma still equals the
remembered one, alpha has little reason to change and moves slowly; where it changed, alpha is
believed at once. Both move by the same weight, so slow drift adds up until it shows.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.flat import FLAT, flatten, unflatten
from kernels.types import Alpha, Kinds, Plane

Reference = npt.NDArray[np.uint16]
"""(H, W) uint16 remembered luma, its most significant bits aligned."""
Weights = npt.NDArray[np.float32]
"""(LEVELS,) float32 rising from the weight without evidence of change to exactly 1."""

LEVELS = 257
RADIUS = 2
"""Luma differences are averaged over a window of 2 * RADIUS + 1, which calms camera noise."""
NOISE, CHANGE = 3.0 / 255, 8.0 / 255
"""Mean luma change, in shares of the range, up to which nothing and from which all moved."""
GAIN = 12.0
"""Evidence per unit of disagreement between the two alphas, where the picture changed."""
SNAP = np.float32(1 / 510)
"""Half a level of 8 bits: nearer to 0 or 1 than this is 0 or 1."""


def smooth(
    alpha: Alpha,
    kinds: Kinds,
    luma: Plane,
    depth: int,
    old_alpha: Alpha,
    old_kinds: Kinds,
    old_reference: Reference,
    weights: Weights,
    stride: float,
    out: Alpha,
    reference: Reference,
) -> Kinds:
    """Write the smoothed alpha to `out` and the new remembered luma to `reference`.

    alpha, old_alpha, out: (H, W) float32 in [0, 1]; kinds, old_kinds: their lattices; luma: (H, W)
    samples of `depth` bits; old_reference, reference: (H, W) uint16, two different arrays.
    weights: by evidence of change, see Weights. stride: the most that alpha may move where the
    picture stood still. Returns the lattice of `out`. Tiles that were and are the same OUTSIDE or
    INSIDE are only filled. Raises ValueError when the shapes disagree.
    """
    shape = alpha.shape
    for array in (luma, old_alpha, old_reference, out, reference):
        if array.shape != shape:
            raise ValueError(f"all arrays must be {shape} like alpha, got {array.shape}")
    if old_reference is reference:
        raise ValueError("old_reference and reference must be two arrays")
    if not kinds.shape == old_kinds.shape == lattice(*shape):
        raise ValueError(f"kinds {kinds.shape}, {old_kinds.shape} must be {lattice(*shape)}")
    if weights.shape != (LEVELS,):
        raise ValueError(f"weights must be {(LEVELS,)}, got {weights.shape}")
    result = np.empty_like(kinds)
    new, old = (alpha, kinds, luma), (old_alpha, old_kinds, old_reference)
    _smooth(*new, 16 - depth, *old, weights, np.float32(stride), out, reference, result)
    return result


def remember(luma: Plane, depth: int) -> Reference:
    """`luma` of `depth` bits as a fresh Reference."""
    return np.left_shift(luma, 16 - depth, dtype=np.uint16)


@numba.njit(parallel=True, nogil=True, cache=True)
def _smooth(
    alpha: Alpha,
    kinds: Kinds,
    luma: Plane,
    shift: int,
    old_alpha: Alpha,
    old_kinds: Kinds,
    old_reference: Reference,
    weights: Weights,
    stride: Any,
    out: Alpha,
    reference: Reference,
    result: Kinds,
) -> None:
    height = alpha.shape[0]
    rows, columns = kinds.shape
    for row in numba.prange(rows):
        top, bottom = row * TILE, min(row * TILE + TILE, height)
        _fill(luma[top:bottom], shift, kinds[row], out[top:bottom], reference[top:bottom])
        sums = np.empty((TILE + 2 * RADIUS, TILE), np.float32)
        moved = np.empty(FLAT, np.float32)
        for column in range(columns):
            left = column * TILE
            kind = kinds[row, column]
            if kind == old_kinds[row, column] and kind != BAND:
                result[row, column] = kind
                continue
            _measure(luma, shift, old_reference, top, left, sums)
            _judge(sums, moved)
            result[row, column] = _blend(
                alpha, moved, old_alpha, old_reference, weights, stride, top, left, out, reference
            )


@numba.njit(nogil=True, cache=True)
def _fill(luma: Plane, shift: int, kinds: Kinds, out: Alpha, reference: Reference) -> None:
    """A row of tiles by kind, and the luma as it is; full rows, so that the loops vectorise."""
    height, width = luma.shape
    scale = np.uint16(1 << shift)
    for y in range(height):
        for x in range(width):
            reference[y, x] = luma[y, x] * scale
    out[:] = 0
    for column in range(kinds.shape[0]):
        if kinds[column] == INSIDE:
            out[:, column * TILE : (column + 1) * TILE] = 1


@numba.njit(nogil=True, cache=True)
def _measure(
    luma: Plane, shift: int, old_reference: Reference, top: int, left: int,
    sums: npt.NDArray[np.float32],
) -> None:  # fmt: skip
    """Window sums along rows of the luma's change, 0 beyond the picture, RADIUS rows around.

    In float32, which holds them exactly: numba widens small integers to 64 bits.
    """
    height, width = luma.shape
    changes = np.zeros(TILE + 2 * RADIUS, np.float32)
    scale, first = np.float32(1 << shift), max(left - RADIUS, 0)
    count = min(left + TILE + RADIUS, width) - first
    begin, start = np.uint64(first), np.uint64(first - left + RADIUS)
    for line in range(TILE + 2 * RADIUS):
        y = top + line - RADIUS
        if not 0 <= y < height:
            sums[line] = 0
            continue
        for n in range(count):
            place = begin + np.uint64(n)
            new, old = np.float32(luma[y, place]), np.float32(old_reference[y, place])
            changes[start + np.uint64(n)] = abs(new * scale - old)
        for x in range(TILE):
            total = np.float32(0)
            for offset in range(2 * RADIUS + 1):
                total += changes[x + offset]
            sums[line, x] = total


@numba.njit(nogil=True, cache=True)
def _judge(sums: npt.NDArray[np.float32], moved: npt.NDArray[np.float32]) -> None:
    """How surely the picture changed at each pixel of a flat tile, 0 to 1."""
    window = 2 * RADIUS + 1
    scale = np.float32(1 / (65535.0 * window**2 * (CHANGE - NOISE)))
    floor = np.float32(NOISE / (CHANGE - NOISE))
    for y in range(TILE):
        for x in range(TILE):
            total = np.float32(0)
            for offset in range(window):
                total += sums[y + offset, x]
            share = total * scale - floor
            moved[y * TILE + x] = min(max(share, np.float32(0)), np.float32(1))


@numba.njit(nogil=True, cache=True)
def _repeat(moved: npt.NDArray[np.float32], tall: int, wide: int) -> None:
    """Beyond the picture, which ends after `tall` rows and `wide` columns, as at its edge."""
    if tall < TILE or wide < TILE:
        for y in range(TILE):
            for x in range(TILE):
                place = min(y, tall - 1) * TILE + min(x, wide - 1)
                moved[y * TILE + x] = moved[place]


@numba.njit(nogil=True, cache=True)
def _blend(
    alpha: Alpha, moved: npt.NDArray[np.float32], old_alpha: Alpha, old_reference: Reference,
    weights: Weights, stride: Any, top: int, left: int, out: Alpha, reference: Reference,
) -> Any:  # fmt: skip
    """Blend one tile into `out` and `reference`, which holds its luma; returns its kind."""
    one, zero, half = np.float32(1), np.float32(0), np.float32(0.5)
    most, gain = np.float32(LEVELS - 1), np.float32(GAIN)
    new, old, known, seen, weight = np.empty((5, FLAT), np.float32)
    flatten(alpha, top, left, new)
    flatten(old_alpha, top, left, old)
    flatten(old_reference, top, left, known)
    flatten(reference, top, left, seen)
    _repeat(moved, alpha.shape[0] - top, alpha.shape[1] - left)
    level, lumas = np.empty(FLAT, np.int32), np.empty(FLAT, np.uint16)
    for n in range(FLAT):
        evidence = abs(new[n] - old[n]) * moved[n] * gain
        # All conditions are written so that a NaN becomes neither an index nor a memory.
        evidence = evidence if evidence < one else one
        level[n] = np.int32(evidence * most + half)
    for n in range(FLAT):
        weight[n] = weights[np.uint32(level[n])]
    above: Any = False
    below: Any = False
    for n in range(FLAT):
        limit = stride + (one - stride) * moved[n]
        value = old[n] + min(max(weight[n] * (new[n] - old[n]), -limit), limit)
        value = value if value >= SNAP else zero
        value = value if value <= one - SNAP else one
        new[n] = value
        above |= value > zero
        below |= value < one
        lumas[n] = np.uint16(known[n] + weight[n] * (seen[n] - known[n]) + half)
    unflatten(new, top, left, out)
    unflatten(lumas, top, left, reference)
    return OUTSIDE if not above else INSIDE if not below else BAND
