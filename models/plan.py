"""What kernels.steps is told of a net: its weights, and its steps on pictures of one size."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels import steps
from kernels.registers import LANES
from kernels.squares import room, squared_taps
from kernels.steps import LENGTH, MAPS
from kernels.sums import OUT
from kernels.threads import available
from kernels.types import Floats, Indices

Limits = tuple[float, float]
LINEAR: Limits = (-math.inf, math.inf)
RELU: Limits = (0.0, math.inf)
RELU6: Limits = (0.0, 6.0)
RGB = 3
"""Channels of a picture, the only ones that are no multiple of LANES."""


class Sums(NamedTuple):
    """A convolution: what kernels.layers.convolve_map takes, and its outputs."""

    weights: int
    bias: int
    down: int
    across: int
    inputs: int
    dilation: int
    stride: int
    begin: int
    limits: Limits
    read: int
    outputs: int


class Squared(NamedTuple):
    """A convolution of 3x3 taps, in squares."""

    weights: int
    bias: int
    limits: Limits
    inputs: int
    outputs: int


class Filters(NamedTuple):
    """A convolution of each channel by itself."""

    weights: int
    bias: int
    sides: int
    stride: int
    begin: int
    limits: Limits
    channels: int


class Matrix(NamedTuple):
    """A linear function of means."""

    weights: int
    bias: int
    outputs: int


def whole(channels: int) -> int:
    """The multiple of LANES that holds so many."""
    return -(-channels // LANES) * LANES


class Weights:
    """Those of a net, in one memory."""

    def __init__(self) -> None:
        self._parts: list[Floats] = []
        self._count = 0

    def numbers(self) -> Floats:
        """All, flat."""
        return joined(self._parts)

    def sums(
        self, weight: Floats, bias: Floats, limits: Limits, stride: int = 1, dilation: int = 1,
        begin: int | None = None,
    ) -> Sums:  # fmt: skip
        """Of (outputs, inputs, sides, sides) and (outputs,).

        begin: by default such that the taps lie evenly around a pixel.
        """
        outputs, inputs, sides, _ = weight.shape
        read = inputs if inputs == RGB else whole(inputs)
        # Taps of a row are read as one, where they lie side by side.
        side = sides > 1 and dilation == 1
        read = read if side else inputs
        wide = _padded(weight, whole(outputs), read)
        split = wide.reshape(-1, LANES, read, sides, sides).transpose(0, 3, 4, 2, 1)
        return Sums(
            self._kept(split), self._kept(_padded(bias, whole(outputs))), sides,
            1 if side else sides, sides * read if side else read, dilation, stride,
            -(sides // 2) * dilation if begin is None else begin, limits, inputs, outputs,
        )  # fmt: skip

    def squared(self, weight: Floats, bias: Floats, limits: Limits) -> Squared:
        """Of (outputs, inputs, 3, 3) and (outputs,)."""
        outputs, inputs = weight.shape[:2]
        taps = squared_taps(_padded(weight, whole(outputs), whole(inputs)))
        split = taps.reshape(*taps.shape[:2], -1, LANES).transpose(2, 0, 1, 3)
        told = self._kept(_padded(bias, whole(outputs)))
        return Squared(self._kept(split), told, limits, inputs, outputs)

    def filters(
        self, weight: Floats, bias: Floats, limits: Limits, stride: int, begin: int
    ) -> Filters:
        """Of (channels, 1, sides, sides) and (channels,)."""
        count, _, sides, _ = weight.shape
        wide = _padded(weight[:, 0].transpose(1, 2, 0), sides, sides, whole(count))
        told = self._kept(_padded(bias, whole(count)))
        return Filters(self._kept(wide), told, sides, stride, begin, limits, count)

    def matrix(self, weight: Floats, bias: Floats, outputs: int, inputs: int) -> Matrix:
        """Of (rows, columns) and (rows,), with zeros up to `outputs` and `inputs`."""
        told = self._kept(_padded(bias, outputs))
        return Matrix(self._kept(_padded(weight, outputs, inputs)), told, outputs)

    def _kept(self, numbers: Floats) -> int:
        """Where it begins."""
        self._parts.append(np.ascontiguousarray(numbers, np.float32).reshape(-1))
        at, self._count = self._count, self._count + whole(numbers.size)
        return at


def joined(parts: Sequence[Floats]) -> Floats:
    """Each begins at a multiple of LANES numbers, where lines of caches do."""
    starts = np.cumsum([0, *(whole(part.size) for part in parts)])
    found = lined(int(starts[-1]))
    for start, part in zip(starts, parts, strict=False):
        found[start : start + part.size] = part
    return found


def lined(count: int) -> Floats:
    """So many zeros, which begin where a line of caches does."""
    numbers = np.zeros(count + LANES, np.float32)
    return numbers[-numbers.ctypes.data // numbers.itemsize % LANES :][:count]


def _padded(array: Floats, *shape: int) -> Floats:
    """With zeros behind."""
    wider = [size - given for size, given in zip(shape, array.shape, strict=False)]
    return np.pad(array, [(0, more) for more in wider] + [(0, 0)] * (array.ndim - len(wider)))


class Map(NamedTuple):
    """Of a plan: which, and the sizes that tell of it (see kernels.layers)."""

    number: int
    wide: int
    channels: int
    rows: int
    columns: int
    margin: int


class _Step(NamedTuple):
    kind: int
    maps: tuple[Map, ...]
    beside: Map | None
    rest: tuple[int, ...]
    limits: Limits


class Plan:
    """Steps of a net in order, and the maps that they read and write."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._maps: list[tuple[Map, int]] = []
        self._kept: set[int] = set()
        self._room = 0

    def new(self, rows: int, columns: int, channels: int, margin: int = 0) -> Map:
        """A map with `margin` pixels of zeros around it; for `squared`, around whole squares.

        Those behind a row are those before the next.
        """
        tall, wide = ((-(-size // OUT) * OUT if margin else size) + margin for size in (rows, columns))
        channels = channels if channels == RGB else whole(channels)
        found = Map(len(self._maps), wide, channels, rows, columns, margin)
        self._maps.append((found, ((tall + margin) * wide + margin) * channels))
        return found

    def keep(self, *maps: Map) -> None:
        """Nothing else may use their memory: they are filled before, or read after the steps."""
        self._kept.update(each.number for each in maps)

    def sums(self, source: Map, layer: Sums, out: Map, beside: Map | None = None) -> Map:
        """Convolve; `beside` is added before the result is limited. Gives `out`."""
        _check(source, layer, layer.down, layer.dilation, out)
        fit = layer.read <= source.channels and whole(layer.outputs) == out.channels
        self._add(steps.CONVOLVE, (source, out), layer[:8], layer.limits, fit, beside)
        return out

    def squared(self, source: Map, layer: Squared, out: Map, beside: Map | None = None) -> Map:
        """Convolve in squares, likewise."""
        fit = source[3:5] == out[3:5] and source.margin >= 1
        fit = fit and (whole(layer.inputs), whole(layer.outputs)) == (source.channels, out.channels)
        self._room = max(self._room, room(source.channels))
        self._add(steps.SQUARES, (source, out), layer[:2], layer.limits, fit, beside)
        return out

    def filters(self, source: Map, layer: Filters, out: Map) -> Map:
        """Convolve each channel by itself."""
        _check(source, layer, layer.sides, 1, out)
        fit = {source.channels, out.channels} == {whole(layer.channels)}
        self._add(steps.FILTER, (source, out), layer[:5], layer.limits, fit)
        return out

    def swish(self, maps: Map) -> None:
        """See kernels.told.swish_map."""
        self._add(steps.SWISH, (maps,))

    def gate(self, maps: Map, squeeze: Matrix, excite: Matrix) -> None:
        """Weigh channels by what their means tell."""
        rest = *squeeze, excite.weights, excite.bias
        self._add(steps.GATE, (maps,), rest, fits=excite.outputs == maps.channels)

    def everywhere(self, maps: Map, layer: Matrix) -> None:
        """Add a linear function of the means to each pixel."""
        self._add(steps.EVERYWHERE, (maps,), layer[:2], fits=layer.outputs == maps.channels)

    def lift(self, deep: Map, shallow: Map, out: Map, low: float) -> Map:
        """`deep` twice as large and `shallow`, at least `low`. Gives `out`."""
        fit = 2 * deep.rows >= out.rows and 2 * deep.columns >= out.columns
        fit = fit and shallow[2:5] == out[2:5] and deep.channels == out.channels
        self._add(steps.LIFT, (deep, shallow, out), limits=(low, math.inf), fits=fit)
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
        self._add(steps.JOIN, (maps, state, both), fits=state[3:5] == maps[3:5])
        self.squared(both, gates, told)
        self._add(steps.FORGET, (told, state, both))
        self.squared(both, candidate, fresh)
        self._add(steps.RENEW, (told, fresh, state, maps))

    def program(self, weights: Floats) -> "Program":
        """What runs them; `weights`: all that their layers were packed into."""
        places, count, fresh = self._places()
        table, limits = [], []
        for number, step in enumerate(self._steps):
            for each in (new for new in fresh.get(number, []) if new.margin):
                table.append([steps.BLANK, *_told(each, places)])
                limits.append(LINEAR)
            told = [value for each in step.maps for value in _told(each, places)]
            told += [0] * (steps.MAPS * 4 - len(told))
            beside = step.beside
            over = 0 if beside is None else places[beside.number] - places[step.maps[1].number]
            more = [over] if step.kind in (steps.CONVOLVE, steps.SQUARES) else []
            table.append([step.kind, *told, *more, *step.rest])
            limits.append(step.limits)
        rows = np.zeros((len(table), LENGTH), np.int64)
        for row, values in zip(rows, table, strict=True):
            row[: len(values)] = values
        bounds = np.array(limits, np.float32).reshape(-1, 2)
        return Program(rows, bounds, weights, lined(count), self._room, places)

    def _places(self) -> tuple[dict[int, int], int, dict[int, list[Map]]]:
        """Where each map's memory begins, how much there is, and which maps each step begins.

        What none needs any longer is used again: what was written last is nearest.
        """
        last = {
            each.number: number
            for number, step in enumerate(self._steps)
            for each in (*step.maps, *([step.beside] if step.beside else []))
        }
        places: dict[int, int] = {}
        count = 0
        for each, size in self._maps:
            if each.number in self._kept:
                places[each.number], count = count, count + whole(size)
        heap, fresh = _Heap(count), {}
        for number, step in enumerate(self._steps):
            for each in step.maps:
                if each.number not in places:
                    places[each.number] = heap.take(whole(self._maps[each.number][1]))
                    fresh.setdefault(number, []).append(each)
            used = {each.number for each in (*step.maps, *([step.beside] if step.beside else []))}
            for each in used - self._kept:
                if last[each] == number:
                    heap.give(places[each], whole(self._maps[each][1]))
        return places, heap.end, fresh

    def _add(
        self, kind: int, maps: tuple[Map, ...], rest: Sequence[int] = (), limits: Limits = LINEAR,
        fits: bool = True, beside: Map | None = None,
    ) -> None:  # fmt: skip
        """Raises ValueError when maps and layer do not fit one another."""
        if not fits or (beside is not None and beside[1:] != maps[1][1:]):
            told = ", ".join(map(str, (*maps, beside)))
            raise ValueError(f"step {len(self._steps)} does not fit {told}")
        self._steps.append(_Step(kind, maps, beside, tuple(rest), limits))


def _told(maps: Map, places: dict[int, int]) -> list[int]:
    """What kernels.layers is told of a map."""
    first = places[maps.number] + (maps.margin * maps.wide + maps.margin) * maps.channels
    return [first, *maps[1:]]


class _Heap:
    """Memory of which parts are taken and given back."""

    def __init__(self, first: int) -> None:
        self.end = first
        self._free: list[tuple[int, int]] = []

    def take(self, size: int) -> int:
        """Where so many numbers are free: the smallest part that has them, or a new one."""
        fit = min((part for part in self._free if part[1] >= size), key=lambda part: part[1], default=None)
        if fit is None:
            at, self.end = self.end, self.end + size
            return at
        self._free.remove(fit)
        if fit[1] > size:
            self._free.append((fit[0] + size, fit[1] - size))
        return fit[0]

    def give(self, at: int, size: int) -> None:
        """Join it with what is free beside it."""
        parts = sorted([*self._free, (at, size)])
        self._free = parts[:1]
        for first, more in parts[1:]:
            before, length = self._free[-1]
            if before + length == first:
                self._free[-1] = before, length + more
            else:
                self._free.append((first, more))


class Program:
    """Steps, and the memory that they work in. Serves one thread at a time."""

    def __init__(
        self, table: Indices, limits: Floats, weights: Floats, memory: Floats, pace: int,
        places: dict[int, int],
    ) -> None:  # fmt: skip
        """pace: numbers that each thread works on besides."""
        self._table, self._limits, self._weights = table, limits, weights
        self.memory, self._pace = memory, whole(pace)
        self._places = places
        self._scratch = lined(available() * self._pace)

    def run(self) -> None:
        """Run all steps."""
        steps.run_steps(
            self._table, self._limits, self._weights, self.memory, self._scratch, self._pace
        )

    def told(self, maps: Map) -> Indices:
        """What kernels.layers is told of a map of the plan, which was kept."""
        return np.array(_told(maps, self._places))

    def inside(self, maps: Map) -> Floats:
        """(rows, columns, channels), a view of one that was kept."""
        first = _told(maps, self._places)[0] - maps.margin * maps.channels
        flat = self.memory[first : first + maps.rows * maps.wide * maps.channels]
        rows = flat.reshape(maps.rows, maps.wide, maps.channels)
        return rows[:, maps.margin : maps.margin + maps.columns]


def _check(source: Map, layer: Sums | Filters, sides: int, dilation: int, out: Map) -> None:
    """ValueError where a pixel of `out` would read beyond what `source` has around it."""
    for size, wanted in zip(source[3:5], out[3:5], strict=True):
        first = (wanted - 1) * layer.stride
        last = first + layer.begin + (sides - 1) * dilation
        if layer.begin < -source.margin or last >= size + source.margin or first >= size:
            raise ValueError(f"{source} does not give {out}")
