"""Refines with a small net, in patches along the boundary band."""

from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kernels.band import classify
from kernels.coarse import cleaned, renewed, softened
from kernels.patches import (
    CORE,
    GUESSES,
    Terms,
    gather_fine,
    gather_soft,
    patches_of,
)
from kernels.refine import upsample_band
from kernels.scatter import scatter_alpha
from kernels.spread import spread
from kernels.types import Alpha, Kinds
from models.picture import Picture
from models.refined import Refined, cell_size
from models.refiner_inputs import Inputs, gather_inputs, look_again
from models.refiner_net import CONFIDENCE, EDGE, FINE, LOGIT_SCALE, PRIOR, SHAPES, RefinerNet
from models.refiner_whole import APART
from models.weights import load_weights

_TERMS = Terms(EDGE, LOGIT_SCALE, APART)
_BATCHES = (8, 4, 2, 1)
Channels = npt.NDArray[np.float32]


class LearnedRefiner:
    """Refines any subject's coarse alpha with learned weights.

    Where the coarse alpha is nowhere sure of one side, it is enlarged and left at that. An object
    belongs to one thread: it keeps its working memory.
    """

    def __init__(
        self,
        net: RefinerNet,
        finest: int = 4,
        budget: int | None = None,
        half: bool | None = None,
        keep_error: bool = False,
    ) -> None:
        """Run a copy of `net` on cells of `finest` pixels (2, 4 or 8), doubled in large pictures.

        budget: patches a picture at most, those where the coarse alpha is expected to be most
        wrong; None for all. half: compute in bfloat16; None where the processor multiplies it
        fast. keep_error: also give the expected error of each pixel. Raises ValueError on cells
        of another size.
        """
        if finest not in (2, 4, 8):
            raise ValueError(f"cells are 2, 4 or 8 pixels wide, got {finest}")
        self._finest, self._budget, self._keep_error = finest, budget, keep_error
        half = _has_fast_half() if half is None else half
        self._shape = net.shape
        self._kept: dict[int, tuple[Channels, Channels]] = {}
        self._dtype = torch.bfloat16 if half else torch.float32
        own = deepcopy(net).eval().to(self._dtype)
        own = own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._context, self._head = own.context, own.head

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse`. Raises ValueError when it is not 2-D or is empty."""
        height, width = picture.height, picture.width
        step = cell_size(self._finest, height, width)
        coarse = softened(cleaned(coarse), height, width)
        kinds = classify(coarse, height, width)
        alpha = upsample_band(coarse, kinds, height, width)
        # Where the net does not look, the coarse alpha is taken for as wrong as it is soft.
        error = np.minimum(alpha, 1 - alpha) if self._keep_error else None
        inputs = gather_inputs(picture, coarse, step)
        # A soft alpha as fine as the picture knows more than any refiner.
        trust = min(max(height / coarse.shape[0] - 1, 0), 1)
        if inputs.colours.foreground_known and inputs.colours.background_known and trust > 0:
            self._refine(picture, coarse, inputs, kinds, trust, alpha, error)
        prior = renewed(inputs.prior, alpha, kinds, step)
        return Refined(alpha, kinds, spread(inputs.means, prior, step, 1), error)

    def _refine(
        self,
        picture: Picture,
        coarse: Alpha,
        inputs: Inputs,
        kinds: Kinds,
        trust: float,
        alpha: Alpha,
        error: Alpha | None,
    ) -> None:
        first = self._look_around(inputs.channels)
        inputs = look_again(picture, inputs, first[..., -2])
        found = self._look_around(inputs.channels)
        patches = self._ranked(patches_of(kinds), found[..., -1], inputs.step)
        wide, soft = self._pack(inputs.channels, found)
        side, start = CORE + 2 * self._shape.reach, 0
        for size in _batches(len(patches)):
            some = patches[start : start + size]
            fine, beside = self._buffers(size, side, soft.shape[2])
            gather_fine(
                picture.planes, picture.layout, coarse, wide, inputs.step, some,
                self._shape.reach, _TERMS, fine,
            )  # fmt: skip
            gather_soft(soft, inputs.step, some, self._shape.reach, beside)
            scatter_alpha(
                self._run(self._head, fine, beside), fine, some, self._shape.reach, kinds, _TERMS,
                trust, alpha, error,
            )  # fmt: skip
            start += size

    def _look_around(self, channels: Channels) -> Channels:
        found = self._run(self._context, channels[None])
        return found.reshape(found.shape[1:])

    def _run(self, net: torch.nn.Module, *inputs: Channels) -> Channels:
        with torch.inference_mode():
            found = net(*(_tensor(x).to(self._dtype) for x in inputs))
            return _array(found.float())

    def _buffers(self, count: int, side: int, channels: int) -> tuple[Channels, Channels]:
        """What a batch is gathered into; kept, since fresh memory costs as much as filling it."""
        if count not in self._kept:
            fine = np.empty((count, side, side, FINE), np.float32)
            soft = np.empty((count, side // 2, side // 2, channels), np.float32)
            self._kept[count] = fine, soft
        return self._kept[count]

    def _pack(self, known: Channels, found: Channels) -> tuple[Channels, Channels]:
        """What the head is given of cells, at full and at half resolution."""
        sides, prior = known[..., 4:10], known[..., PRIOR : PRIOR + 1]
        confidence = known[..., CONFIDENCE : CONFIDENCE + 1]
        lines, features = found[..., : 4 * GUESSES], found[..., 4 * GUESSES : -2]
        wide = np.concatenate([sides, confidence, lines], axis=2)
        return wide, np.concatenate([sides, prior, confidence, features], axis=2)

    def _ranked(
        self, patches: npt.NDArray[np.int32], log_error: Alpha, step: int
    ) -> npt.NDArray[np.int32]:
        """The patches with the largest expected error, in reading order."""
        if self._budget is None or len(patches) <= self._budget:
            return patches
        side = CORE // step
        expected = np.exp(np.clip(log_error, -6, 1))
        sums = [
            float(expected[y * side : (y + 1) * side, x * side : (x + 1) * side].sum())
            for y, x in patches
        ]
        worst = np.sort(np.argsort(sums)[::-1][: self._budget])
        return patches[worst]


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


def _batches(count: int) -> list[int]:
    """`count` as a sum of few sizes: each size costs the net's library some preparation once."""
    sizes = []
    for size in _BATCHES:
        sizes += [size] * (count // size)
        count %= size
    return sizes


def _tensor(channels: Channels) -> torch.Tensor:
    """(N, H, W, C) seen as (N, C, H, W), channels last in memory."""
    return torch.from_numpy(channels).permute(0, 3, 1, 2)


def _array(found: torch.Tensor) -> Channels:
    return np.ascontiguousarray(found.permute(0, 2, 3, 1).numpy(), np.float32)
