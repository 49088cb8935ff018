"""What the nets on pixels make of the tiles of the boundary band."""

from typing import Any, NamedTuple

import numpy as np

from kernels.band import TILE
from kernels.convolve import around
from kernels.near import FINE_INPUTS, Near, Terms, gather_trunk
from kernels.tiles import Spare, find_in_tiles
from kernels.types import Alpha, Floats, Places, Planes
from models.picture import Picture
from models.refiner_body import SparseBody, packed, transformed
from models.refiner_shape import EDGE, LOGIT_SCALE, Shape

TERMS = Terms(EDGE, LOGIT_SCALE)


class Found(NamedTuple):
    """What scatter_alpha wants of tiles: what was found, and the logits it is to be added to.

    It puts into the latter what hedge_alpha wants.
    """

    found: Floats
    levels: Floats


class PixelNets:
    """Runs the trunk and the last net. Keeps its working memory."""

    def __init__(self, net: Any, shape: Shape, half: bool) -> None:
        """net: see LearnedRefiner; half: compute in bfloat16."""
        self._trunk = SparseBody(net.trunk, shape.trunk_dilations, half)
        self._reach = shape.reach
        stem = net.fine.stem
        self._stem = packed(stem, half) if half else transformed(stem, FINE_INPUTS)
        self._last = packed(net.fine.last, half, self._stem.bias.size)

    def __call__(
        self, picture: Picture, small: Planes, near: Near, tiles: Places, alpha: Alpha
    ) -> Found:
        """What the nets find in `tiles`, (n, 2) int32 lattice rows and columns.

        small: the picture's planes shrunk to half a cell; alpha: (H, W), the enlarged coarse one.
        """
        spare = self._hand_down(picture, small, near, tiles, alpha)
        found = np.empty((len(tiles), TILE, TILE, 2), np.float32)
        levels = np.empty((len(tiles), TILE, TILE), np.float32)
        find_in_tiles(
            picture.planes, picture.layout, alpha, near, spare, tiles, TERMS,
            self._stem, self._last, found, levels,
        )  # fmt: skip
        return Found(found, levels)

    def _hand_down(
        self, picture: Picture, small: Planes, near: Near, tiles: Places, alpha: Alpha
    ) -> Spare:
        """What the trunk finds around `tiles`."""
        reach, part = self._reach, near.step // 2
        rows, columns = (2 * count + 2 * reach for count in near.cells.shape[:2])
        first = near.top - reach * part, near.left - reach * part
        # The last net looks a pixel beyond a tile, and so into the next half cell.
        wanted = around(tiles, part, 1, *first, rows, columns)
        given = self._trunk.given(rows, columns)
        gather_trunk(
            small, picture.layout, alpha, near, self._trunk.reads(wanted), reach,
            self._trunk.margin, TERMS, given,
        )  # fmt: skip
        return Spare(self._trunk.whole(wanted), reach)
