"""From stored samples to what the nets are given: turned, spoilt, cut to windows, as tensors."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from kernels.band import BAND, lattice
from kernels.coarse import cleaned, on_cells, softened
from kernels.context import KNOWN
from kernels.refine import upsample_band
from kernels.types import Alpha
from models.refiner_inputs import logit, scale_of
from models.refiner_net import CONTEXT_INPUTS, LOGIT_SCALE, PRIOR, ROUGHNESS
from models.training.coarse_errors import spoil
from models.training.losses import Truth
from models.training.samples import Sample

Place = tuple[int, int]


class Batch(NamedTuple):
    """truth: of the windows; cells: (N, CONTEXT_INPUTS, h, w) of the whole pictures, colours and

    what they tell left out, for that is found anew in any case; windows: (row, column) of each.
    """

    truth: Truth
    cells: Tensor
    windows: list[Place]


def make_batch(sample: Sample, side: int, step: int, random: np.random.Generator) -> Batch:
    """Turn the pictures of `sample`, spoil their alphas, choose a window of `side` in each."""
    sample = flipped(sample, random)
    alphas = sample.alpha.astype(np.float32) / 65535
    cells = np.zeros((*sample.cells.shape[:3], CONTEXT_INPUTS), np.float32)
    cells[..., :3] = sample.cells[..., :3].astype(np.float32) - 0.5
    cells[..., ROUGHNESS] = sample.cells[..., 3].astype(np.float32) * 4
    coarse = np.stack([_spoilt(random, *pair, step) for pair in zip(alphas, cells, strict=True)])
    windows = [_window(*pair, side, step, random) for pair in zip(alphas, coarse, strict=True)]
    rgb, foreground = (
        torch.from_numpy(_cut(part, windows, side)).permute(0, 3, 1, 2).float() / 255
        for part in (sample.rgb, sample.foreground)
    )
    alpha, seen = (
        torch.from_numpy(_cut(part, windows, side))[:, None] for part in (alphas, coarse)
    )
    means = functional.avg_pool2d(torch.from_numpy(alphas)[:, None], step)
    truth = Truth(rgb, foreground, alpha, seen, means)
    return Batch(truth, torch.from_numpy(cells).permute(0, 3, 1, 2), windows)


def flipped(sample: Sample, random: np.random.Generator) -> Sample:
    """The batch mirrored, upside down or on its side, at random."""
    mirrored, upturned, laid = (random.random() < chance for chance in (0.5, 0.25, 0.25))

    def turned(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        part = part[:, :, ::-1] if mirrored else part
        part = part[:, ::-1] if upturned else part
        return np.ascontiguousarray(part.swapaxes(1, 2) if laid else part)

    return Sample(*(turned(part) for part in sample))


def _spoilt(
    random: np.random.Generator, alpha: Alpha, cells: npt.NDArray[np.float32], step: int
) -> Alpha:
    """A coarse alpha, enlarged as the product does; what is told of it is put into `cells`."""
    height, width = alpha.shape
    coarse = softened(cleaned(spoil(random, alpha)), height, width)
    cells[..., PRIOR] = logit(on_cells(coarse, height, width, step)) * LOGIT_SCALE
    cells[..., KNOWN] = scale_of(coarse, height)
    everywhere = np.full(lattice(height, width), BAND, np.uint8)
    return upsample_band(coarse, everywhere, height, width)


def _window(
    alpha: Alpha, coarse: Alpha, side: int, step: int, random: np.random.Generator
) -> Place:
    """Of four random places for a window the one with most band in it."""
    open_ = (np.abs(alpha - 0.5) < 0.49) | (np.abs(coarse - alpha) > 0.02)
    places: list[Place] = []
    for _ in range(4):
        row, column = (int(random.integers(0, (size - side) // step + 1)) for size in alpha.shape)
        places.append((row * step, column * step))
    return max(places, key=lambda at: int(open_[at[0] : at[0] + side, at[1] : at[1] + side].sum()))


def _cut(part: npt.NDArray[Any], windows: list[Place], side: int) -> npt.NDArray[Any]:
    pairs = zip(part, windows, strict=True)
    return np.stack([x[top : top + side, left : left + side] for x, (top, left) in pairs])
