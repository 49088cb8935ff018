"""Refines with small nets: on cells over the band's surroundings, on pixels in the band alone."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from kernels.band import BAND, TILE, classify, settled, tiles_of, widened
from kernels.coarse import cleaned, renewed, softened
from kernels.context import join_near, moved_prior
from kernels.layout import Layout
from kernels.patches import (
    CORE,
    FINE_INPUTS,
    NEAR,
    SPARE,
    TRUNK_INPUTS,
    Near,
    Terms,
    gather_trunk,
    patch_kinds,
)
from kernels.refine import upsample_band
from kernels.scatter import scatter_alpha
from kernels.spread import spread
from kernels.threads import used
from kernels.tiles import SIDE, gather_fine
from kernels.types import Alpha, Kinds
from models.frozen import frozen
from models.picture import Picture
from models.refined import Refined, cell_size
from models.refiner_inputs import Inputs, doubted, gather_inputs, tell
from models.refiner_net import EDGE, LOGIT_SCALE, LOOKS, SHAPES, Body, RefinerNet
from models.torch_threads import torch_threads
from models.weights import load_weights

_TERMS = Terms(EDGE, LOGIT_SCALE)
_PATCHES, _TILES = 16, 256
"""Patches and tiles that the nets run on at once, at most."""
Channels = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the nets on cells found.

    near: what is read between cells; error: (rows, columns) log of the coarse alpha's expected
    error; alpha: (rows, columns) float32 in [0, 1].
    """

    near: Near
    error: Alpha
    alpha: Alpha


