"""The subject's own colours in the boundary band, free of the background that shone through.

After Forte, "Approximate Fast Foreground Colour Estimation" (2021): a smooth guess of both
colours, corrected by what the compositing equation leaves unexplained. Where the paper gives the
foreground the share alpha of that, this gives the least change of both colours that explains it,
alpha / (alpha^2 + (1 - alpha)^2).
"""

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import TILE, lattice, tiles_of
from kernels.cover import covered
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours
from kernels.taps import taps_of
from kernels.types import Alpha, Kinds, Plane, Planes


def foreground_planes(
    planes: Planes,
    layout: Layout,
    alpha: Alpha,
    kinds: Kinds,
    colours: SpreadColours,
    out: Planes | None = None,
) -> Planes:
    """The planes with the subject's own colour in BAND tiles.

    planes: as `layout` says; alpha: (H, W) float32 in [0, 1]; kinds: the picture's lattice; out:
    planes of the same shapes and dtype, written and returned. Equal to `planes` bit for bit
    outside BAND tiles and wherever alpha, averaged over what a sample covers, is 1; everywhere
    when the subject's colours are unknown, since there is nothing to estimate them from.
    Raises ValueError when shapes disagree.
    """
    if alpha.shape != planes[0].shape or kinds.shape != lattice(*planes[0].shape):
        raise ValueError(
            f"alpha {alpha.shape} and kinds {kinds.shape} do not fit a {planes[0].shape} picture"
        )
    if out is None:
        out = tuple(np.empty_like(plane) for plane in planes)
    tiles = tiles_of(kinds) if colours.foreground_known else np.empty((0, 2), np.int32)
    for number, (plane, written) in enumerate(zip(planes, out, strict=True)):
        if written.shape != plane.shape or written.dtype != plane.dtype:
            raise ValueError(
                f"out {written.shape} {written.dtype} is not like {plane.shape} {plane.dtype}"
            )
        np.copyto(written, plane)
        shift_y, shift_x = layout.shifts(number)
        vertical = taps_of(shift_y, colours.step)
        _unmix(
            plane, alpha, tiles, shift_y, shift_x, layout.peak, colours.foreground,
            colours.background, colours.step, number, vertical.before, vertical.share,
            *taps_of(shift_x, colours.step), written,
        )  # fmt: skip
    return out


@numba.njit(nogil=True, cache=True)
def _between(
    cells: Cells, channel: int, top: int, left: int, share: float, edge: npt.NDArray[np.float32]
) -> None:
    """Values between rows `top` and the next, from column `left` on; outside, the edge repeats."""
    rows, columns = cells.shape[:2]
    upper, lower = min(max(top, 0), rows - 1), min(max(top + 1, 0), rows - 1)
    for j in range(edge.size):
        column = min(max(left + j, 0), columns - 1)
        above = cells[upper, column, channel]
        edge[j] = above + (cells[lower, column, channel] - above) * share


@numba.njit(nogil=True, cache=True)
def _cover(
    alpha: Alpha, y: int, left: int, shift_y: int, shift_x: int, row: npt.NDArray[np.float32]
) -> bool:
    """Fill `row` with the alpha of a tile's samples; whether any of it is below 1."""
    mixed = False
    for n in range(row.size):
        row[n] = covered(alpha, y, left + n, shift_y, shift_x)
        mixed |= row[n] < 1
    return mixed


@numba.njit(parallel=True, nogil=True, cache=True)
def _unmix(
    plane: Plane, alpha: Alpha, tiles: npt.NDArray[np.int32], shift_y: int, shift_x: int,
    peak: int, foreground: Cells, background: Cells, step: int, channel: int,
    first: npt.NDArray[np.uint64], rows_share: npt.NDArray[np.float32],
    before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64],
    share: npt.NDArray[np.float32], out: Plane,
) -> None:  # fmt: skip
    height, width = plane.shape
    tall, wide, side = TILE >> shift_y, TILE >> shift_x, TILE // step
    one, most = np.float32(1), np.float32(peak)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * tall, tiles[tile, 1] * wide
        cell_y, cell_x = tiles[tile, 0] * side - 1, tiles[tile, 1] * side - 1
        row = np.empty(min(wide, width - left), np.float32)
        fronts, backs = np.empty(side + 2, np.float32), np.empty(side + 2, np.float32)
        for y in range(top, min(top + tall, height)):
            if not _cover(alpha, y, left, shift_y, shift_x, row):
                continue
            upper, part = cell_y + np.int64(first[y - top]), rows_share[y - top]
            _between(foreground, channel, upper, cell_x, part, fronts)
            _between(background, channel, upper, cell_x, part, backs)
            for n in range(row.size):
                a, rest = row[n], one - row[n]
                if a >= one:
                    continue
                front = fronts[before[n]] + (fronts[after[n]] - fronts[before[n]]) * share[n]
                back = backs[before[n]] + (backs[after[n]] - backs[before[n]]) * share[n]
                unexplained = plane[y, left + n] - a * front - rest * back
                value = front + a / (a * a + rest * rest) * unexplained + np.float32(0.5)
                out[y, left + n] = int(min(max(value, np.float32(0)), most))
