"""Fit alpha as a linear function of colour around each cell of the boundary band.

After He, Sun and Tang, "Guided Image Filtering" (2010), with the three-channel covariance; here
the alpha that is fitted already holds the colour evidence.
"""

import math
from typing import Any

import cv2
import numba
import numpy as np
import numpy.typing as npt

from kernels.band import BAND, TILE, places_of
from kernels.evidence import Evidence
from kernels.types import Alpha, Kinds

Fit = npt.NDArray[np.float32]
"""(rows, columns, 4) float32: alpha = fit[:3] . rgb + fit[3] near that cell."""

_EPSILON = 1e-4
_MOMENTS = 16


def tiles_to_fit(kinds: Kinds, step: int, radius: int) -> npt.NDArray[np.int32]:
    """(n, 2) int32 tiles whose fits are read when those of BAND tiles are averaged and enlarged."""
    return _around(kinds, math.ceil((radius + 1) * step / TILE))


def tiles_to_weigh(kinds: Kinds, step: int, radius: int) -> npt.NDArray[np.int32]:
    """(n, 2) int32 tiles whose evidence is read when all of tiles_to_fit are fitted."""
    rings = math.ceil((radius + 1) * step / TILE) + math.ceil(radius * step / TILE)
    return _around(kinds, rings)


def _around(kinds: Kinds, rings: int) -> npt.NDArray[np.int32]:
    band = (kinds == BAND).astype(np.uint8)
    square = np.ones((2 * rings + 1, 2 * rings + 1), np.uint8)
    return places_of(cv2.dilate(band, square) > 0)


def fit_linear(
    evidence: Evidence, prior: Alpha, tiles: npt.NDArray[np.int32], step: int, radius: int
) -> Fit:
    """Least squares over (2 radius + 1)^2 cells for every cell of `tiles`, ridge 1e-4.

    What is fitted is prior + confidence (projection - prior). Only cells of `tiles` hold values;
    `evidence` must hold values `radius` cells further out (see tiles_to_weigh).
    """
    fit = np.empty((*prior.shape, 4), np.float32)
    _fit(
        evidence.rgb, evidence.projection, evidence.confidence, prior, tiles, TILE // step,
        radius, fit,
    )  # fmt: skip
    return fit


@numba.njit(nogil=True, cache=True)
def _moments(
    rgb: npt.NDArray[np.float32], target: np.float32, moment: npt.NDArray[np.float32]
) -> None:
    red, green, blue = rgb[0], rgb[1], rgb[2]
    moment[0], moment[1], moment[2], moment[3] = red, green, blue, target
    moment[4], moment[5], moment[6] = red * red, red * green, red * blue
    moment[7], moment[8], moment[9] = green * green, green * blue, blue * blue
    moment[10], moment[11], moment[12] = red * target, green * target, blue * target
    moment[13] = 1


@numba.njit(nogil=True, cache=True, inline="always")
def cofactors(rr: float, rg: float, rb: float, gg: float, gb: float, bb: float) -> Any:
    """The six of a symmetric matrix, row by row, and one over its determinant, by Cramer's rule.

    Together they are its inverse. In double precision: hardly any colours may differ.
    """
    c0, c1, c2 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    scale = 1 / (rr * c0 + rg * c1 + rb * c2)
    return c0, c1, c2, rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg, scale


@numba.njit(nogil=True, cache=True)
def _solve(total: npt.NDArray[np.float32], fit: npt.NDArray[np.float32]) -> None:
    """The ridge regression of one window from its sums, by Cramer's rule in double precision."""
    count = np.float64(total[13])
    r, g, b, q = total[0] / count, total[1] / count, total[2] / count, total[3] / count
    rr = total[4] / count - r * r + _EPSILON
    rg = total[5] / count - r * g
    rb = total[6] / count - r * b
    gg = total[7] / count - g * g + _EPSILON
    gb = total[8] / count - g * b
    bb = total[9] / count - b * b + _EPSILON
    rq, gq, bq = total[10] / count - r * q, total[11] / count - g * q, total[12] / count - b * q
    c0, c1, c2, c3, c4, c5, scale = cofactors(rr, rg, rb, gg, gb, bb)
    x = (c0 * rq + c1 * gq + c2 * bq) * scale
    y = (c1 * rq + c3 * gq + c4 * bq) * scale
    z = (c2 * rq + c4 * gq + c5 * bq) * scale
    fit[0], fit[1], fit[2], fit[3] = x, y, z, q - x * r - y * g - z * b


@numba.njit(parallel=True, nogil=True, cache=True)
def _fit(
    rgb: npt.NDArray[np.float32],
    projection: Alpha,
    confidence: Alpha,
    prior: Alpha,
    tiles: npt.NDArray[np.int32],
    side: int,
    radius: int,
    fit: Fit,
) -> None:
    rows, columns = prior.shape
    wide = side + 2 * radius
    for tile in numba.prange(tiles.shape[0]):
        top, left = tiles[tile, 0] * side - radius, tiles[tile, 1] * side - radius
        moments = np.zeros((wide, wide, _MOMENTS), np.float32)
        for i in range(max(-top, 0), min(wide, rows - top)):
            for j in range(max(-left, 0), min(wide, columns - left)):
                y, x = top + i, left + j
                a = prior[y, x]
                target = a + confidence[y, x] * (projection[y, x] - a)
                _moments(rgb[y, x], target, moments[i, j])
        sums = np.zeros((wide, _MOMENTS), np.float32)
        total = np.zeros(_MOMENTS, np.float32)
        for i in range(radius, min(radius + side, rows - top)):
            sums[:] = 0
            for k in range(i - radius, i + radius + 1):
                for j in range(wide):
                    for m in range(_MOMENTS):
                        sums[j, m] += moments[k, j, m]
            for j in range(radius, min(radius + side, columns - left)):
                total[:] = 0
                for k in range(j - radius, j + radius + 1):
                    for m in range(_MOMENTS):
                        total[m] += sums[k, m]
                _solve(total, fit[top + i, left + j])
