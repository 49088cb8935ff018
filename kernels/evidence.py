"""What the colours say about alpha: the projection on the foreground-background line.

I = a F + (1 - a) B holds for a = (I - B) . (F - B) / |F - B|^2; how far that can be trusted
follows from how far apart F and B are, how much each varies nearby, and how far I lies off.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE, places_of
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours
from kernels.types import Alpha

NOISE = np.float32(3e-4)
"""Variance of camera noise and of what the spread misses, in squared RGB units of [0, 1]."""


_BLOCK = 8
"""Side, in cells, of what one thread weighs at a time where all are weighed."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Colour evidence on cells; only cells of the tiles asked for hold values.

    rgb: (rows, columns, 3) float32 mean colour in [0, 1], projection: (rows, columns) float32 in
    [0, 1], confidence: (rows, columns) float32 in [0, 1), the share that the projection deserves
    beside the prior.
    """

    rgb: npt.NDArray[np.float32]
    projection: Alpha
    confidence: Alpha


def weigh_evidence(
    means: Cells,
    colours: SpreadColours,
    prior: Alpha,
    layout: Layout,
    tiles: npt.NDArray[np.int32] | None = None,
) -> Evidence:
    """Project each cell of `tiles` and weigh it against `prior` as a Kalman gain would.

    means: Cells; prior: (rows, columns) float32 in [0, 1], whose own variance is taken as
    prior (1 - prior); tiles: (n, 2) int32 lattice rows and columns, None for all cells, which may
    then be wider than a tile. Confidence is 0 where either side's colours are unknown: against
    the picture itself everything looks solid, or empty. Raises ValueError on tiles smaller than
    a cell.
    """
    side = _BLOCK if tiles is None else TILE // colours.step
    if side == 0:
        raise ValueError(f"tiles of {TILE} pixels hold no cell of {colours.step}")
    if tiles is None:
        blocks = tuple(-(-size // side) for size in prior.shape)
        tiles = places_of(np.ones(blocks, np.bool_))
    known = colours.both_known
    rgb = np.empty((*prior.shape, 3), np.float32)
    projection, confidence = np.empty_like(prior), np.empty_like(prior)
    _weigh(
        means, colours.foreground, colours.background, prior, *layout.to_rgb(),
        tiles, side, known, rgb, projection, confidence,
    )  # fmt: skip
    return Evidence(rgb, projection, confidence)


@numba.njit(inline="always")
def _rgb(
    cell: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    channel: int,
) -> Any:
    value = matrix[channel, 0] * cell[0] + matrix[channel, 1] * cell[1]
    return value + matrix[channel, 2] * cell[2] + offset[channel]


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _weigh(
    means: Cells,
    foreground: Cells,
    background: Cells,
    prior: Alpha,
    matrix: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    tiles: npt.NDArray[np.int32],
    side: int,
    known: bool,
    rgb: npt.NDArray[np.float32],
    projection: Alpha,
    confidence: Alpha,
) -> None:
    rows, columns = prior.shape
    zero, one, two, least = np.float32(0), np.float32(1), np.float32(2), np.float32(1e-6)
    third, half = np.float32(1 / 3), np.float32(0.5)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * side, tiles[tile, 1] * side
        for y in range(top, min(top + side, rows)):
            for x in range(left, min(left + side, columns)):
                along, apart, off = zero, zero, zero
                vary_front, vary_back = foreground[y, x, 3], background[y, x, 3]
                for n in range(3):
                    front = _rgb(foreground[y, x], matrix, offset, n)
                    back = _rgb(background[y, x], matrix, offset, n)
                    seen = _rgb(means[y, x], matrix, offset, n)
                    rgb[y, x, n] = seen
                    vary_front -= front * front
                    vary_back -= back * back
                    along += (seen - back) * (front - back)
                    apart += (front - back) * (front - back)
                    off += (seen - back) * (seen - back)
                a = min(max(along / (apart + least), zero), one)
                # |I - B - a (F - B)|^2, expanded.
                off = max(off - two * a * along + a * a * apart, zero)
                vary = a * a * max(vary_front, zero)
                vary += (one - a) * (one - a) * max(vary_back, zero)
                doubt = (NOISE + vary * third + off * half) / (apart + least)
                open_ = prior[y, x] * (one - prior[y, x])
                projection[y, x] = a
                confidence[y, x] = open_ / (open_ + doubt) if known else zero
