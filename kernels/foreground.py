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
from kernels.cover import cover
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours
from kernels.taps import enlarge_across, taps_of
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


@numba.njit(inline="always")
def _unmix_row(
    plane: Plane, y: int, start: np.uint64, row: npt.NDArray[np.float32],
    fronts: npt.NDArray[np.float32], backs: npt.NDArray[np.float32], upper: np.int64,
    part: np.float32, most: np.float32, out: Plane,
) -> None:  # fmt: skip
    """As many samples as `row` has alphas, by the colours between two rows of cells."""
    one, zero, half = np.float32(1), np.float32(0), np.float32(0.5)
    for n in range(row.size):
        a, rest = row[n], one - row[n]
        front = fronts[upper, n] + (fronts[upper + 1, n] - fronts[upper, n]) * part
        back = backs[upper, n] + (backs[upper + 1, n] - backs[upper, n]) * part
        sample = np.float32(plane[y, start + np.uint64(n)])
        unexplained = sample - a * front - rest * back
        value = front + a / (a * a + rest * rest) * unexplained + half
        value = min(max(value, zero), most)
        out[y, start + np.uint64(n)] = np.uint16(value if a < one else sample)


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _unmix(
    plane: Plane, alpha: Alpha, tiles: npt.NDArray[np.int32], shift_y: int, shift_x: int,
    peak: int, foreground: Cells, background: Cells, step: int, channel: int,
    first: npt.NDArray[np.uint64], rows_share: npt.NDArray[np.float32],
    before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64],
    share: npt.NDArray[np.float32], out: Plane,
) -> None:  # fmt: skip
    height, width = plane.shape
    tall, wide, side = TILE >> shift_y, TILE >> shift_x, TILE // step
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * tall, tiles[tile, 1] * wide
        cell_y, cell_x = tiles[tile, 0] * side - 1, tiles[tile, 1] * side - 1
        fronts, backs = np.empty((2, side + 2, wide), np.float32)
        enlarge_across(foreground, channel, cell_y, cell_x, before, after, share, fronts)
        enlarge_across(background, channel, cell_y, cell_x, before, after, share, backs)
        row = np.empty(min(wide, width - left), np.float32)
        for y in range(top, min(top + tall, height)):
            cover(alpha, y, left, row.size, shift_y, shift_x, row)
            _unmix_row(
                plane, y, np.uint64(left), row, fronts, backs, np.int64(first[y - top]),
                rows_share[y - top], np.float32(peak), out,
            )  # fmt: skip
