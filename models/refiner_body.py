"""Runs a stack of convolutions on maps, where it is wanted alone."""

from typing import NamedTuple

from torch import nn

from kernels.convolve import Weights, chunks_of, convolve, new_map, pack, read_off
from kernels.types import Floats, Numbers, Wanted
from models.refiner_net import Body


class _Maps(NamedTuple):
    """Working memory: what is read, two for what is within, and what is found."""

    given: Numbers
    one: Numbers
    other: Numbers
    found: Floats


def packed(layer: nn.Conv2d, half: bool, inputs: int = 0) -> Weights:
    """The weights of `layer`, which has a bias, as kernels.convolve reads them.

    half: in bfloat16; inputs: channels of the map, if more than those of `layer`.
    """
    told = layer.state_dict()
    weight, bias = (told[name].float().numpy() for name in ("weight", "bias"))
    return pack(weight, bias, layer.dilation[0], half, inputs)


class SparseBody:
    """A Body, run by kernels. Keeps its working memory, so it serves one thread at a time."""

    def __init__(self, body: Body, half: bool) -> None:
        """half: compute in bfloat16."""
        self._stem = packed(body.stem, half)
        width = self._stem.bias.size
        self._last = packed(body.last, half, width)
        self._blocks = [
            packed(block, half, width) for block in body.blocks if isinstance(block, nn.Conv2d)
        ]
        self.margin = max([1, *(block.dilation for block in self._blocks)])
        self._half, self._size = half, (0, 0)
        self._maps = self._new(0, 0)

    def given(self, rows: int, columns: int) -> Numbers:
        """The map, with `margin`, of which the next call computes: to be filled."""
        if self._size != (rows, columns):
            self._maps, self._size = self._new(rows, columns), (rows, columns)
        return self._maps.given

    @property
    def reach(self) -> int:
        """Pixels around what is wanted that are read."""
        return 1 + sum(block.dilation for block in self._blocks)

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
        (given, one, other, found), columns = self._maps, wanted.shape[1]
        reach = self.reach - 1
        chunks = chunks_of(wanted, reach)
        convolve(given, self.margin, self._stem, chunks, columns, False, one)
        for block in self._blocks:
            reach -= block.dilation
            chunks = chunks_of(wanted, reach)
            convolve(one, self.margin, block, chunks, columns, True, other)
            one, other = other, one
        read_off(one, self.margin, self._last, chunks, wanted, found)
        return found

    def _new(self, rows: int, columns: int) -> _Maps:
        width = self._stem.bias.size
        given, one, other, found = (
            new_map(rows, columns, channels, margin, half)
            for channels, margin, half in (
                (self._stem.inputs, self.margin, self._half),
                (width, self.margin, self._half),
                (width, self.margin, self._half),
                (self._last.bias.size, 0, False),
            )
        )
        return _Maps(given, one, other, found)
