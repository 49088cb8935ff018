"""The learned refiner in plain torch: how it is trained, and what patches must equal."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.context_torch import spread, variance, weigh_evidence
from kernels.patches import GUESSES
from models.refiner_net import CONFIDENCE, DOUBT, LOGIT_SCALE, PRIOR, RefinerNet, alpha_of, logit_of

_FRONT, _BACK = slice(4, 7), slice(7, 10)
APART = 1e-3
"""Squared distance between both sides' colours below which the projection fades."""


class Whole(NamedTuple):
    """What the net says of pictures of H x W, a margin left out.

    alpha: (N, 1, H, W), may leave [0, 1] by EDGE; front: (N, 3, H, W) the subject's own colour in
    RGB before what the picture itself tells of it; back: (N, 3, H, W) the scene's; log_error:
    (N, 1, H, W) log of the expected absolute error; cell_error: (N, 1, h, w) the same of the
    coarse alpha, on the cells under the picture; looked: (N, 1, rows, columns) alpha on all cells
    after the first look.
    """

    alpha: Tensor
    front: Tensor
    back: Tensor
    log_error: Tensor
    cell_error: Tensor
    looked: Tensor


def refine_whole(
    net: RefinerNet,
    rgb: Tensor,
    coarse: Tensor,
    cells: Tensor,
    step: int,
    windows: Sequence[tuple[int, int]] | None = None,
) -> Whole:
    """Run both nets on whole pictures, the head on a window of each.

    rgb: (N, 3, H, W) in [0, 1], with a margin of the shape's reach on every side, for which there
    are no results; coarse: (N, 1, H, W) enlarged logits; cells: (N, CONTEXT_INPUTS, h, w) as
    gather_inputs gives them for the whole picture; step: pixels a cell. windows: where `rgb` and
    `coarse` begin in each picture, (row, column), multiples of `step`; None when they are whole.
    H and W are even.
    """
    cells, looked = look_twice(net, cells)
    return refine_close(net, rgb, coarse, cells, looked, step, windows)


def refine_close(
    net: RefinerNet,
    rgb: Tensor,
    coarse: Tensor,
    cells: Tensor,
    looked: Tensor,
    step: int,
    windows: Sequence[tuple[int, int]] | None = None,
) -> Whole:
    """What refine_whole does with what look_twice gives."""
    height, width = rgb.shape[2:]
    found = net.context(cells)
    sides = torch.cat([cells[:, _FRONT], cells[:, _BACK]], 1)
    lines, features = found[:, : 4 * GUESSES], found[:, 4 * GUESSES : -2]
    sure, error = cells[:, CONFIDENCE : CONFIDENCE + 1], found[:, -1:]
    told = [sides, sure, lines, cells[:, PRIOR : PRIOR + 1], features, error]
    near = _around(torch.cat(told, 1), windows, height, width, step)
    near, cell_error = near[:, :-1], near[:, -1:, 1:-1, 1:-1]
    lined = 7 + 4 * GUESSES
    wide = _enlarged(near[:, :lined], step, height, width)
    soft = torch.cat(
        [near[:, :6], near[:, lined : lined + 1], near[:, 6:7], near[:, lined + 1 :]], 1
    )
    soft = _enlarged(soft, step // 2, height // 2, width // 2)
    out = net.head(_fine(rgb - 0.5, coarse, wide), soft)
    inner = slice(net.shape.reach, -net.shape.reach)
    alpha = alpha_of(coarse[..., inner, inner] + out[:, :1])
    front, back = (wide[:, n : n + 3, inner, inner] + 0.5 for n in (0, 3))
    return Whole(alpha, front + out[:, 1:4], back, out[:, 4:5], cell_error, looked)


def look_twice(net: RefinerNet, cells: Tensor) -> tuple[Tensor, Tensor]:
    """`cells` after the context's first look, and the alpha (N, 1, h, w) it found on them.

    Of `cells` the colours and what they tell are made anew, before the first look from the
    blurred prior and after it from what it found; nothing is learned through them.
    """
    logits = cells[:, PRIOR : PRIOR + 1].float() / LOGIT_SCALE
    doubted = F.pad(alpha_of(logits), (DOUBT,) * 4, mode="replicate")
    doubted = F.avg_pool2d(doubted, 2 * DOUBT + 1, 1)
    first = net.context(_told(cells, doubted, logits))
    looked = alpha_of(logits + first[:, -2:-1].float())
    return _told(cells, looked.clamp(0, 1), None), looked


def _told(cells: Tensor, prior: Tensor, logits: Tensor | None) -> Tensor:
    """`cells` with the colours that `prior` is sure of; logits: the prior to show, if another."""
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        if logits is None:
            logits = logit_of(prior)
        rgb = cells[:, :3].float() + 0.5
        means = torch.cat([rgb, rgb.square().sum(1, keepdim=True)], 1)
        front, back = spread(means, prior)
        share, sure = weigh_evidence(means, front, back, prior)
        spreads = [variance(front).sqrt(), variance(back).sqrt()]
        told = [cells[:, :3], logits * LOGIT_SCALE, front[:, :3] - 0.5, back[:, :3] - 0.5]
        renewed = torch.cat([*told, share, sure, *spreads, cells[:, 14:]], 1)
    return renewed.contiguous(memory_format=torch.channels_last)


def _around(
    cells: Tensor, windows: Sequence[tuple[int, int]] | None, height: int, width: int, step: int
) -> Tensor:
    """The cells under each window and one more on every side, repeated at the picture's edge."""
    wide = F.pad(cells, (1, 1, 1, 1), mode="replicate")
    if windows is None:
        return wide
    rows, columns = -(-height // step) + 2, -(-width // step) + 2
    parts = [
        wide[n, :, top // step : top // step + rows, left // step : left // step + columns]
        for n, (top, left) in enumerate(windows)
    ]
    return torch.stack(parts).contiguous(memory_format=torch.channels_last)


def _enlarged(cells: Tensor, factor: int, height: int, width: int) -> Tensor:
    """`cells`, which have a margin of one, as pixels without it."""
    if factor > 1:
        cells = F.interpolate(cells, scale_factor=factor, mode="bilinear", align_corners=False)
    return cells[:, :, factor : factor + height, factor : factor + width]


def _fine(rgb: Tensor, coarse: Tensor, wide: Tensor) -> Tensor:
    """The head's inputs of each pixel; rgb and the colours of `wide` are centred on 0."""
    front, back, sure, lines = wide[:, 0:3], wide[:, 3:6], wide[:, 6:7], wide[:, 7:]
    apart, above = front - back, rgb - back
    length = (apart * apart).sum(1, keepdim=True)
    along = ((above * apart).sum(1, keepdim=True) / (length + APART)).clamp(-0.5, 1.5)
    off = (above - along * apart).square().sum(1, keepdim=True).add(1e-6).sqrt()
    guesses = [
        (lines[:, 4 * n : 4 * n + 3] * rgb).sum(1, keepdim=True) + lines[:, 4 * n + 3 : 4 * n + 4]
        for n in range(GUESSES)
    ]
    told = logit_of(along.clamp(0, 1))
    urged = sure * (told - coarse) * LOGIT_SCALE
    return torch.cat([rgb, coarse * LOGIT_SCALE, along - 0.5, off * 2, urged, *guesses], 1)
