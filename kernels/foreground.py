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
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours
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
    outside BAND tiles and wherever alpha, averaged over what a sample covers, is 1.
    Raises ValueError when shapes disagree.
    """
    if alpha.shape != planes[0].shape or kinds.shape != lattice(*planes[0].shape):
        raise ValueError(
            f"alpha {alpha.shape} and kinds {kinds.shape} do not fit a {planes[0].shape} picture"
        )
    if out is None:
        out = tuple(np.empty_like(plane) for plane in planes)
    tiles = tiles_of(kinds)
    for number, (plane, written) in enumerate(zip(planes, out, strict=True)):
        if written.shape != plane.shape or written.dtype != plane.dtype:
            raise ValueError(
                f"out {written.shape} {written.dtype} is not like {plane.shape} {plane.dtype}"
            )
        np.copyto(written, plane)
        _unmix(
            plane, alpha, tiles, *layout.shifts(number), layout.peak,
            colours.foreground, colours.background, colours.step, number, written,
        )  # fmt: skip
    return out


@numba.njit(nogil=True, cache=True)
def _covered(alpha: Alpha, y: int, x: int, shift_y: int, shift_x: int) -> float:
    """Mean of the alpha that sample (y, x) of a plane covers."""
    if shift_y == 0 and shift_x == 0:
        return alpha[y, x]
    height, width = alpha.shape
    total, count = np.float32(0), 0
    for row in range(y << shift_y, min((y + 1) << shift_y, height)):
        for column in range(x << shift_x, min((x + 1) << shift_x, width)):
            total += alpha[row, column]
            count += 1
    return total / np.float32(count)


@numba.njit(nogil=True, cache=True)
def _stretch(
    cells: Cells,
    channel: int,
    y: float,
    left: int,
    taps: npt.NDArray[np.float32],
    line: npt.NDArray[np.float32],
) -> None:
    """Bilinear values along one row of samples; y and left count cells, taps are relative."""
    rows, columns = cells.shape[:2]
    y = min(max(y - 0.5, 0.0), rows - 1.0)
    upper = int(y)
    lower, share = min(upper + 1, rows - 1), np.float32(y - upper)
    for n in range(taps.size):
        x = min(max(left + taps[n], np.float32(0)), np.float32(columns - 1))
        near = int(x)
        far, part = min(near + 1, columns - 1), x - np.float32(near)
        above = cells[upper, near, channel]
        above += (cells[upper, far, channel] - above) * part
        below = cells[lower, near, channel]
        below += (cells[lower, far, channel] - below) * part
        line[n] = above + (below - above) * share


@numba.njit(parallel=True, nogil=True, cache=True)
def _unmix(
    plane: Plane,
    alpha: Alpha,
    tiles: npt.NDArray[np.int32],
    shift_y: int,
    shift_x: int,
    peak: int,
    foreground: Cells,
    background: Cells,
    step: int,
    channel: int,
    out: Plane,
) -> None:
    height, width = plane.shape
    tall, wide, side = TILE >> shift_y, TILE >> shift_x, TILE // step
    # Centres of a tile's samples, in cells whose own centres are whole numbers.
    taps = ((np.arange(wide) + 0.5) * (1 << shift_x) / step - 0.5).astype(np.float32)
    one, half = np.float32(1), np.float32(0.5)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * tall, tiles[tile, 1] * wide
        front, back = np.empty(wide, np.float32), np.empty(wide, np.float32)
        for y in range(top, min(top + tall, height)):
            cell_y = (y + 0.5) * (1 << shift_y) / step
            _stretch(foreground, channel, cell_y, tiles[tile, 1] * side, taps, front)
            _stretch(background, channel, cell_y, tiles[tile, 1] * side, taps, back)
            for n in range(min(wide, width - left)):
                a = _covered(alpha, y, left + n, shift_y, shift_x)
                if a >= one:
                    continue
                unexplained = plane[y, left + n] - a * front[n] - (one - a) * back[n]
                gain = a / (a * a + (one - a) * (one - a))
                value = front[n] + gain * unexplained + half
                out[y, left + n] = int(min(max(value, np.float32(0)), np.float32(peak)))
