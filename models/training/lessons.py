"""What the learned refiner learns from: pictures turned, spoilt, and cut to windows."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kernels.band import BAND, lattice
from kernels.coarse import cleaned, on_cells, softened
from kernels.context import CELL_INPUTS, KNOWN, PRIOR, ROUGHNESS
from kernels.refine import upsample_band
from kernels.texture import cell_roughness
from kernels.types import Alpha, Rgb
from models.refiner_inputs import logit, scale_of
from models.refiner_shape import LOGIT_SCALE
from models.training.coarse_errors import spoil
from models.training.losses import Truth
from models.training.samples import Sample

_OWN = 0.8
_TOLD = (0, 1, 2, PRIOR, ROUGHNESS, KNOWN)
"""Channels of cells that are known before the nets run; colours are spread as they do."""
Place = tuple[int, int]


class Lesson(NamedTuple):
    """Pictures as a step of training is given them, N of them or, without the first axis, one.

    rgb, foreground: (N, S, S, 3) uint8 in a window; alpha, coarse: (N, S, S) float32 there. Of the
    whole picture: cells, wide: (N, 6, h, w), (N, 6, h / 2, w / 2) float32, what is told of cells
    and of those twice as wide; means, off: (N, h, w) float32, see Truth. window: (N, 2) int64, the
    row and column where it begins.
    """

    rgb: Tensor
    foreground: Tensor
    alpha: Tensor
    coarse: Tensor
    cells: Tensor
    wide: Tensor
    means: Tensor
    off: Tensor
    window: Tensor


def draw_lesson(random: np.random.Generator, sample: Sample, side: int, step: int) -> Lesson:
    """Turn `sample`, choose a coarse alpha, its mask or its own spoilt, and a window in it.

    side: pixels of the window; step: pixels a cell.
    """
    sample = turned(sample, random)
    alpha = np.asarray(sample.alpha / np.float32(65535), np.float32)
    size = alpha.shape[0], alpha.shape[1]
    spoilt = softened(cleaned(_given(random, sample, alpha)), *size)
    coarse = upsample_band(spoilt, np.full(lattice(*size), BAND, np.uint8), *size)
    row, column = _window(alpha, coarse, side, step, random)
    seen = slice(row, row + side), slice(column, column + side)
    parts = sample.rgb[seen], sample.foreground[seen], alpha[seen], coarse[seen]
    told = [_cells(sample.rgb, spoilt, width) for width in (step, 2 * step)]
    cells = [cv2.resize(each, told[0].shape[:0:-1], interpolation=cv2.INTER_AREA)
             for each in (alpha, np.abs(alpha - coarse))]  # fmt: skip
    planes = [torch.from_numpy(np.ascontiguousarray(each)) for each in (*parts, *told, *cells)]
    return Lesson._make([*planes, torch.tensor([row, column])])


def stacked(lessons: list[Lesson]) -> Lesson:
    """Single lessons as one of them all."""
    return Lesson(*(torch.stack(each) for each in zip(*lessons, strict=True)))


def truth_of(lesson: Lesson) -> Truth:
    """What is true of the pictures of a lesson."""
    rgb, foreground = (
        each.permute(0, 3, 1, 2).float() * (1 / 255) for each in (lesson.rgb, lesson.foreground)
    )
    planes = (each[:, None] for each in (lesson.alpha, lesson.coarse, lesson.means, lesson.off))
    return Truth(rgb, foreground, *planes)


def told_of(cells: Tensor) -> Tensor:
    """`cells` or `wide` of a lesson as (N, CELL_INPUTS, h, w), the other channels 0."""
    count, _, rows, columns = cells.shape
    told = cells.new_zeros(count, CELL_INPUTS, rows, columns)
    for channel, each in zip(_TOLD, cells.unbind(1), strict=True):
        told[:, channel] = each
    return told


def _given(random: np.random.Generator, sample: Sample, alpha: Alpha) -> Alpha:
    """Pass 1's own mask, mostly, where there is one; else `alpha` with such errors as it makes."""
    if sample.mask is not None and random.random() < _OWN:
        return np.asarray(sample.mask / np.float32(255))
    return spoil(random, alpha)


def _cells(rgb: Rgb, coarse: Alpha, step: int) -> npt.NDArray[np.float32]:
    """What is known of cells but for colours, (6, h, w), as the product finds it."""
    height, width = rgb.shape[:2]
    size = width // step, height // step
    means = cv2.resize(rgb.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    prior = logit(on_cells(coarse, height, width, step)) * np.float32(LOGIT_SCALE)
    rough = cell_roughness(np.ascontiguousarray(rgb[..., 1]), 255, step) * np.float32(4)
    known = np.full_like(prior, scale_of(coarse, height))
    planes = (means / np.float32(255) - np.float32(0.5)).transpose(2, 0, 1)
    return np.stack([*planes, prior, rough, known]).astype(np.float32)


def turned(sample: Sample, random: np.random.Generator) -> Sample:
    """`sample` mirrored, upside down or on its side, at random."""
    mirrored, upturned, laid = (random.random() < chance for chance in (0.5, 0.25, 0.25))

    def turn(part: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        part = part[:, ::-1] if mirrored else part
        part = part[::-1] if upturned else part
        return np.ascontiguousarray(part.swapaxes(0, 1) if laid else part)

    return Sample(*(None if part is None else turn(part) for part in sample))  # type: ignore[arg-type]


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
