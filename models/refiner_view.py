"""What the nets on cells make of a picture."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch

from kernels.context import join_near, moved_prior
from kernels.layout import Layout
from kernels.patches import NEAR, Near
from kernels.threads import used
from kernels.types import Alpha
from models.frozen import frozen
from models.refiner_inputs import Inputs, Level, doubted, tell
from models.refiner_net import EDGE, LOGIT_SCALE, Body, Context, Scout
from models.refiner_run import Channels, run_net

_FEW = 6_500_000
"""Cells, times a net's channels squared, that one thread sees through as soon as two that must meet
after each layer; and more steadily, where something else has the second one's core."""


class Net(NamedTuple):
    """A net on cells, and how many channels it has within."""

    graph: torch.jit.ScriptModule
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the nets on cells found.

    near: what is read between cells; error: (rows, columns) float32, log of the coarse alpha's
    expected error; alpha: (rows, columns) float32 in [0, 1].
    """

    near: Near
    error: Alpha
    alpha: Alpha


class Viewer:
    """Runs the scout and the context."""

    def __init__(self, scout: Scout, context: Context, looks: int, dtype: torch.dtype) -> None:
        """scout, context: of `dtype`, channels last; looks: times that the scout looks."""
        self._looks, self._dtype = looks, dtype
        self._scout, self._context = (self._graph(net) for net in (scout, context))

    def __call__(self, layout: Layout, inputs: Inputs) -> View | None:
        """What the nets find; None when one side's colours are nowhere sure."""
        noticed = self._scouted(layout, inputs.wide)
        if noticed is None:
            return None
        cells = inputs.cells
        rows, columns = cells.prior.shape
        size = 2 * noticed.shape[1], 2 * noticed.shape[0]
        noticed = np.asarray(cv2.resize(noticed, size, interpolation=cv2.INTER_LINEAR))
        noticed = noticed[:rows, :columns]
        change = np.ascontiguousarray(noticed[..., -1])
        tell(cells, layout, moved_prior(cells.prior, change, EDGE), change)
        told = np.concatenate([cells.channels, noticed[..., :-1]], axis=2)
        found = self._run(self._context, told)
        near = np.empty((rows, columns, NEAR), np.float32)
        join_near(cells.channels, change, found, LOGIT_SCALE, near)
        alpha = moved_prior(cells.prior, change + found[..., -2], EDGE)
        return View(Near(near, cells.step, inputs.top, inputs.left), found[..., -1], alpha)

    def _scouted(self, layout: Layout, wide: Level) -> Channels | None:
        """What the scout says at last: features, then the change of the logit."""
        noticed = np.zeros((*wide.prior.shape, 1), np.float32)
        prior = doubted(wide.prior)
        for _ in range(self._looks):
            change = np.ascontiguousarray(noticed[..., -1])
            colours = tell(wide, layout, prior, change)
            if not colours.both_known:
                colours = tell(wide, layout, wide.prior, change)
            if not colours.both_known:
                return None
            noticed = self._run(self._scout, wide.channels)
            prior = moved_prior(wide.prior, noticed[..., -1], EDGE)
        return noticed

    def _run(self, net: Net, channels: Channels) -> Channels:
        few = channels.shape[0] * channels.shape[1] * net.width**2 < _FEW and used() <= 2
        found = run_net(net.graph, channels[None], self._dtype, 1 if few else 0)
        return found.reshape(found.shape[1:])

    def _graph(self, net: Body) -> Net:
        example = torch.zeros(1, net.stem.in_channels, 32, 32, dtype=self._dtype)
        graph = frozen(net, example.contiguous(memory_format=torch.channels_last))
        return Net(graph, net.stem.out_channels)
