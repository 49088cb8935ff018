"""The subject's own colours in the boundary band, free of the background that shone through.

After Forte, "Approximate Fast Foreground Colour Estimation" (2021): a smooth guess of both
colours, corrected by what the compositing equation leaves unexplained.
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
    height, width = alpha.shape
    total, count = np.float32(0), 0
    for row in range(y << shift_y, min((y + 1) << shift_y, height)):
        for column in range(x << shift_x, min((x + 1) << shift_x, width)):
            total += alpha[row, column]
            count += 1
    return total / np.float32(count)


@numba.njit(nogil=True, cache=True)
def _at(cells: Cells, step: int, y: float, x: float, channel: int) -> float:
    """Bilinear value at luma position (y, x), the centre of pixel (0, 0) being 0.5, 0.5."""
    height, width = cells.shape[:2]
    y = min(max(y / step - 0.5, 0.0), height - 1.0)
    x = min(max(x / step - 0.5, 0.0), width - 1.0)
    top, left = int(y), int(x)
    low, right = min(top + 1, height - 1), min(left + 1, width - 1)
    y, x = y - top, x - left
    above = cells[top, left, channel] * (1 - x) + cells[top, right, channel] * x
    below = cells[low, left, channel] * (1 - x) + cells[low, right, channel] * x
    return above * (1 - y) + below * y


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
    tall, wide = max(TILE >> shift_y, 1), max(TILE >> shift_x, 1)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * tall, tiles[tile, 1] * wide
        for y in range(top, min(top + tall, height)):
            for x in range(left, min(left + wide, width)):
                a = _covered(alpha, y, x, shift_y, shift_x)
                if a >= 1:
                    continue
                luma_y, luma_x = (y + 0.5) * (1 << shift_y), (x + 0.5) * (1 << shift_x)
                front = _at(foreground, step, luma_y, luma_x, channel)
                back = _at(background, step, luma_y, luma_x, channel)
                unexplained = plane[y, x] - a * front - (1 - a) * back
                value = front + a * unexplained
                out[y, x] = int(min(max(value + 0.5, 0.0), float(peak)))
