"""What the nets on pixels make of the tiles of the boundary band."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from kernels.band import BAND, TILE, lattice, places_of
from kernels.patches import (
    CORE,
    FINE_INPUTS,
    SPARE,
    TRUNK_INPUTS,
    Near,
    Places,
    Terms,
    gather_trunk,
    patch_kinds,
)
from kernels.tiles import SIDE, gather_fine
from kernels.types import Alpha, Kinds, Planes
from models.picture import Picture
from models.refiner_net import EDGE, LOGIT_SCALE, Fine, Trunk
from models.refiner_run import Channels, run_net

TERMS = Terms(EDGE, LOGIT_SCALE)
_PATCHES, _TILES = 16, 256
"""Patches and tiles that the nets run on at once, at most."""


class Found(NamedTuple):
    """What scatter_alpha wants of tiles: what was found, and the logits it is to be added to.

    It puts into the latter what hedge_alpha wants.
    """

    found: Channels
    levels: Channels


class PixelNets:
    """Runs the trunk and the last net. Keeps its working memory."""

    def __init__(self, trunk: Trunk, fine: Fine, reach: int, dtype: torch.dtype) -> None:
        """trunk, fine: of `dtype`, channels last; reach: half cells around that the trunk wants."""
        self._trunk, self._fine, self._reach, self._dtype = trunk, fine, reach, dtype
        self._sample = np.uint16 if dtype == torch.bfloat16 else np.float32
        self._kept: dict[tuple[int, int], npt.NDArray[Any]] = {}

    def __call__(
        self, picture: Picture, small: Planes, near: Near, tiles: Places, alpha: Alpha
    ) -> Found:
        """What the nets find in `tiles`, (n, 2) int32 lattice rows and columns.

        small: the picture's planes shrunk to half a cell; alpha: (H, W), the enlarged coarse one.
        """
        spare, patch_at = self._hand_down(picture, small, near, tiles, alpha)
        found = np.empty((len(tiles), TILE, TILE, 2), np.float32)
        levels = np.empty((len(tiles), TILE, TILE), np.float32)
        for part, count in _batches(len(tiles), _TILES):
            fine, some = self._buffer(count, SIDE, FINE_INPUTS, self._sample), tiles[part]
            gather_fine(
                picture.planes, picture.layout, alpha, near, spare, patch_at, some, TERMS,
                fine[: len(some)], levels[part],
            )  # fmt: skip
            found[part] = run_net(self._fine, fine, self._dtype)[: len(some)]
        return Found(found, levels)

    def _hand_down(
        self, picture: Picture, small: Planes, near: Near, tiles: Places, alpha: Alpha
    ) -> tuple[Channels, Places]:
        """What the trunk finds in each patch, and the number of the patch at each place."""
        where = patch_kinds(_lattice(picture, tiles), near.step)
        patches = places_of(where)
        numbers = np.cumsum(where, dtype=np.int32).reshape(where.shape) - np.int32(1)
        side = CORE + 2 * self._reach
        spare = self._buffer(len(patches), CORE + 2, SPARE)
        for part, count in _batches(len(patches), _PATCHES):
            read, some = self._buffer(count, side, TRUNK_INPUTS), patches[part]
            gather_trunk(
                small, picture.layout, alpha, near, some, self._reach, TERMS, read[: len(some)]
            )
            spare[part] = run_net(self._trunk, read, self._dtype)[: len(some)]
        return spare, numbers

    def _buffer(
        self, count: int, side: int, channels: int, sample: type[np.generic] = np.float32
    ) -> npt.NDArray[Any]:
        """What is filled anew each time; kept, since fresh memory costs as much as filling it."""
        kept = self._kept.get((side, channels))
        if kept is None or len(kept) < count:
            kept = self._kept[side, channels] = np.zeros((count, side, side, channels), sample)
        return kept[:count]


def _lattice(picture: Picture, tiles: Places) -> Kinds:
    kinds = np.zeros(lattice(picture.height, picture.width), np.uint8)
    kinds[tiles[:, 0], tiles[:, 1]] = BAND
    return kinds


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
