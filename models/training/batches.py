"""From stored samples to what the nets are given: turned, spoilt, cut to windows, as tensors."""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from kernels.band import BAND, lattice
from kernels.coarse import cleaned, on_cells, softened
from kernels.context import CELL_INPUTS, KNOWN, PRIOR, ROUGHNESS
from kernels.refine import upsample_band
from kernels.texture import cell_roughness
from kernels.types import Alpha, Rgb
from models.refiner_inputs import logit, scale_of
from models.refiner_net import LOGIT_SCALE
from models.training.coarse_errors import spoil
from models.training.losses import Truth
from models.training.samples import Sample

_OWN = 0.8
Place = tuple[int, int]
Cells = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """What a step of training is given.

    truth: of the windows; cells: (N, CELL_INPUTS, h, w) of the whole pictures, colours and what
    they tell left out, for that is found anew in any case; wide: the same of cells twice as wide;
    windows: (row, column) of each.
    """

    truth: Truth
    cells: Tensor
    wide: Tensor
    windows: list[Place]


def make_batch(
    sample: Sample, side: int, step: int, random: np.random.Generator, mix: str = "even"
) -> Batch:
    """Turn pictures of `sample`, spoil alphas without a mask, choose a window of `side` in each."""
    sample = flipped(sample, random)
    alphas = sample.alpha.astype(np.float32) / 65535
    given = [_given(random, *each, mix) for each in zip(alphas, sample.mask, strict=True)]
    spoilt = [softened(cleaned(each), *alphas.shape[1:]) for each in given]
    everywhere = np.full(lattice(*alphas.shape[1:]), BAND, np.uint8)
    coarse = np.stack([upsample_band(each, everywhere, *alphas.shape[1:]) for each in spoilt])
    pairs = list(zip(sample.rgb, spoilt, strict=True))
    fine, wide = (np.stack([_cells(*pair, width) for pair in pairs]) for width in (step, 2 * step))
    windows = [_window(*pair, side, step, random) for pair in zip(alphas, coarse, strict=True)]
    rgb, foreground = (
        torch.from_numpy(_cut(part, windows, side)).permute(0, 3, 1, 2).float() / 255
        for part in (sample.rgb, sample.foreground)
    )
    alpha, seen = (
        torch.from_numpy(_cut(part, windows, side))[:, None] for part in (alphas, coarse)
    )
    whole = [torch.from_numpy(each)[:, None] for each in (alphas, coarse)]
    means, off = (
        functional.avg_pool2d(each, step) for each in (whole[0], (whole[0] - whole[1]).abs())
    )
    truth = Truth(rgb, foreground, alpha, seen, means, off)
    cells, wider = (torch.from_numpy(each).permute(0, 3, 1, 2) for each in (fine, wide))
    return Batch(truth, cells, wider, windows)


def _given(
    random: np.random.Generator, alpha: Alpha, mask: npt.NDArray[np.uint8], mix: str
) -> Alpha:
    """Pass 1's own mask, mostly, where there is one; else `alpha` with such errors as it makes."""
    if mask.any() and random.random() < _OWN:
        return np.asarray(mask / np.float32(255))
    return spoil(random, alpha, mix)


def _cells(rgb: Rgb, coarse: Alpha, step: int) -> Cells:
    """What is known of cells but for colours, as the product finds it."""
    height, width = rgb.shape[:2]
    size = width // step, height // step
    means = cv2.resize(rgb.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    cells = np.zeros((size[1], size[0], CELL_INPUTS), np.float32)
    cells[..., :3] = means / 255 - 0.5
    cells[..., PRIOR] = logit(on_cells(coarse, height, width, step)) * LOGIT_SCALE
    cells[..., ROUGHNESS] = cell_roughness(np.ascontiguousarray(rgb[..., 1]), 255, step) * 4
    cells[..., KNOWN] = scale_of(coarse, height)
    return cells


def flipped(sample: Sample, random: np.random.Generator) -> Sample:
    """The batch mirrored, upside down or on its side, at random."""
    mirrored, upturned, laid = (random.random() < chance for chance in (0.5, 0.25, 0.25))

    def turned(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        part = part[:, :, ::-1] if mirrored else part
        part = part[:, ::-1] if upturned else part
        return np.ascontiguousarray(part.swapaxes(1, 2) if laid else part)

    return Sample(*(turned(part) for part in sample))


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
