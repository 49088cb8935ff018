"""Soften the edge of a subject: a blur of alpha that is worked out along the edge alone."""

import math

import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, TILE
from kernels.reach import Runs, check_lattice, name_tiles, runs_of, within_reach
from kernels.types import Alpha, Kinds

_NEARLY = np.float32(1e-5)
"""Rounding of a sum of weights that means 1."""


def soften_edge(
    alpha: Alpha,
    kinds: Kinds,
    pixels: float,
    out: Alpha | None = None,
    inward: bool = False,
) -> tuple[Alpha, Kinds]:
    """The alpha blurred so that a hard edge fades over `pixels` on either side.

    alpha: (H, W) float32 in [0, 1]; kinds: its lattice; out: like alpha, written and returned, not
    alpha itself. Beyond its border the picture is repeated. inward: nowhere more than `alpha`, for
    subjects whose colours beyond their edge are unknown. The lattice returned is that of the new
    alpha. Raises ValueError when shapes disagree or `pixels` is negative or not finite.
    """
    check_lattice(alpha, kinds)
    if not 0 <= pixels < math.inf:
        raise ValueError(f"an edge cannot fade over {pixels} pixels")
    out = np.empty_like(alpha) if out is None else out
    np.copyto(out, alpha)
    taps = bell(pixels)
    if taps.size == 1:
        return out, kinds
    softened = within_reach(kinds, taps.size // 2)
    _soften(alpha, taps, inward, runs_of(np.equal(softened, BAND)), out, softened)
    return out, softened


def bell(pixels: float) -> npt.NDArray[np.float32]:
    """Weights (1 - (k / (pixels + 1))^2)^2 of samples k apart, their sum 1; an odd number.

    They fall to nothing smoothly at a finite reach, which also moves smoothly with `pixels`.
    """
    reach = math.ceil(pixels)
    apart = np.arange(-reach, reach + 1) / (pixels + 1)
    weights = (1 - apart**2) ** 2
    # Between 0 and 1 pixel it grows out of the single sample.
    weights[np.arange(-reach, reach + 1) != 0] *= min(pixels, 1.0)
    normed: npt.NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return normed


@numba.njit(parallel=True, nogil=True, cache=True)
def _soften(
    alpha: Alpha, taps: npt.NDArray[np.float32], inward: bool, runs: Runs, out: Alpha, kinds: Kinds
) -> None:
    height, width = alpha.shape
    reach = taps.size // 2
    for run in numba.prange(runs.shape[0]):
        row, start, end = runs[run, 0], runs[run, 1], runs[run, 2]
        top, bottom = row * TILE, min((row + 1) * TILE, height)
        left, right = start * TILE, min(end * TILE, width)
        line = np.empty(right - left + 2 * reach, np.float32)
        total = np.empty(right - left, np.float32)
        for y in range(top, bottom):
            _down(alpha, taps, y, left, line)
            total[:] = 0
            for tap in range(taps.size):
                weight, shifted = taps[tap], line[tap:]
                for x in range(total.size):
                    total[x] += weight * shifted[x]
            for x in range(total.size):
                value = np.float32(1) if total[x] > 1 - _NEARLY else total[x]
                out[y, left + x] = min(value, alpha[y, left + x]) if inward else value
        name_tiles(out, row, start, end, kinds)


@numba.njit(nogil=True, cache=True)
def _down(
    alpha: Alpha, taps: npt.NDArray[np.float32], y: int, left: int, line: npt.NDArray[np.float32]
) -> None:
    """Weigh the rows about `y` into `line`, which begins a reach before column `left`."""
    height, width = alpha.shape
    reach = taps.size // 2
    first, last = max(left - reach, 0), min(left - reach + line.size, width)
    inner = line[first - left + reach : last - left + reach]
    inner[:] = 0
    for tap in range(taps.size):
        source = alpha[min(max(y + tap - reach, 0), height - 1), first:last]
        weight = taps[tap]
        for x in range(inner.size):
            inner[x] += weight * source[x]
    line[: first - left + reach] = inner[0]
    line[last - left + reach :] = inner[inner.size - 1]
