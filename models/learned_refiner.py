"""Refines with small nets: on cells around the boundary band, on pixels in its tiles alone."""

from typing import Any

import numpy as np

from kernels.band import TILE, classify, settled, tiles_of
from kernels.bound import bound_alpha
from kernels.coarse import cleaned, renewed, softened
from kernels.hedge import hedge_alpha
from kernels.recolour import recolour
from kernels.refine import upsample_band
from kernels.registers import multiplies_halves
from kernels.relax import relax_alpha, relax_share
from kernels.scatter import scatter_alpha
from kernels.spread import spread
from kernels.types import Alpha, Places
from kernels.unmix import unmix_cells
from models.parts import Part
from models.picture import Picture
from models.refined import Refined, cell_size
from models.refiner_inputs import gather_inputs
from models.refiner_pixels import TERMS, Found, PixelNets
from models.refiner_shape import SHAPES, Shape
from models.refiner_view import View, Viewer
from models.weights import load_weights

_FINEST = 4
"""Luma pixels a cell, in pictures that are not large."""


class LearnedRefiner:
    """Refines any subject's coarse alpha with learned weights.

    Where the coarse alpha is nowhere sure of one side, it is enlarged and left at that; where the
    nets change it little, pixels that they doubt more go back towards it (see kernels.hedge); where
    they change it more, colours nearby have a say (see kernels.relax). An object serves one thread
    at a time: it keeps its working memory.
    """

    def __init__(
        self,
        net: Any,
        shape: Shape,
        *,
        budget: float | None = None,
        half: bool | None = None,
        keep_error: bool = False,
        thorough: bool = False,
    ) -> None:
        """Run a copy of `net`, of `shape`, on cells of 4 pixels, doubled in large pictures.

        net: a models.refiner_net.RefinerNet, or its weights alone (models.parts).
        budget: tiles a picture at most, those where the coarse alpha is expected to be most wrong,
        or a share of them below 1; None for all; may be changed. half: compute in bfloat16; None
        where the processor multiplies it fast. keep_error: also give the expected error of each
        pixel. thorough: let colours nearby have a say even where they are coarser than lightness,
        which takes half as long again and shows less.
        """
        self.budget, self._keep_error, self._thorough = budget, keep_error, thorough
        half = multiplies_halves() if half is None else half
        self._view, self._pixels = Viewer(net, shape, half), PixelNets(net, shape, half)

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse`. Raises ValueError when it is not 2-D or is empty."""
        height, width = picture.height, picture.width
        step = cell_size(_FINEST, height, width)
        coarse = softened(cleaned(coarse), height, width)
        kinds = looked = classify(coarse, height, width)
        # A soft alpha as fine as the picture knows more than any refiner.
        trust = min(max(height / coarse.shape[0] - 1, 0), 1)
        inputs = gather_inputs(picture, coarse, kinds, step)
        view = self._view(picture.layout, inputs, kinds) if trust > 0 else None
        if view is not None and trust == 1:
            kinds = settled(looked, view.alpha, step, inputs.top, inputs.left)
        alpha = upsample_band(coarse, kinds, height, width)
        # Where the net does not look, the coarse alpha is taken for as wrong as it is soft.
        error = np.minimum(alpha, 1 - alpha) if self._keep_error else None
        if view is not None:
            tiles = self._ranked(tiles_of(kinds), view)
            found = self._pixels(picture, inputs.small, view.near, tiles, alpha)
            scatter_alpha(*found, tiles, looked, kinds, TERMS, trust, alpha, error)
            bound_alpha(alpha, coarse, tiles)
            self._weigh(picture, view, tiles, found, trust, alpha, error)
        mixed = renewed(inputs.prior, alpha, kinds, step)
        colours = spread(inputs.means, mixed, step, 1)
        if view is not None:
            recolour(colours, view.near, kinds, picture.layout)
        unmix_cells(colours, inputs.means, mixed, kinds, picture.layout.peak)
        return Refined(alpha, kinds, colours, error)

    def _weigh(
        self, picture: Picture, view: View, tiles: Places, found: Found, trust: float,
        alpha: Alpha, error: Alpha | None,
    ) -> None:  # fmt: skip
        """Weigh what was found against the coarse alpha, then against colours nearby."""
        near, layout = view.near, picture.layout
        # By now the levels are the alpha that there would be without the nets on pixels.
        restless = hedge_alpha(
            alpha, found.levels, found.found, tiles, view.error, near.step, near.top, near.left,
            error,
        )  # fmt: skip
        if layout.is_subsampled and not self._thorough:
            return
        share = trust * relax_share(layout, restless)
        # Of no tiles at all it is still run: what is compiled late holds up live pictures.
        some = tiles if share > 0 else tiles[:0]
        # To bound alpha once more was measured to be no better anywhere.
        relax_alpha(alpha, picture.planes, layout, found.found, some, share, error)

    def _ranked(self, tiles: Places, view: View) -> Places:
        """The tiles with the largest expected error, in reading order."""
        most = len(tiles) if self.budget is None else self.budget
        most = int(np.ceil(most * len(tiles)) if most < 1 else most)
        if len(tiles) <= most:
            return tiles
        near = view.near
        expected = np.exp(np.clip(view.error, -6, 1))
        side = np.arange(max(TILE // near.step, 1))
        rows, columns = (
            ((tiles[:, axis : axis + 1] * TILE - start) // near.step + side).clip(0, size - 1)
            for axis, (start, size) in enumerate(
                zip((near.top, near.left), expected.shape, strict=True)
            )
        )
        sums = expected[rows[:, :, None], columns[:, None, :]].sum(axis=(1, 2))
        return tiles[np.sort(np.argsort(-sums, kind="stable")[:most])]


def open_learned(quality: str, **options: Any) -> LearnedRefiner:
    """A refiner with the committed weights of `quality`, one of models.refined.LEARNED.

    options: of LearnedRefiner; "best" is thorough where they do not say. Raises KeyError on
    another quality, WeightsError when the file is missing or damaged.
    """
    name = f"refiner_{quality}"
    net, shape = Part(load_weights(name)), SHAPES[name]
    return LearnedRefiner(net, shape, **({"thorough": quality == "best"} | options))