class LearnedRefiner:
    """Refines any subject's coarse alpha with learned weights.

    Where the coarse alpha is nowhere sure of one side, it is enlarged and left at that. An object
    belongs to one thread: it keeps its working memory.
    """

    def __init__(
        self,
        net: RefinerNet,
        finest: int = 4,
        looks: int = LOOKS,
        budget: int | None = None,
        half: bool | None = None,
        keep_error: bool = False,
    ) -> None:
        """Run a copy of `net` on cells of `finest` pixels (2, 4 or 8), doubled in large pictures.

        looks: times that the scout looks. budget: tiles a picture at most, those where the coarse
        alpha is expected to be most wrong; None for all. half: compute in bfloat16; None where
        the processor multiplies it fast. keep_error: also give the expected error of each pixel.
        Raises ValueError on cells of another size.
        """
        if finest not in (2, 4, 8):
            raise ValueError(f"cells are 2, 4 or 8 pixels wide, got {finest}")
        self._finest, self._looks, self._budget = finest, looks, budget
        self._keep_error, self._shape = keep_error, net.shape
        half = _has_fast_half() if half is None else half
        self._kept: dict[tuple[int, int], npt.NDArray[Any]] = {}
        self._dtype = torch.bfloat16 if half else torch.float32
        self._sample = np.uint16 if half else np.float32
        own = deepcopy(net).eval().requires_grad_(False).to(self._dtype)
        own = own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._trunk, self._fine = own.trunk, own.fine
        self._scout, self._context = (self._frozen(part) for part in (own.scout, own.context))

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse`. Raises ValueError when it is not 2-D or is empty."""
        height, width = picture.height, picture.width
        step = cell_size(self._finest, height, width)
        coarse = softened(cleaned(coarse), height, width)
        kinds = classify(coarse, height, width)
        # A soft alpha as fine as the picture knows more than any refiner.
        trust = min(max(height / coarse.shape[0] - 1, 0), 1)
        inputs = gather_inputs(picture, coarse, kinds, step)
        view = self._view(picture.layout, inputs) if trust > 0 else None
        looked = kinds
        if view is not None:
            place = step, inputs.top, inputs.left
            looked = widened(kinds, view.alpha, *place)
            kinds = settled(looked, view.alpha, *place) if trust == 1 else looked
        alpha = upsample_band(coarse, kinds, height, width)
        # Where the net does not look, the coarse alpha is taken for as wrong as it is soft.
        error = np.minimum(alpha, 1 - alpha) if self._keep_error else None
        if view is not None:
            self._refine(picture, inputs, view, (kinds, looked), trust, alpha, error)
        prior = renewed(inputs.prior, alpha, kinds, step)
        return Refined(alpha, kinds, spread(inputs.means, prior, step, 1), error)

    def _view(self, layout: Layout, inputs: Inputs) -> View | None:
        """What the nets on cells find; None when one side's colours are nowhere sure."""
        wide, cells = inputs.wide, inputs.cells
        change = np.zeros_like(wide.prior)
        prior = doubted(wide.prior)
        for _ in range(self._looks):
            colours = tell(wide, layout, prior, change)
            if not (colours.foreground_known and colours.background_known):
                prior = wide.prior
                colours = tell(wide, layout, prior, change)
            if not (colours.foreground_known and colours.background_known):
                return None
            noticed = self._run(self._scout, wide.channels[None])[0]
            change = np.ascontiguousarray(noticed[..., -1])
            prior = moved_prior(wide.prior, change, EDGE)
        rows, columns = cells.prior.shape
        size = 2 * noticed.shape[1], 2 * noticed.shape[0]
        noticed = np.asarray(cv2.resize(noticed, size, interpolation=cv2.INTER_LINEAR))
        noticed = noticed[:rows, :columns]
        change = np.ascontiguousarray(noticed[..., -1])
        tell(cells, layout, moved_prior(cells.prior, change, EDGE), change)
        told = np.concatenate([cells.channels, noticed[..., :-1]], axis=2)
        found = self._run(self._context, told[None])[0]
        near = np.empty((rows, columns, NEAR), np.float32)
        join_near(cells.channels, change, found, LOGIT_SCALE, near)
        alpha = moved_prior(cells.prior, change + found[..., -2], EDGE)
        return View(Near(near, cells.step, inputs.top, inputs.left), found[..., -1], alpha)

    def _refine(
        self,
        picture: Picture,
        inputs: Inputs,
        view: View,
        kinds: tuple[Kinds, Kinds],
        trust: float,
        alpha: Alpha,
        error: Alpha | None,
    ) -> None:
        """Refine the BAND tiles of the first of `kinds`, which were settled from the second."""
        kinds, looked = kinds
        tiles = self._ranked(tiles_of(kinds), view)
        chosen = np.zeros_like(kinds)
        chosen[tiles[:, 0], tiles[:, 1]] = BAND
        spare, patch_at = self._hand_down(picture, inputs, view, chosen, alpha)
        found = np.empty((len(tiles), TILE, TILE, 2), np.float32)
        levels = np.empty((len(tiles), TILE, TILE), np.float32)
        for part, count in _batches(len(tiles), _TILES):
            fine = self._buffer(count, SIDE, FINE_INPUTS, self._sample)
            some = tiles[part]
            gather_fine(
                picture.planes, picture.layout, alpha, view.near, spare, patch_at, some, _TERMS,
                fine[: len(some)], levels[part],
            )  # fmt: skip
            found[part] = self._run(self._fine, fine)[: len(some)]
        scatter_alpha(found, levels, tiles, looked, _TERMS, trust, alpha, error)

    def _hand_down(
        self, picture: Picture, inputs: Inputs, view: View, kinds: Kinds, alpha: Alpha
    ) -> tuple[Channels, Places]:
        """What the trunk finds in each patch, and the number of the patch at each place."""
        where = patch_kinds(kinds, view.near.step)
        patches = np.argwhere(where).astype(np.int32)
        numbers = np.cumsum(where, dtype=np.int32).reshape(where.shape) - 1
        reach = self._shape.reach
        side = CORE + 2 * reach
        spare = self._buffer(len(patches), CORE + 2, SPARE)
        for part, count in _batches(len(patches), _PATCHES):
            read, some = self._buffer(count, side, TRUNK_INPUTS), patches[part]
            gather_trunk(
                inputs.small, picture.layout, alpha, view.near, some, reach, _TERMS,
                read[: len(some)],
            )  # fmt: skip
            spare[part] = self._run(self._trunk, read)[: len(some)]
        return spare, numbers.astype(np.int32)

    def _frozen(self, net: Body) -> torch.jit.ScriptModule:
        example = torch.zeros(1, net.stem.in_channels, 32, 32, dtype=self._dtype)
        example = example.contiguous(memory_format=torch.channels_last)
        return frozen(net, example)

    def _run(self, net: torch.nn.Module, channels: npt.NDArray[Any]) -> Channels:
        """What `net` says of (N, H, W, C) float32, or of the bits of bfloat16."""
        given = torch.from_numpy(channels)
        given = given.view(torch.bfloat16) if channels.dtype == np.uint16 else given
        with torch.inference_mode(), torch_threads(used()):
            found = net(given.permute(0, 3, 1, 2).to(self._dtype))
            return np.ascontiguousarray(found.permute(0, 2, 3, 1).float().numpy())

    def _buffer(
        self, count: int, side: int, channels: int, sample: type[np.generic] = np.float32
    ) -> npt.NDArray[Any]:
        """What is filled anew each time; kept, since fresh memory costs as much as filling it."""
        kept = self._kept.get((side, channels))
        if kept is None or len(kept) < count:
            kept = self._kept[side, channels] = np.zeros((count, side, side, channels), sample)
        return kept[:count]

    def _ranked(self, tiles: Places, view: View) -> Places:
        """The tiles with the largest expected error, in reading order."""
        if self._budget is None or len(tiles) <= self._budget:
            return tiles
        near = view.near
        expected = np.exp(np.clip(view.error, -6, 1))
        side = max(TILE // near.step, 1)
        rows = (tiles[:, :1] * TILE - near.top) // near.step + np.arange(side)
        columns = (tiles[:, 1:] * TILE - near.left) // near.step + np.arange(side)
        rows, columns = (
            part.clip(0, size - 1)
            for part, size in zip((rows, columns), expected.shape, strict=True)
        )
        sums = expected[rows[:, :, None], columns[:, None, :]].sum(axis=(1, 2))
        return tiles[np.sort(np.argsort(-sums, kind="stable")[: self._budget])]


def open_learned(name: str, **options: Any) -> LearnedRefiner:
    """A refiner with the committed weights `name`.

    Raises WeightsError when the file is missing or damaged.
    """
    weights = load_weights(name)
    net = RefinerNet(SHAPES[name]).requires_grad_(False)
    net.load_state_dict(weights)
    return LearnedRefiner(net, **options)


def _has_fast_half() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere it is emulated, slowly."""
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(asked is not None and asked())


def _batches(count: int, most: int) -> list[tuple[slice, int]]:
    """`count` things in slices of at most `most`, and how large a batch each is to be run in.

    Few sizes: each costs the net's library some preparation once.
    """
    quarter = most // 4
    return [
        (
            slice(start, min(start + most, count)),
            min(most, -(-(count - start) // quarter) * quarter),
        )
        for start in range(0, count, most)
    ]
