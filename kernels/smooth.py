"""Blend an alpha with the remembered one, tile by tile, as far as the picture itself agrees.

The memory is a pair: an alpha, and the luma it was true for. A pixel whose luma still equals the
remembered one has no reason to change its alpha, so it moves slowly; one whose luma changed is
believed at once. Both halves of the pair move by the same weight, so slow drift adds up until it
shows.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.types import Alpha, Kinds, Plane

Reference = npt.NDArray[np.uint16]
"""(H, W) uint16 remembered luma, its most significant bits aligned."""
Weights = npt.NDArray[np.float32]
"""(LEVELS,) float32 rising from the weight without evidence of change to exactly 1."""

LEVELS = 257
RADIUS = 2
"""Luma differences are averaged over a window of 2 * RADIUS + 1, which calms camera noise."""
NOISE, CHANGE = 3.0 / 255, 8.0 / 255
"""Mean luma difference, as a share of the range, up to which nothing moved, and from which all did."""
STILL_GAIN, MOVING_GAIN = 0.6, 6.0
"""Evidence per unit of disagreement between the two alphas, in a still and in a changed picture."""
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
    out: Alpha,
    reference: Reference,
) -> Kinds:
    """Write the smoothed alpha to `out` and the new remembered luma to `reference`.

    alpha, old_alpha, out: (H, W) float32 in [0, 1]; kinds, old_kinds: their lattices; luma: (H, W)
    samples of `depth` bits; old_reference, reference: (H, W) uint16, two different arrays.
    weights: by evidence of change, see Weights. Returns the lattice of `out`: OUTSIDE where all of
    a tile is 0, INSIDE where all is 1. Tiles that were and are the same OUTSIDE or INSIDE are only
    filled. Raises ValueError when the shapes disagree.
    """
    shape = alpha.shape
    for name, array in (("luma", luma), ("old_alpha", old_alpha), ("out", out)):
        if array.shape != shape:
            raise ValueError(f"{name} must be {shape} like alpha, got {array.shape}")
    if old_reference.shape != shape or reference.shape != shape or old_reference is reference:
        raise ValueError(f"the two references must differ and both be {shape}")
    tiles = lattice(*shape)
    if kinds.shape != tiles or old_kinds.shape != tiles:
        raise ValueError(f"kinds must be {tiles}, got {kinds.shape} and {old_kinds.shape}")
    if weights.shape != (LEVELS,):
        raise ValueError(f"weights must be {(LEVELS,)}, got {weights.shape}")
    result = np.empty(tiles, np.uint8)
    _smooth(
        alpha, kinds, luma, 16 - depth, old_alpha, old_kinds, old_reference, weights, out, reference,
        result,
    )  # fmt: skip
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
    out: Alpha,
    reference: Reference,
    result: Kinds,
) -> None:
    height, width = alpha.shape
    rows, columns = kinds.shape
    for row in numba.prange(rows):
        top, bottom = row * TILE, min(row * TILE + TILE, height)
        sums = np.empty((TILE + 2 * RADIUS, TILE), np.float32)
        for column in range(columns):
            left, right = column * TILE, min(column * TILE + TILE, width)
            kind = kinds[row, column]
            if kind == old_kinds[row, column] and kind != BAND:
                _fill(luma, shift, kind, top, bottom, left, right, out, reference)
                result[row, column] = kind
                continue
            _sum_rows(luma, shift, old_reference, top, bottom, left, right, sums)
            result[row, column] = _blend(
                alpha, luma, shift, old_alpha, old_reference, weights, sums,
                top, bottom, left, right, out, reference,
            )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _fill(
    luma: Plane,
    shift: int,
    kind: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    out: Alpha,
    reference: Reference,
) -> None:
    value = np.float32(1 if kind == INSIDE else 0)
    for y in range(top, bottom):
        for x in range(left, right):
            out[y, x] = value
            reference[y, x] = np.uint16(luma[y, x]) << shift


@numba.njit(nogil=True, cache=True)
def _sum_rows(
    luma: Plane,
    shift: int,
    old_reference: Reference,
    top: int,
    bottom: int,
    left: int,
    right: int,
    sums: npt.NDArray[np.float32],
) -> None:
    """Horizontal window sums of the luma difference, for the tile's rows and RADIUS around them."""
    height, width = luma.shape
    changes = np.empty(TILE + 2 * RADIUS, np.float32)
    for line in range(bottom - top + 2 * RADIUS):
        y = min(max(top + line - RADIUS, 0), height - 1)
        for place in range(right - left + 2 * RADIUS):
            x = min(max(left + place - RADIUS, 0), width - 1)
            change = np.int32(luma[y, x]) * (1 << shift) - np.int32(old_reference[y, x])
            changes[place] = abs(change)
        for place in range(right - left):
            total = np.float32(0)
            for offset in range(2 * RADIUS + 1):
                total += changes[place + offset]
            sums[line, place] = total


@numba.njit(nogil=True, cache=True)
def _blend(
    alpha: Alpha,
    luma: Plane,
    shift: int,
    old_alpha: Alpha,
    old_reference: Reference,
    weights: Weights,
    sums: npt.NDArray[np.float32],
    top: int,
    bottom: int,
    left: int,
    right: int,
    out: Alpha,
    reference: Reference,
) -> Any:
    area = (2 * RADIUS + 1) ** 2
    scale = np.float32(1 / (65535.0 * area * (CHANGE - NOISE)))
    floor = np.float32(NOISE / (CHANGE - NOISE))
    lowest, highest = np.float32(1), np.float32(0)
    for y in range(top, bottom):
        for x in range(left, right):
            change = np.float32(0)
            for offset in range(2 * RADIUS + 1):
                change += sums[y - top + offset, x - left]
            moved = min(max(change * scale - floor, np.float32(0)), np.float32(1))
            old = old_alpha[y, x]
            step = alpha[y, x] - old
            gain = np.float32(STILL_GAIN) + np.float32(MOVING_GAIN - STILL_GAIN) * moved
            evidence = abs(step) * gain
            # Written so that a NaN counts as full evidence and cannot become an index.
            level = (
                np.int32(evidence * (LEVELS - 1) + np.float32(0.5)) if evidence < 1 else LEVELS - 1
            )
            weight = weights[level]
            value = old + weight * step if level < LEVELS - 1 else alpha[y, x]
            if value < SNAP:
                value = np.float32(0)
            elif value > 1 - SNAP:
                value = np.float32(1)
            out[y, x] = value
            lowest, highest = min(lowest, value), max(highest, value)
            known = np.float32(old_reference[y, x])
            seen = np.float32(np.int32(luma[y, x]) * (1 << shift))
            reference[y, x] = np.uint16(known + weight * (seen - known) + np.float32(0.5))
    return OUTSIDE if highest == 0 else INSIDE if lowest == 1 else BAND
