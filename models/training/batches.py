"""From stored samples to what the nets are given: turned, cut to windows, as tensors."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.training.losses import Truth
from models.training.samples import Sample


def flipped(sample: Sample, random: np.random.Generator) -> Sample:
    """The batch mirrored, upside down or on its side, at random."""
    mirrored, upturned, laid = (random.random() < chance for chance in (0.5, 0.25, 0.25))

    def turned(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        part = part[:, :, ::-1] if mirrored else part
        part = part[:, ::-1] if upturned else part
        return np.ascontiguousarray(part.swapaxes(1, 2) if laid else part)

    return Sample(*(turned(part) for part in sample))


def choose_windows(
    sample: Sample, side: int, step: int, random: np.random.Generator
) -> list[tuple[int, int]]:
    """(row, column) of a window in each picture: of four random ones that with most band."""
    places = []
    for alpha, coarse in zip(sample.alpha, sample.coarse, strict=True):
        open_ = (np.abs(alpha.astype(np.int32) - 32768) < 32000) | (coarse != alpha)
        lasts = [(size - side) // step for size in alpha.shape]
        tried = [
            tuple(int(random.integers(0, last + 1)) * step for last in lasts) for _ in range(4)
        ]
        best = max(
            tried, key=lambda at: int(open_[at[0] : at[0] + side, at[1] : at[1] + side].sum())
        )
        places.append((best[0], best[1]))
    return places


def _cut(sample: Sample, windows: list[tuple[int, int]], side: int) -> Sample:
    """Everything but the cells, which the context needs whole, cut to the windows."""

    def cut(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        pairs = zip(part, windows, strict=True)
        return np.stack([x[top : top + side, left : left + side] for x, (top, left) in pairs])

    rgb, foreground, alpha, coarse = (
        cut(part) for part in (sample.rgb, sample.foreground, sample.alpha, sample.coarse)
    )
    return Sample(rgb, foreground, alpha, coarse, sample.cells)


def tensors(
    sample: Sample, windows: list[tuple[int, int]], side: int, step: int
) -> tuple[Truth, Tensor]:
    """The truth in each window, and the cells (N, CONTEXT_INPUTS, h, w) of the whole pictures."""
    cut = _cut(sample, windows, side)
    rgb, foreground = (
        torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255 for x in (cut.rgb, cut.foreground)
    )
    alpha, coarse = (_unit(x) for x in (cut.alpha, cut.coarse))
    means = functional.avg_pool2d(_unit(sample.alpha), step)
    cells = torch.from_numpy(sample.cells).permute(0, 3, 1, 2).float()
    return Truth(rgb, foreground, alpha, coarse, means), cells


def _unit(fixed: npt.NDArray[np.uint16]) -> Tensor:
    return torch.from_numpy(fixed.astype(np.float32) / 65535)[:, None]
