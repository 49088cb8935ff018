"""Spread sure foreground and background colours over the whole picture."""

from dataclasses import dataclass

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.pyramid import pull_push
from kernels.types import Alpha, Plane, Planes

STEP = 4
"""Side in luma pixels of the cells that colours are spread on, unless said otherwise."""

Cells = npt.NDArray[np.float32]
"""(rows, columns, 4) float32, a cell's colour in the picture's own code values (gray: thrice), and
the mean squared length of that colour as RGB in [0, 1], from which its variance follows."""

UNSURE = 0.4
"""A coarse alpha this far from 0 or 1 says nothing sure; measured, see benchmarks."""


@dataclass(frozen=True, slots=True, eq=False)
class SpreadColours:
    """The subject's and the scene's colours wherever they were not seen themselves.

    foreground, background: (ceil(H / step), ceil(W / step), 4) float32 as Cells says. Where a
    side is seen for sure, it is the mean of the cell; elsewhere it fades smoothly from the
    nearest sure cells. step: luma pixels a cell. foreground_known, background_known: whether any
    cell is that side more surely than UNSURE; where none is, the colours are made of the picture
    itself, both sides' mixed, and must not be taken for that side's.
    """

    foreground: Cells
    background: Cells
    step: int
    foreground_known: bool = True
    background_known: bool = True

    @property
    def both_known(self) -> bool:
        """Whether each side's colours are that side's own."""
        return self.foreground_known and self.background_known


def cell_means(planes: Planes, layout: Layout, step: int = STEP) -> Cells:
    """The mean colour of each step x step luma cell; in those cut by the edge, it counts more.

    planes: as `layout` says; step: a power of 2 from 1 to 16. Returns Cells of
    (ceil(H / step), ceil(W / step)).
    """
    return cells_of(pooled_planes(planes, layout, step), layout)


def pooled_planes(planes: Planes, layout: Layout, step: int) -> Planes:
    """`planes` shrunk to (ceil(H / step), ceil(W / step)) each, as cell_means says, rounded."""
    rows, columns = -(-planes[0].shape[0] // step), -(-planes[0].shape[1] // step)
    small = []
    for number, plane in enumerate(planes):
        shift_y, shift_x = layout.shifts(number)
        tall, wide = max(step >> shift_y, 1), max(step >> shift_x, 1)
        small.append(_pooled(_repeated(plane, step, shift_y, shift_x), rows, columns, tall, wide))
    return tuple(small)


def halved(small: Planes) -> Planes:
    """Planes of one size shrunk to half of it, rounded up."""
    rows, columns = small[0].shape[0] + 1 >> 1, small[0].shape[1] + 1 >> 1
    return tuple(_pooled(plane, rows, columns, 2, 2) for plane in small)


def cells_of(small: Planes, layout: Layout) -> Cells:
    """Cells whose mean colours are the samples of `small`, planes of one size."""
    means = np.empty((*small[0].shape, 4), np.float32)
    _gather(small[0], small[1] if len(small) > 1 else small[0], small[-1], *layout.to_rgb(), means)
    return means


def spread(means: Cells, prior: Alpha, step: int = STEP, unsure: float = UNSURE) -> SpreadColours:
    """Spread what `prior` says is surely subject, and surely not, over all cells.

    means: as cell_means gives them for `step`; prior: (rows, columns) float32 in [0, 1]. A cell's
    trust falls with the square of its prior's distance from 0 or 1, to nothing at `unsure`.
    Raises ValueError when the shapes disagree.
    """
    if prior.shape != means.shape[:2]:
        raise ValueError(f"prior {prior.shape} does not fit {means.shape[:2]} cells")
    trust = np.empty((2, *prior.shape), np.float32)
    _trust(prior, np.float32(1 / unsure), trust[0], trust[1])
    (foreground, background), known = pull_push(means, trust)
    # A wide `unsure` trusts haze a little, and a little is all where there is nothing better.
    front_known = bool(known[0] and prior.max() > 1 - UNSURE)
    back_known = bool(known[1] and prior.min() < UNSURE)
    return SpreadColours(foreground, background, step, front_known, back_known)


def _repeated(plane: Plane, step: int, shift_y: int, shift_x: int) -> Plane:
    """`plane`, its samples repeated where one covers several cells (4:1:0 under fine cells)."""
    tall, wide = max((1 << shift_y) // step, 1), max((1 << shift_x) // step, 1)
    if tall > 1:
        plane = plane.repeat(tall, axis=0)
    return plane.repeat(wide, axis=1) if wide > 1 else plane


def _pooled(plane: Plane, rows: int, columns: int, tall: int, wide: int) -> Plane:
    """Means of tall x wide samples, rounded; whenever a side is odd, its edge is repeated."""
    plane = plane[: rows * tall, : columns * wide]
    while tall > 1 and wide > 1:
        # Halving is OpenCV's fast path; the rounding is far below camera noise.
        tall, wide = tall // 2, wide // 2
        plane = _filled(plane, plane.shape[0] + 1 & ~1, plane.shape[1] + 1 & ~1)
        size = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    plane = _filled(plane, rows * tall, columns * wide)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA))


def _filled(plane: Plane, height: int, width: int) -> Plane:
    """`plane` with its edge repeated up to that size."""
    below, right = height - plane.shape[0], width - plane.shape[1]
    if below <= 0 and right <= 0:
        return plane
    return np.asarray(cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE))


@numba.njit(parallel=True, nogil=True, cache=True)
def _gather(
    first: Plane,
    second: Plane,
    third: Plane,
    matrix: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    means: Cells,
) -> None:
    for row in numba.prange(means.shape[0]):
        for column in range(means.shape[1]):
            a = np.float32(first[row, column])
            b, c = np.float32(second[row, column]), np.float32(third[row, column])
            total = np.float32(0)
            for n in range(3):
                value = matrix[n, 0] * a + matrix[n, 1] * b + matrix[n, 2] * c + offset[n]
                total += value * value
            means[row, column, 0], means[row, column, 1] = a, b
            means[row, column, 2], means[row, column, 3] = c, total


@numba.njit(parallel=True, nogil=True, cache=True)
def _trust(prior: Alpha, slope: np.float32, foreground: Alpha, background: Alpha) -> None:
    one = np.float32(1)
    for row in numba.prange(prior.shape[0]):
        for column in range(prior.shape[1]):
            front = max(one - (one - prior[row, column]) * slope, np.float32(0))
            back = max(one - prior[row, column] * slope, np.float32(0))
            foreground[row, column], background[row, column] = front * front, back * back
