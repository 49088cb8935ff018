"""Alpha drawn towards what is linear in colour nearby, the more it is doubted.

After Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting" (2008), with
larger windows (He, Sun and Tang, "Fast Matting Using Large Kernel Matting Laplacian Matrices",
2010), of which there is one to each 2 x 2 pixels; what a net found takes the trimap's place. A few
steps of Chebyshev's iteration (Golub and Varga, 1961) go most of the way but for what spans tens of
pixels, which the nets know better.
"""

from typing import NamedTuple

import numba
import numpy as np

from kernels.band import TILE
from kernels.layout import Layout
from kernels.types import Alpha, Floats, Places, Planes
from kernels.windows import (
    BLOCKS,
    CORNERS,
    FIRST,
    ONES,
    OWN,
    RING,
    SEEN,
    TOLD,
    WINDOWS,
    block_means,
    look,
    mean_around,
    measure_windows,
)


class Ease(NamedTuple):
    """How far a kind of picture is relaxed.

    firm: how firmly alpha is held where a net is sure of it, beside the misfit of its windows.
    calm, restless: what nets moved alpha by, beside what they expect to be wrong, up to which
    nothing is done, and from which on all.
    """

    firm: float
    calm: float
    restless: float


_FINE, _COARSE = Ease(0.25, 0.15, 0.3), Ease(8.0, 0.1, 0.25)
"""For pictures whose colours are as fine as their lightness, and for others."""
_STEPS = 6
_SPECTRUM = 0.05, 1.12
"""Least and largest eigenvalue that the iteration is to do away with."""
_ITSELF = np.float32(0.9)
"""About what a pixel counts for itself in the misfit of its windows."""
_SURE = np.float32(0.02)
"""An expected error below which alpha is held no more firmly."""
_HAZE = np.float32(0.02)
"""What linear functions leave of what is 0 or 1."""
_DOUBT = np.float32(0.4)
"""Share of the expected error that is left where alpha has become 0 or 1; where it is 0.5, 1.4 of
it. So the error points better at what is wrong: on photographs under hard masks with an area under
its curve of 0.83 instead of 0.81, and sums are nearer the truth."""
_UNKNOWN = np.float32(30)
"""How firmly alpha is held where the expected error is not a number."""


def relax_share(layout: Layout, restless: float) -> float:
    """The share, 0 to 1, of the way that a picture of `layout` should be relaxed.

    restless: what a net moved alpha by beside what it expects to be wrong. Where that is little the
    mask was good, and windows of a few pixels know less than the net.
    """
    _, calm, most = _ease(layout)
    return min(max((restless - calm) / (most - calm), 0), 1)


def relax_alpha(
    alpha: Alpha, planes: Planes, layout: Layout, found: Floats, tiles: Places, share: float,
    error: Alpha | None = None,
) -> None:  # fmt: skip
    """Take `alpha` in `tiles` towards the minimum of its misfit and of its change, both squared.

    alpha: (H, W) float32 in [0, 1], read and written; planes: as `layout` says; found: (n, TILE,
    TILE, 2) float32, the second the log of the expected error e of what a net found; tiles: (n, 2)
    int32 lattice rows and columns; share: 0 to 1, of the way that is gone. The misfit is that of
    the best linear function of colour in each window around; the change counts as the square of
    0.02 / e where e is larger, times how `firm` such pictures are held. Haze of less than 0.02
    times `share` is stretched away. error: (H, W) float32, what is expected of `alpha` before;
    read, and written for what it is then: with all of the share 0.4 of it where alpha is 0 or 1,
    more the softer alpha is.
    """
    count = len(tiles)
    colours = np.empty((count, 3, CORNERS, SEEN), np.float32)
    told = np.empty((count, TOLD, WINDOWS), np.float32)
    measure_windows(planes, layout, tiles, colours, told)
    # Of each pixel: alpha before, how firmly it is held, and the way it goes next.
    held = np.zeros((count, 3, CORNERS, OWN), np.float32)
    _begin(alpha, found, tiles, np.float32(_ease(layout).firm), held)
    for momentum, pace in _paces():
        _turn(alpha, tiles, colours, told, np.float32(momentum), np.float32(pace), held)
        _go(alpha, tiles, held)
    wanted = error is not None
    _end(alpha, tiles, held, np.float32(share), alpha if error is None else error, wanted)


def _ease(layout: Layout) -> Ease:
    return _COARSE if layout.is_subsampled else _FINE


def _paces() -> list[tuple[float, float]]:
    """Of each step: the share of the last way, and of what is left to do, that it goes."""
    low, high = _SPECTRUM
    middle, half = (high + low) / 2, (high - low) / 2
    ratio = half / middle
    paces = [(0.0, 1 / middle)]
    while len(paces) < _STEPS:
        following = 1 / (2 * middle / half - ratio)
        paces.append((following * ratio, 2 * following / half))
        ratio = following
    return paces


