"""Move the edge of a subject outward or inward: gray dilation and erosion with a disc.

A disc is a stack of row segments, and the maximum over a segment follows from those over two
segments shorter by two pixels, so that a disc costs as many steps as it has rows.
"""

import math

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, TILE
from kernels.reach import Runs, check_lattice, name_tiles, runs_of, within_reach
from kernels.types import Alpha, Kinds

_ROUND = 0.3
"""Added to a disc's radius, so that discs of whole radii have no spikes."""


def shift_edge(
    alpha: Alpha, kinds: Kinds, pixels: float, out: Alpha | None = None
) -> tuple[Alpha, Kinds]:
    """The alpha whose edge lies `pixels` further out, or further in when that is negative.

    alpha: (H, W) float32 in [0, 1]; kinds: its lattice; out: like alpha, written and returned, not
    alpha itself. Each pixel becomes the largest (smallest) alpha within a disc about it; radii
    between whole ones blend the discs of both. Beyond the picture's border nothing is assumed, so
    a subject that it cuts stays cut there. The lattice returned is that of the new alpha.
    Raises ValueError when shapes disagree or `pixels` is not finite.
    """
    check_lattice(alpha, kinds)
    if not math.isfinite(pixels):
        raise ValueError(f"an edge cannot move by {pixels} pixels")
    out = np.empty_like(alpha) if out is None else out
    np.copyto(out, alpha)
    if pixels == 0:
        return out, kinds
    radius = abs(pixels)
    shifted = within_reach(kinds, math.ceil(radius))
    discs = discs_of(math.floor(radius), math.ceil(radius))
    sign, share = np.float32(math.copysign(1, pixels)), np.float32(radius - math.floor(radius))
    _shift(alpha, sign, discs, share, runs_of(np.equal(shifted, BAND)), out, shifted)
    return out, shifted


def discs_of(*radii: int) -> npt.NDArray[np.int64]:
    """(len(radii), max + 1): half the width of each disc's row, by its distance; -1 for none."""
    widths = np.full((len(radii), max(radii) + 1), -1, np.int64)
    for number, radius in enumerate(radii):
        for row in range(radius + 1):
            widths[number, row] = int(math.sqrt((radius + _ROUND) ** 2 - row * row))
    return widths


@numba.njit(parallel=True, nogil=True, cache=True)
def _shift(
    alpha: Alpha, sign: np.float32, discs: npt.NDArray[np.int64], share: np.float32, runs: Runs,
    out: Alpha, kinds: Kinds,
) -> None:  # fmt: skip
    height, width = alpha.shape
    for run in numba.prange(runs.shape[0]):
        row, start, end = runs[run, 0], runs[run, 1], runs[run, 2]
        top, bottom = row * TILE, min((row + 1) * TILE, height)
        left, right = start * TILE, min(end * TILE, width)
        best = np.full((2, bottom - top, right - left), np.float32(-2))
        _widen(alpha, sign, discs, top, left, best)
        for y in range(bottom - top):
            for x in range(right - left):
                small, large = best[0, y, x], best[1, y, x]
                out[top + y, left + x] = sign * (small + share * (large - small))
        name_tiles(out, row, start, end, kinds)


@numba.njit(nogil=True, cache=True)
def _widen(
    alpha: Alpha, sign: np.float32, discs: npt.NDArray[np.int64], top: int, left: int, best: Alpha
) -> None:
    """Fill `best` with the maxima of sign * alpha over both discs about each pixel."""
    height, width = alpha.shape
    reach = discs.shape[1] - 1
    tall, wide = best.shape[1], best.shape[2]
    first, last = max(top - reach, 0), min(top + tall + reach, height)
    begin, stop = max(left - reach, 0), min(left + wide + reach, width)
    lines = np.full((last - first, wide + 2 * reach), np.float32(-2))
    for y in range(first, last):
        for x in range(begin, stop):
            lines[y - first, x - left + reach] = sign * alpha[y, x]
    for half in range(reach + 1):
        for distance in range(reach + 1):
            for disc in range(2):
                if discs[disc, distance] == half:
                    _take(lines, top - first - distance, reach - half, best[disc])
                    if distance:
                        _take(lines, top - first + distance, reach - half, best[disc])
        _lengthen(lines, half)


@numba.njit(nogil=True, cache=True)
def _take(lines: Alpha, down: int, across: int, best: Alpha) -> None:
    """Raise each row of `best` to that of `lines` which lies `down` below it, if there is one."""
    for y in range(max(0, -down), min(best.shape[0], lines.shape[0] - down)):
        target, line = best[y], lines[y + down, across:]
        for x in range(target.size):
            target[x] = line[x] if line[x] > target[x] else target[x]


@numba.njit(nogil=True, cache=True)
def _lengthen(lines: Alpha, half: int) -> None:
    """Maxima over segments of half width `half` become those of half + 1, one place to the left."""
    step = 1 if half == 0 else 2
    for y in range(lines.shape[0]):
        line = lines[y]
        for _ in range(3 - step):  # segments of one pixel, two apart, leave out the one between
            for x in range(line.size - step):
                line[x] = line[x + step] if line[x + step] > line[x] else line[x]
