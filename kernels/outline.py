"""Fill outlines, each pixel by the share of it that lies within.

The signed area beside each edge is accumulated along rows, as font rasterisers do.
"""

import numba
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha

Doubles = npt.NDArray[np.float64]


def fill_outline(points: npt.NDArray[np.float32], height: int, width: int) -> Alpha:
    """The exact share of each pixel (height, width) within the closed outline `points`.

    points: (n, 2) float32, x and y in pixels, anywhere. Where an outline winds twice, or crosses
    itself between pixels, it still covers a pixel at most once.
    Raises ValueError when the outline has no (n, 2) shape or is not finite.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"an outline is (n, 2), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("an outline must be finite")
    steps = np.zeros((height, width), np.float64)
    _accumulate(points.astype(np.float64), steps)
    covered = np.abs(np.cumsum(steps, axis=1))
    return np.minimum(covered, 1).astype(np.float32)


@numba.njit(nogil=True, cache=True)
def _accumulate(points: Doubles, steps: Doubles) -> None:
    for n in range(points.shape[0]):
        x, y = points[n - 1, 0], points[n - 1, 1]
        end_x, end_y = points[n, 0], points[n, 1]
        if y == end_y:
            continue
        sign = 1.0
        if y > end_y:
            x, y, end_x, end_y, sign = end_x, end_y, x, y, -1.0
        slope = (end_x - x) / (end_y - y)
        for row in range(max(int(np.floor(y)), 0), min(int(np.ceil(end_y)), steps.shape[0])):
            top, bottom = max(y, float(row)), min(end_y, row + 1.0)
            first, second = x + (top - y) * slope, x + (bottom - y) * slope
            low, high = min(first, second), max(first, second)
            _spread_edge(steps[row], low, high, sign * (bottom - top))


@numba.njit(nogil=True, cache=True)
def _spread_edge(steps: Doubles, low: float, high: float, tall: float) -> None:
    """Add to `steps`, along a row, how coverage grows right of an edge from `low` to `high`."""
    before = 0.0
    for column in range(
        max(int(np.floor(low)), 0), min(max(int(np.ceil(high)), 0) + 1, steps.size)
    ):
        covered = _right_of(column + 1.0, low, high) - _right_of(float(column), low, high)
        steps[column] += tall * (covered - before)
        before = covered


@numba.njit(nogil=True, cache=True, inline="always")
def _right_of(end: float, low: float, high: float) -> float:
    """The area of a row one high between an edge from `low` to `high` and `end`."""
    if end >= high:
        return end - 0.5 * (low + high)
    return 0.5 * (end - low) ** 2 / (high - low) if end > low else 0.0