@numba.njit(parallel=True, nogil=True, cache=True)
def _begin(alpha: Alpha, found: Floats, tiles: Places, firm: np.float32, held: Floats) -> None:
    least = np.log(_SURE)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE - RING, tiles[tile, 1] * TILE - RING
        before, firmly = held[tile, 0], held[tile, 1]
        here = np.empty(SEEN, np.float32)
        for corner in range(CORNERS):
            look(alpha, top, left, corner, here)
            before[corner] = here[FIRST : FIRST + OWN]
            for i in range(TILE // 2):
                for j in range(TILE // 2):
                    log = found[tile, 2 * i + corner // 2, 2 * j + corner % 2, 1]
                    weight = firm * np.exp(np.float32(2) * (least - max(log, least)))
                    known = np.isfinite(log)
                    firmly[corner, i * BLOCKS + j] = weight if known else _UNKNOWN


@numba.njit(nogil=True, cache=True)
def _fit(told: Floats, means: Floats) -> None:
    """In windows: means of alpha times 1 and each colour, to its best function of colour."""
    for n in range(WINDOWS):
        mean, r, g, b = means[0, n], told[0, n], told[1, n], told[2, n]
        red, green, blue = means[1, n] - r * mean, means[2, n] - g * mean, means[3, n] - b * mean
        x = told[3, n] * red + told[4, n] * green + told[5, n] * blue
        y = told[4, n] * red + told[6, n] * green + told[7, n] * blue
        z = told[5, n] * red + told[7, n] * green + told[8, n] * blue
        means[0, n] = mean - x * r - y * g - z * b
        means[1, n], means[2, n], means[3, n] = x, y, z


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _step(
    lines: Floats, colours: Floats, now: Floats, held: Floats, first: int, momentum: np.float32,
    pace: np.float32, fits: Floats,
) -> None:  # fmt: skip
    """Find the next way of pixels at one corner of their blocks.

    All flat, as few arrays as can be, since the compiler must rule out that any two overlap.
    first: of the corner's pixels in each part of `held`; fits: (OWN,), for scratch.
    """
    start = first // OWN * SEEN + FIRST
    red, green = colours[start:], colours[start + CORNERS * SEEN :]
    blue = colours[start + 2 * CORNERS * SEEN :]
    for n in range(OWN):
        fit = lines[n] + lines[n + OWN] * red[n] + lines[n + 2 * OWN] * green[n]
        fits[n] = fit + lines[n + 3 * OWN] * blue[n] - now[n]
    before, firmly = held[first:], held[first + CORNERS * OWN :]
    way = held[first + 2 * CORNERS * OWN :]
    for n in range(OWN):
        left = fits[n] + firmly[n] * (before[n] - now[n])
        fits[n] = pace * left / (_ITSELF + firmly[n])
    for n in range(OWN):
        way[n] = momentum * way[n] + fits[n]


@numba.njit(parallel=True, nogil=True, cache=True)
def _turn(
    alpha: Alpha, tiles: Places, colours: Floats, told: Floats, momentum: np.float32,
    pace: np.float32, held: Floats,
) -> None:  # fmt: skip
    """Find the way that each pixel goes next."""
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE - RING, tiles[tile, 1] * TILE - RING
        here = np.empty((CORNERS, SEEN), np.float32)
        for corner in range(CORNERS):
            look(alpha, top, left, corner, here[corner])
        sums, scratch = np.empty((2, SEEN), np.float32)
        fits, lines = np.empty((4, WINDOWS), np.float32), np.empty((4, OWN), np.float32)
        block_means(here, ONES, sums)
        mean_around(sums, scratch, fits[0])
        for n in range(3):
            block_means(here, colours[tile, n], sums)
            mean_around(sums, scratch, fits[n + 1])
        _fit(told[tile], fits)
        for n in range(4):
            mean_around(fits[n], scratch, lines[n])
        flat, own = colours[tile].reshape(3 * CORNERS * SEEN), held[tile].reshape(3 * CORNERS * OWN)
        for corner in range(CORNERS):
            now = here[corner, FIRST:]
            _step(lines.reshape(4 * OWN), flat, now, own, corner * OWN, momentum, pace, sums)


@numba.njit(parallel=True, nogil=True, cache=True)
def _go(alpha: Alpha, tiles: Places, held: Floats) -> None:
    height, width = alpha.shape
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        for y in range(min(TILE, height - top)):
            for x in range(min(TILE, width - left)):
                corner, block = y % 2 * 2 + x % 2, y // 2 * BLOCKS + x // 2
                alpha[top + y, left + x] += held[tile, 2, corner, block]


@numba.njit(parallel=True, nogil=True, cache=True)
def _end(
    alpha: Alpha, tiles: Places, held: Floats, share: np.float32, error: Alpha, wanted: bool
) -> None:
    height, width = alpha.shape
    one, zero, haze = np.float32(1), np.float32(0), _HAZE * share
    scale = one / (one - haze - haze)
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * TILE, tiles[tile, 1] * TILE
        for y in range(min(TILE, height - top)):
            for x in range(min(TILE, width - left)):
                before = held[tile, 0, y % 2 * 2 + x % 2, y // 2 * BLOCKS + x // 2]
                value = before + share * (alpha[top + y, left + x] - before)
                value = value if np.isfinite(value) else before
                value = min(max((value - haze) * scale, zero), one)
                alpha[top + y, left + x] = value
                if wanted:
                    doubt = _DOUBT + (one + one) * min(value, one - value)
                    error[top + y, left + x] *= one + share * (doubt - one)
