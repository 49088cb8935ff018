"""Blend an alpha with the remembered one, tile by tile, as far as the picture itself agrees.

The memory is a pair: an alpha, and the luma it was true for. A pixel whose luma still equals the
remembered one has little reason to change its alpha, so it moves slowly; one whose luma changed is
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
"""Mean luma difference, in shares of the range: up to the first nothing moved, from the second
on everything did."""
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
    picture stood still. Returns the lattice of `out`: OUTSIDE where all of a tile is 0, INSIDE
    where all is 1. Tiles that were and are the same OUTSIDE or INSIDE are only filled. Raises
    ValueError when the shapes disagree.
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
    height, width = alpha.shape
    rows, columns = kinds.shape
    for row in numba.prange(rows):
        top, bottom = row * TILE, min(row * TILE + TILE, height)
        _fill(luma[top:bottom], shift, kinds[row], out[top:bottom], reference[top:bottom])
        moved = np.empty((TILE, TILE), np.float32)
        for column in range(columns):
            left, right = column * TILE, min(column * TILE + TILE, width)
            kind = kinds[row, column]
            if kind == old_kinds[row, column] and kind != BAND:
                result[row, column] = kind
                continue
            _measure(luma, shift, old_reference, top, left, moved)
            tile = slice(top, bottom), slice(left, right)
            result[row, column] = _blend(
                alpha[tile], moved, old_alpha[tile], old_reference[tile], weights, stride,
                out[tile], reference[tile],
            )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _fill(luma: Plane, shift: int, kinds: Kinds, out: Alpha, reference: Reference) -> None:
    """A row of tiles by kind, and the luma as it is; full rows, so that the loops vectorise."""
    height, width = luma.shape
    for y in range(height):
        for x in range(width):
            reference[y, x] = np.uint16(luma[y, x]) << shift
        out[y, :] = 0
    for column in range(kinds.shape[0]):
        if kinds[column] == INSIDE:
            out[:, column * TILE : (column + 1) * TILE] = 1


@numba.njit(nogil=True, cache=True)
def _measure(
    luma: Plane,
    shift: int,
    old_reference: Reference,
    top: int,
    left: int,
    moved: npt.NDArray[np.float32],
) -> None:
    """How surely the picture changed, 0 to 1, for each pixel of the tile at (top, left)."""
    height, width = luma.shape
    side, window = TILE + 2 * RADIUS, 2 * RADIUS + 1
    changes = np.empty((side, side), np.float32)
    for line in range(side):
        y = min(max(top + line - RADIUS, 0), height - 1)
        for place in range(side):
            x = min(max(left + place - RADIUS, 0), width - 1)
            changes[line, place] = abs(
                (np.int32(luma[y, x]) << shift) - np.int32(old_reference[y, x])
            )
    across = np.zeros((side, TILE), np.float32)
    for offset in range(window):
        across += changes[:, offset : offset + TILE]
    moved[:] = 0
    for offset in range(window):
        moved += across[offset : offset + TILE]
    scale = np.float32(1 / (65535.0 * window**2 * (CHANGE - NOISE)))
    floor = np.float32(NOISE / (CHANGE - NOISE))
    for y in range(TILE):
        for x in range(TILE):
            share = moved[y, x] * scale - floor
            moved[y, x] = min(max(share, np.float32(0)), np.float32(1))


@numba.njit(nogil=True, cache=True)
def _blend(
    alpha: Alpha,
    moved: npt.NDArray[np.float32],
    old_alpha: Alpha,
    old_reference: Reference,
    weights: Weights,
    stride: Any,
    out: Alpha,
    reference: Reference,
) -> Any:
    """Blend one tile into `out` and `reference`, which holds its luma; returns its kind."""
    lowest, highest = np.float32(1), np.float32(0)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            share, old = moved[y, x], old_alpha[y, x]
            step = alpha[y, x] - old
            evidence = abs(step) * share * np.float32(GAIN)
            # Written so that a NaN counts as full evidence and cannot become an index.
            value, weight = alpha[y, x], np.float32(1)
            if evidence < 1:
                weight = weights[np.int32(evidence * (LEVELS - 1) + np.float32(0.5))]
                limit = stride + (1 - stride) * share
                value = old + min(max(weight * step, -limit), limit)
            value = _snapped(value)
            out[y, x] = value
            lowest, highest = min(lowest, value), max(highest, value)
            known, seen = np.float32(old_reference[y, x]), np.float32(reference[y, x])
            reference[y, x] = np.uint16(known + weight * (seen - known) + np.float32(0.5))
    return OUTSIDE if highest == 0 else INSIDE if lowest == 1 else BAND


@numba.njit(nogil=True, cache=True)
def _snapped(value: Any) -> Any:
    if value < SNAP:
        return np.float32(0)
    return np.float32(1) if value > 1 - SNAP else np.float32(value)
