"""Paint tapered strokes, each pixel by the share of it that they cover."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from kernels.types import Floats

Starts = npt.NDArray[np.int64]


class Strokes(NamedTuple):
    """Polylines in the order they are painted, the last one on top.

    points: (n, 2) float32, x and y in pixels, the first pixel's centre at (0.5, 0.5). widths: (n,)
    float32 >= 0, pixels. colours: (n, 4) float32 in [0, 1], red, green, blue and opacity. All are
    linear between a stroke's vertices. starts: (count + 1,) int64, the first vertex of each
    stroke, and n.
    """

    points: Floats
    widths: Floats
    colours: Floats
    starts: Starts


def paint_strokes(strokes: Strokes, canvas: Floats) -> None:
    """Lay each stroke over `canvas` in turn.

    canvas: (H, W, 4) float32, colour times alpha, and alpha; written. A pixel's share is that of
    a pixel-wide window across the stroke, so lines thinner than a pixel grow faint instead of
    vanishing; within one stroke the largest share counts, so joints and loops are not seen.
    Raises ValueError when the shapes disagree, a stroke has no vertex, or a value is not finite.
    """
    count = strokes.points.shape[0]
    shapes = (strokes.points.shape, strokes.widths.shape, strokes.colours.shape)
    if shapes != ((count, 2), (count,), (count, 4)):
        raise ValueError(f"{count} vertices need as many widths and colours, got shapes {shapes}")
    starts = strokes.starts
    if starts.size < 1 or starts[0] != 0 or starts[-1] != count or (np.diff(starts) < 1).any():
        raise ValueError(f"starts must rise from 0 to {count} vertices, got {starts}")
    if canvas.ndim != 3 or canvas.shape[2] != 4:
        raise ValueError(f"canvas must be (H, W, 4), got {canvas.shape}")
    if not (np.isfinite(strokes.points).all() and np.isfinite(strokes.widths).all()):
        raise ValueError("points and widths must be finite")
    _paint(strokes.points, strokes.widths, strokes.colours, starts, canvas)


@numba.njit(nogil=True, cache=True)
def _paint(points: Floats, widths: Floats, colours: Floats, starts: Starts, canvas: Floats) -> None:
    height, width = canvas.shape[:2]
    share = np.zeros((height, width), np.float32)
    place = np.empty((height, width), np.float32)
    touched = np.empty(height * width, np.int64)
    for stroke in range(starts.size - 1):
        first, last, count = starts[stroke], starts[stroke + 1] - 1, 0
        for vertex in range(first, max(last, first + 1)):
            count = _cover(points, widths, first, vertex, last, share, place, touched, count)
        for n in range(count):
            row, column = touched[n] // width, touched[n] % width
            _lay(colours, first, last, place[row, column], share[row, column], canvas[row, column])
            share[row, column] = 0


@numba.njit(nogil=True, cache=True)
def _lay(
    colours: Floats, first: int, last: int, place: np.float32, share: np.float32, pixel: Floats
) -> None:
    near = first + int(place)
    far, mix = min(near + 1, last), place - np.float32(int(place))
    alpha = share * (colours[near, 3] + mix * (colours[far, 3] - colours[near, 3]))
    through = np.float32(1) - alpha
    for channel in range(3):
        colour = colours[near, channel] + mix * (colours[far, channel] - colours[near, channel])
        pixel[channel] = alpha * colour + through * pixel[channel]
    pixel[3] = alpha + through * pixel[3]


@numba.njit(nogil=True, cache=True)
def _cover(
    points: Floats,
    widths: Floats,
    first: int,
    vertex: int,
    last: int,
    share: Floats,
    place: Floats,
    touched: Starts,
    count: int,
) -> int:
    """Raise `share` to what one segment covers, list pixels not touched before; their number."""
    half, one = np.float32(0.5), np.float32(1)
    after = min(vertex + 1, last)
    x, y = points[vertex, 0], points[vertex, 1]
    dx, dy = points[after, 0] - x, points[after, 1] - y
    thick, more = half * widths[vertex], half * (widths[after] - widths[vertex])
    scale = one / max(dx * dx + dy * dy, np.float32(1e-12))
    reach = max(thick, thick + more) + half
    height, width = share.shape
    top, bottom = _span(min(y, y + dy) - reach, max(y, y + dy) + reach, height)
    for row in range(top, bottom):
        up = np.float32(row) + half - y
        start, end = _within(up - reach, up + reach, dy)
        left, right = _span(
            x + min(start * dx, end * dx) - reach, x + max(start * dx, end * dx) + reach, width
        )
        for column in range(left, right):
            across = np.float32(column) + half - x
            along = min(max((across * dx + up * dy) * scale, np.float32(0)), one)
            off_x, off_y = across - along * dx, up - along * dy
            off, side = np.sqrt(off_x * off_x + off_y * off_y), thick + along * more
            found = min(side, half + off) + min(side, half - off)
            if found > share[row, column]:
                if share[row, column] == 0:
                    touched[count] = row * width + column
                    count += 1
                share[row, column] = found
                place[row, column] = np.float32(vertex - first) + along
    return count


@numba.njit(nogil=True, cache=True, inline="always")
def _span(low: np.float32, high: np.float32, size: int) -> tuple[int, int]:
    end = np.float32(size)
    return (
        int(np.floor(min(max(low, np.float32(0)), end))),
        int(np.ceil(min(max(high, np.float32(0)), end))),
    )


@numba.njit(nogil=True, cache=True, inline="always")
def _within(low: np.float32, high: np.float32, slope: np.float32) -> tuple[np.float32, np.float32]:
    """The part of a segment, from 0 to 1, that rises `slope`, between two heights."""
    zero, one = np.float32(0), np.float32(1)
    if abs(slope) < np.float32(1e-6):
        return zero, one
    start, end = low / slope, high / slope
    if start > end:
        start, end = end, start
    return min(max(start, zero), one), min(max(end, zero), one)
