"""The steps of a net on pictures of one size, and where its maps lie in memory."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels import steps
from kernels.layers import chunk_parts
from kernels.squares import room, square_parts
from kernels.transforms import OUT
from kernels.types import Floats
from models.heap import Heap
from models.maps import Map, told
from models.packed import LINEAR, RGB, Filters, Limits, Matrix, Squared, Sums, lined, whole
from models.program import Program

_ROWS = 8
"""Parts at most that what is done row by row is done in: more than there are threads, mostly."""


class _Step(NamedTuple):
    kind: int
    parts: int
    maps: tuple[Map, ...]
    beside: Map | None
    rest: tuple[int, ...]
    limits: Limits

    @property
    def read_or_written(self) -> tuple[Map, ...]:
        return self.maps if self.beside is None else (*self.maps, self.beside)


class Plan:
    """Steps of a net in order, and the maps that they read and write."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._maps: list[tuple[Map, int]] = []
        self._kept: set[int] = set()
        self._room = 0
        self._shown, self._spread = (0, 0), (0, 0)

    def new(self, rows: int, columns: int, channels: int, margin: int = 0) -> Map:
        """A map with `margin` pixels of zeros around it; for `squared`, around whole squares.

        Those behind a row are those before the next.
        """
        tall, wide = (
            (-(-size // OUT) * OUT if margin else size) + margin for size in (rows, columns)
        )
        channels = channels if channels == RGB else whole(channels)
        found = Map(len(self._maps), wide, channels, rows, columns, margin)
        self._maps.append((found, ((tall + margin) * wide + margin) * channels))
        return found

    def keep(self, *maps: Map) -> None:
        """Nothing else may use their memory: they are filled before, or read after the steps."""
        self._kept.update(each.number for each in maps)

    def show(self, picture: Map, squares: Map, half: Map) -> None:
        """See kernels.told.show_picture."""
        fit = picture[3:5] == (2 * squares.rows, 2 * squares.columns)
        fit = fit and half.rows >= squares.rows and half.columns >= squares.columns
        self._add(steps.SHOW, _rows(squares), (picture, squares, half), fits=fit)
        self._shown = picture.rows, picture.columns

    def tell(self, logits: Map) -> None:
        """See kernels.told.spread_alpha."""
        self._add(steps.TELL, _rows(logits), (logits,))
        self._spread = 2 * logits.rows, 2 * logits.columns

    def sums(self, source: Map, layer: Sums, out: Map, beside: Map | None = None) -> Map:
        """Convolve; `beside` is added before the result is limited. Gives `out`."""
        _check(source, layer, layer.down, layer.dilation, out)
        read = layer.read if layer.read == RGB else whole(layer.read)
        fit = (read, whole(layer.outputs)) == (source.channels, out.channels)
        parts = chunk_parts(out.rows * out.columns)
        self._add(steps.CONVOLVE, parts, (source, out), layer[:8], layer.limits, fit, beside)
        return out

    def squared(self, source: Map, layer: Squared, out: Map, beside: Map | None = None) -> Map:
        """Convolve in squares, likewise."""
        fit = source[3:5] == out[3:5] and source.margin >= 1
        fit = fit and (whole(layer.inputs), whole(layer.outputs)) == (source.channels, out.channels)
        self._room = max(self._room, room(source.channels))
        parts = square_parts(out.rows, out.columns, out.channels)
        self._add(steps.SQUARES, parts, (source, out), layer[:2], layer.limits, fit, beside)
        return out

    def filters(self, source: Map, layer: Filters, out: Map) -> Map:
        """Convolve each channel by itself."""
        _check(source, layer, layer.sides, 1, out)
        fit = {source.channels, out.channels} == {whole(layer.channels)}
        parts = chunk_parts(out.rows * out.columns)
        self._add(steps.FILTER, parts, (source, out), layer[:5], layer.limits, fit)
        return out

    def swish(self, maps: Map) -> None:
        """See kernels.told.swish_map."""
        self._add(steps.SWISH, _rows(maps), (maps,))

    def gate(self, maps: Map, squeeze: Matrix, excite: Matrix) -> None:
        """Weigh channels by what their own means tell."""
        self.weigh(maps, (maps,), squeeze, excite)

    def weigh(self, maps: Map, by: tuple[Map, ...], squeeze: Matrix, excite: Matrix) -> None:
        """Weigh channels by what the means of one map, or the sums of those of two, tell."""
        rest = *squeeze[:3], excite.weights, excite.bias
        fit = len(by) <= 2 and {squeeze.inputs} == {each.channels for each in by}
        fit = fit and (excite.inputs, excite.outputs) == (squeeze.outputs, maps.channels)
        self._add(steps.WEIGH, 1, (maps, *by), rest, fits=fit)

    def everywhere(self, maps: Map, layer: Matrix) -> None:
        """Add a linear function of the means to each pixel."""
        fit = layer.inputs == layer.outputs == maps.channels
        self._add(steps.EVERYWHERE, 1, (maps,), layer[:2], fits=fit)

    def lift(self, deep: Map, shallow: Map, out: Map, low: float) -> Map:
        """`deep` twice as large and `shallow`, at least `low`. Gives `out`."""
        fit = 2 * deep.rows >= out.rows and 2 * deep.columns >= out.columns
        fit = fit and shallow[2:5] == out[2:5] and deep.channels == out.channels
        maps, limits = (deep, shallow, out), (low, math.inf)
        self._add(steps.LIFT, _rows(out), maps, limits=limits, fits=fit)
        return out

    def remember(self, maps: Map, state: Map, gates: Squared, candidate: Squared) -> None:
        """Renew `state` by the last channels of `maps`, and put it there.

        After Ballas et al., "Delving Deeper into Convolutional Networks for Learning Video
        Representations" (ICLR 2016).
        """
        both, told, fresh = (
            self.new(maps.rows, maps.columns, times * state.channels, margin)
            for times, margin in ((2, 1), (2, 0), (1, 0))
        )
        parts, fit = _rows(maps), state[3:5] == maps[3:5]
        self._add(steps.JOIN, parts, (maps, state, both), fits=fit)
        self.squared(both, gates, told)
        self._add(steps.FORGET, parts, (told, state, both))
        self.squared(both, candidate, fresh)
        self._add(steps.RENEW, parts, (told, fresh, state, maps))

    def program(self, weights: Floats) -> "Program":
        """What runs them; `weights`: all that their layers were packed into."""
        places, count, fresh = self._places()
        table, limits = [], []
        for number, step in enumerate(self._steps):
            numbers = [value for each in step.maps for value in told(each, places[each.number])]
            numbers += [0] * (steps.MAPS * 4 - len(numbers))
            beside = step.beside
            over = 0 if beside is None else places[beside.number] - places[step.maps[1].number]
            more = [over] if step.kind in (steps.CONVOLVE, steps.SQUARES) else []
            begun = fresh.get(number, 0)
            table.append([step.kind, step.parts, begun, *numbers, *more, *step.rest])
            limits.append(step.limits)
        rows = np.zeros((len(table), steps.LENGTH), np.int64)
        for row, values in zip(rows, table, strict=True):
            row[: len(values)] = values
        bounds = np.array(limits, np.float32).reshape(-1, 2)
        return Program(
            rows, bounds, weights, lined(count), self._room, places, self._shown, self._spread
        )

    def _places(self) -> tuple[dict[int, int], int, dict[int, int]]:
        """Where each map's memory begins, how much there is, and which of its maps a step begins.

        From 1 on; of those with something around them, at most the one that it writes.

        What none needs any longer is used again: what was written last is nearest.
        """
        used = [{each.number for each in step.read_or_written} for step in self._steps]
        last = {each: number for number, maps in enumerate(used) for each in maps}
        places: dict[int, int] = {}
        count = 0
        for each, size in self._maps:
            if each.number in self._kept:
                places[each.number], count = count, count + whole(size)
        heap = Heap(count)
        fresh: dict[int, int] = {}
        for number, step in enumerate(self._steps):
            for position, each in enumerate(step.maps, 1):
                if each.number not in places:
                    places[each.number] = heap.take(whole(self._maps[each.number][1]))
                    if each.margin and fresh.setdefault(number, position) != position:
                        raise ValueError(f"step {number} begins more than one map")
            for each_used in used[number] - self._kept:
                if last[each_used] == number:
                    heap.give(places[each_used], whole(self._maps[each_used][1]))
        return places, heap.end, fresh

    def _add(
        self, kind: int, parts: int, maps: tuple[Map, ...], rest: Sequence[int] = (),
        limits: Limits = LINEAR, fits: bool = True, beside: Map | None = None,
    ) -> None:  # fmt: skip
        """Raises ValueError when maps and layer do not fit one another."""
        if not fits or (beside is not None and beside[1:] != maps[1][1:]):
            named = ", ".join(map(str, (*maps, beside)))
            raise ValueError(f"step {len(self._steps)} does not fit {named}")
        self._steps.append(_Step(kind, parts, maps, beside, tuple(rest), limits))


def _rows(maps: Map) -> int:
    """Parts of what is done row by row."""
    return min(maps.rows, _ROWS)


def _check(source: Map, layer: Sums | Filters, sides: int, dilation: int, out: Map) -> None:
    """ValueError where a pixel of `out` would read beyond what `source` has around it."""
    for size, wanted in zip(source[3:5], out[3:5], strict=True):
        first = (wanted - 1) * layer.stride
        last = first + layer.begin + (sides - 1) * dilation
        if layer.begin < -source.margin or last >= size + source.margin or first >= size:
            raise ValueError(f"{source} does not give {out}")
