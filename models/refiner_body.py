"""Runs a stack of convolutions on maps, where it is wanted alone."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kernels.convolve import Weights, chunks_of, convolve, new_map, pack, read_off
from kernels.types import Floats, Numbers, Places, Wanted
from kernels.wanted import (
    BEYOND,
    Transformed,
    blocks_of,
    clear_rest,
    convolve_wanted,
    room_for,
    seen_by,
    transform,
)
from models.packed import lined, whole
from models.parts import numbers

Blocks = Sequence[tuple[Any, int]]
"""Layers, and the dilation of each."""


class _Maps(NamedTuple):
    """Working memory: what is read, two for what is within, and what is found."""

    given: Numbers
    one: Numbers
    other: Numbers
    found: Floats


def transformed(layer: Any, inputs: int, dilation: int = 1) -> Transformed:
    """The weights of `layer`, of 3x3 taps, as kernels.wanted reads them.

    inputs: channels of the map that it reads.
    """
    return transform(*numbers(layer), dilation, inputs)


def packed(layer: Any, half: bool, inputs: int = 0, dilation: int = 1) -> Weights:
    """The weights of `layer`, which has a bias, as kernels.convolve reads them.

    half: in bfloat16; inputs: channels of the map, if more than those of `layer`.
    """
    return pack(*numbers(layer), dilation, half, inputs)


class SparseBody:
    """A Body (models.refiner_net), run by kernels.

    Keeps its working memory, so it serves one thread at a time.
    """

    def __init__(self, body: Any, dilations: Sequence[int], half: bool) -> None:
        """dilations: of its residual blocks; half: compute in bfloat16."""
        outputs, inputs = np.shape(body.stem.weight)[:2]
        self._half, width = half, whole(outputs)
        self._inputs = inputs if half else whole(inputs)
        # Without any there is nothing by that name among weights alone.
        blocks = list(zip(body.blocks, dilations, strict=True)) if dilations else []
        self._stack = (
            Chunks(body.stem, blocks) if half else Squares(body.stem, blocks, self._inputs)
        )
        self._last = packed(body.last, half, width)
        self._width, self.margin = width, self._stack.margin
        self._size = 0, 0
        self._maps = self._new(0, 0)

    def given(self, rows: int, columns: int) -> Numbers:
        """The map, with `margin`, of which the next call computes: to be filled."""
        if self._size != (rows, columns):
            self._maps, self._size = self._new(rows, columns), (rows, columns)
        return self._maps.given

    @property
    def reach(self) -> int:
        """Pixels around what is wanted that count for it."""
        return self._stack.reach

    def reads(self, wanted: Wanted) -> Places:
        """Chunks (kernels.convolve.chunks_of) of `given` that must be filled."""
        return self._stack.reads(wanted)

    def __call__(self, wanted: Wanted) -> Floats:
        """(rows, columns, outputs) float32, 0 where it is not wanted; kept until the next call.

        Raises ValueError when `wanted` is not of the size that was given last.
        """
        self._maps.found[:] = 0
        return self.whole(wanted)[:, : wanted.shape[1], : self._last.outputs]

    def whole(self, wanted: Wanted) -> Floats:
        """The same in one piece of memory, with idle columns and outputs at the end.

        Where nothing near is wanted it is of no meaning.
        """
        if wanted.shape != self._size:
            raise ValueError(f"wanted is {wanted.shape}, the map that was given {self._size}")
        given, one, other, found = self._maps
        last = self._stack(wanted, given, one, other)
        read_off(last, self.margin, self._last, chunks_of(wanted), wanted, found)
        return found

    def _new(self, rows: int, columns: int) -> _Maps:
        given, one, other, found = (
            new_map(rows, columns, channels, margin, half)
            for channels, margin, half in (
                (self._inputs, self.margin, self._half),
                (self._width, self.margin, self._half),
                (self._width, self.margin, self._half),
                (self._last.bias.size, 0, False),
            )
        )
        return _Maps(given, one, other, found)


class Chunks:
    """The convolutions of a Body in bfloat16, chunk by chunk (kernels.convolve)."""

    def __init__(self, stem: Any, blocks: Blocks) -> None:
        width = whole(len(stem.weight))
        others = (packed(block, True, width, dilation) for block, dilation in blocks)
        self._layers = [packed(stem, True), *others]
        self.margin = max(each.dilation for each in self._layers)
        self.reach = sum(each.dilation for each in self._layers)

    def reads(self, wanted: Wanted) -> Places:
        """See SparseBody."""
        return chunks_of(wanted, self.reach)

    def __call__(self, wanted: Wanted, given: Numbers, one: Numbers, other: Numbers) -> Numbers:
        """The last map of those that each layer makes of the one before."""
        reach, source, out = self.reach, given, one
        for layer in self._layers:
            reach -= layer.dilation
            chunks = chunks_of(wanted, reach)
            convolve(source, self.margin, layer, chunks, wanted.shape[1], source is not given, out)
            source, out = out, other if out is one else one
        return source


class Squares:
    """The convolutions of a Body in single precision, in squares (kernels.wanted)."""

    def __init__(self, stem: Any, blocks: Blocks, inputs: int) -> None:
        """inputs: channels of the map that the stem reads."""
        width = whole(len(stem.weight))
        others = (transformed(block, width, dilation) for block, dilation in blocks)
        self._layers = [transformed(stem, inputs), *others]
        self.margin = BEYOND * max(each.dilation for each in self._layers)
        self.reach = sum(each.dilation for each in self._layers)
        self._scratch = lined(max(room_for(each) for each in self._layers))

    def reads(self, wanted: Wanted) -> Places:
        """See SparseBody."""
        stem = self._layers[0]
        blocks = blocks_of(wanted, self.reach - stem.dilation, stem.side)
        return chunks_of(seen_by(blocks, stem, *wanted.shape))

    def __call__(self, wanted: Wanted, given: Floats, one: Floats, other: Floats) -> Floats:
        """The last map of those that each layer makes of the one before."""
        source, out, lists = given, one, self._blocks(wanted)
        rows, columns = wanted.shape
        for number, (layer, blocks) in enumerate(zip(self._layers, lists, strict=True)):
            if number + 1 < len(lists):
                later, seen = self._layers[number + 1], lists[number + 1]
                clear_rest(blocks, layer.side, later, seen, rows, columns, self.margin, out)
            convolve_wanted(
                source, self.margin, layer, blocks, rows, columns, source is not given, out,
                self._scratch,
            )  # fmt: skip
            source, out = out, other if out is one else one
        return source

    def _blocks(self, wanted: Wanted) -> list[Places]:
        """Those that each layer computes."""
        reach, lists = self.reach, []
        for layer in self._layers:
            reach -= layer.dilation
            lists.append(blocks_of(wanted, reach, layer.side))
        return lists
