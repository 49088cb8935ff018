"""What the nets on cells make of a picture."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from kernels.band import RAMP, tiles_of
from kernels.context import CELL_INPUTS, join_near, moved_prior
from kernels.convolve import around, fill
from kernels.layout import Layout
from kernels.near import NEAR, Near
from kernels.types import Alpha, Floats, Kinds, Wanted
from models.refiner_body import SparseBody
from models.refiner_inputs import Inputs, Level, doubted, tell
from models.refiner_shape import EDGE, LOGIT_SCALE, Shape


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the nets on cells found.

    near: what is read between cells; error: (rows, columns) float32, log of the coarse alpha's
    expected error, kept until the next view; alpha: (rows, columns) float32 in [0, 1].
    """

    near: Near
    error: Alpha
    alpha: Alpha


class Viewer:
    """Runs the scout and the context."""

    def __init__(self, net: Any, shape: Shape, half: bool) -> None:
        """net: see LearnedRefiner; half: compute in bfloat16."""
        self._looks, self._reach = shape.looks, shape.reach
        self._scout = SparseBody(net.scout, shape.scout_dilations, half)
        self._context = SparseBody(net.context, shape.context_dilations, half)

    def __call__(self, layout: Layout, inputs: Inputs, kinds: Kinds) -> View | None:
        """What the nets find around BAND tiles of `kinds`; elsewhere nothing.

        None when one side's colours are nowhere sure.
        """
        tiles, first = tiles_of(kinds), (inputs.top, inputs.left)
        # As far as the trunk reads between cells, and tiles are settled by them.
        margin = max(-(-(self._reach + 1) // 2), -(-RAMP // inputs.cells.step) + 1)
        wanted = around(tiles, inputs.cells.step, margin, *first, *inputs.cells.prior.shape)
        # And as far as the context looks around these; one more, to read between wide cells.
        margin = -(-(margin + self._context.reach) // 2) + 1
        wide = around(tiles, inputs.wide.step, margin, *first, *inputs.wide.prior.shape)
        noticed = self._scouted(layout, inputs.wide, wide)
        if noticed is None:
            return None
        cells = inputs.cells
        rows, columns = cells.prior.shape
        size = 2 * noticed.shape[1], 2 * noticed.shape[0]
        noticed = np.asarray(cv2.resize(noticed, size, interpolation=cv2.INTER_LINEAR))
        noticed = noticed[:rows, :columns]
        change = np.ascontiguousarray(noticed[..., -1])
        tell(cells, layout, moved_prior(cells.prior, change, EDGE), change)
        given, room = self._context.given(rows, columns), self._context.margin
        fill(cells.channels, room, 0, given)
        fill(noticed[..., :-1], room, CELL_INPUTS, given)
        found = self._context(wanted)
        near = np.empty((rows, columns, NEAR), np.float32)
        join_near(cells.channels, change, found, LOGIT_SCALE, near)
        alpha = moved_prior(cells.prior, change + found[..., -2], EDGE)
        return View(Near(near, cells.step, inputs.top, inputs.left), found[..., -1], alpha)

    def _scouted(self, layout: Layout, wide: Level, wanted: Wanted) -> Floats | None:
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
            fill(wide.channels, self._scout.margin, 0, self._scout.given(*prior.shape))
            noticed = self._scout(wanted)
            prior = moved_prior(wide.prior, noticed[..., -1], EDGE)
        return noticed
