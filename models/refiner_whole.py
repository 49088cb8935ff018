"""The learned refiner in plain torch: how it is trained, and what patches must equal."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.context import CONFIDENCE, KNOWN, PRIOR
from kernels.context_torch import spread, variance, weigh_evidence
from kernels.patches import APART, BESIDE, GUESSES
from models.refiner_net import (
    DOUBT,
    LOGIT_SCALE,
    RefinerNet,
    Scout,
    Trunk,
    alpha_of,
    logit_of,
)

_LINES = 4 * GUESSES


class Views(NamedTuple):
    """What the nets on cells make of whole pictures.

    near: (N, 8 + 4 GUESSES + BESIDE, h, w) what is read between cells: both sides' RGB less 0.5,
    confidence, the change of the logit, lines, features; error: (N, 1, h, w) log of the coarse
    alpha's expected error; looked: alpha (N, 1, h / 2, w / 2) after each of the scout's looks;
    found: (N, 1, h, w) after the context.
    """

    near: Tensor
    error: Tensor
    looked: tuple[Tensor, ...]
    found: Tensor


class Whole(NamedTuple):
    """What the net says of pictures of H x W, a margin left out.

    alpha: (N, 1, H, W), may leave [0, 1] by EDGE; front: (N, 3, H, W) the subject's own colour in
    RGB before what the picture itself tells of it; back: (N, 3, H, W) the scene's; log_error:
    (N, 1, H, W) log of the expected absolute error.
    """

    alpha: Tensor
    front: Tensor
    back: Tensor
    log_error: Tensor


def view(net: RefinerNet, wide: Tensor, cells: Tensor) -> Views:
    """Run the nets on cells over whole pictures.

    cells: (N, CELL_INPUTS, h, w) as gather_inputs gives them, of which colours and what they tell
    are made anew; wide: (N, CELL_INPUTS, ceil(h / 2), ceil(w / 2)) the same of cells twice as
    wide. Nothing is learned through colours.
    """
    logits = _logits(cells)
    looked: tuple[Tensor, ...] = ()
    if net.scout is None:
        change = torch.zeros_like(logits)
        told = _told(cells, _doubted(logits), change)
        found = net.context(told).float()
    else:
        noticed, looked = _scouted(net.scout, net.shape.looks, wide)
        near = F.interpolate(noticed, scale_factor=2, mode="bilinear", align_corners=False)
        near = near[..., : cells.shape[2], : cells.shape[3]]
        features, change = torch.split(near, [near.shape[1] - 1, 1], 1)
        told = _told(cells, alpha_of(logits + change).clamp(0, 1), change)
        found = net.context(torch.cat([told, features], 1)).float()
    lines, colours, further, error = torch.split(found, [_LINES + BESIDE, 6, 1, 1], 1)
    change, sure = change + further, told[:, CONFIDENCE : CONFIDENCE + 1]
    joined = torch.cat([told[:, 4:10] + colours, sure, change * LOGIT_SCALE, lines], 1)
    return Views(joined, error, looked, alpha_of(logits + change))


def _scouted(scout: Scout, looks: int, wide: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """What the scout says at last, and alpha after each of its looks."""
    logits = _logits(wide)
    prior, change, looked = _doubted(logits), torch.zeros_like(logits), []
    for _ in range(looks):
        noticed = scout(_told(wide, prior, change)).float()
        change = noticed[:, -1:]
        looked.append(alpha_of(logits + change))
        prior = looked[-1].clamp(0, 1)
    return noticed, tuple(looked)


def refine_close(
    net: RefinerNet,
    rgb: Tensor,
    coarse: Tensor,
    near: Tensor,
    step: int,
    windows: Tensor | None = None,
) -> Whole:
    """Run the nets on pixels over a window of each picture.

    rgb: (N, 3, H, W) in [0, 1], with a margin of reach * step / 2 on every side, for which there
    are no results; coarse: (N, 1, H, W) enlarged, in [0, 1]; near: as `view` gives it for whole
    pictures; step: pixels a cell. windows: (N, 2) int64, the row and column where `rgb` and
    `coarse` begin in each picture, multiples of `step`; None when they are whole. H and W are
    multiples of `step`.
    """
    height, width = rgb.shape[2:]
    part, reach = step // 2, net.shape.reach
    cells = _around(near, windows, height, width, step)
    rgb = rgb - 0.5
    # One pixel more than the result, which the last net may look at.
    margin = reach * part - 1
    inner = slice(margin, -margin if margin else None)
    bright, covered = rgb[..., inner, inner], logit_of(coarse[..., inner, inner]) * LOGIT_SCALE
    known = cells if net.trunk is None else cells[:, :8]
    known = _enlarged(known, step, height, width)[..., inner, inner]
    sides, spare = known[:, :8], known[:, 8:]
    if net.trunk is not None:
        small = _trunk(net.trunk, rgb, coarse, cells, part)
        spare = _enlarged(small, part, bright.shape[2] - 2, bright.shape[3] - 2, 1)
    lines, features = spare[:, :_LINES], spare[:, _LINES:]
    bright, level, along, _, urged, *guesses = _read(bright, covered, sides, lines)
    core = slice(1, -1)
    told = torch.cat([bright, level, along, urged, *guesses, features], 1)
    told = told if net.trunk is not None else told[..., core, core]
    out = net.fine(told).float()
    alpha = alpha_of(level[..., core, core] / LOGIT_SCALE + out[:, :1])
    front, back = torch.split((sides[..., core, core] + 0.5), [3, 5], 1)
    return Whole(alpha, front, back[:, :3], out[:, 1:])


def _trunk(trunk: Trunk, rgb: Tensor, coarse: Tensor, cells: Tensor, part: int) -> Tensor:
    """What the trunk finds at half cells of `part` pixels; rgb: less 0.5; cells: with a margin."""
    seen, level = F.avg_pool2d(rgb, part), logit_of(F.avg_pool2d(coarse, part)) * LOGIT_SCALE
    small = _enlarged(cells, 2, seen.shape[2], seen.shape[3])
    sides, lines, features = torch.split(small, [8, _LINES, BESIDE], 1)
    found: Tensor = trunk(torch.cat([*_read(seen, level, sides, lines), features], 1)).float()
    return found


def _read(rgb: Tensor, coarse: Tensor, sides: Tensor, lines: Tensor) -> list[Tensor]:
    """What a pixel, or the mean of some, tells beside what is known around it.

    RGB less 0.5, logit, where RGB lies along the line between both colours and how far off it,
    the confidence times the way from that logit to the line's, and what each of `lines` says.
    """
    front, back, sure, change = torch.split(sides, [3, 3, 1, 1], 1)
    level = coarse + change
    apart, above = front - back, rgb - back
    length = (apart * apart).sum(1, keepdim=True)
    along = ((above * apart).sum(1, keepdim=True) / (length + float(APART))).clamp(-0.5, 1.5)
    off = (above - along * apart).square().sum(1, keepdim=True).add(1e-6).sqrt()
    urged = sure * (logit_of(along.clamp(0, 1)) * LOGIT_SCALE - level)
    slopes = torch.split(lines, [3, 1] * GUESSES, 1)
    guesses = [
        (slope * rgb).sum(1, keepdim=True) + offset
        for slope, offset in zip(slopes[::2], slopes[1::2], strict=True)
    ]
    return [rgb, level, along - 0.5, off * 2, urged, *guesses]


def _logits(cells: Tensor) -> Tensor:
    return cells[:, PRIOR : PRIOR + 1].float() / LOGIT_SCALE


def _doubted(logits: Tensor) -> Tensor:
    """The alpha of `logits`, blurred over the cells by which it may well be wrong."""
    padded = F.pad(alpha_of(logits), (DOUBT,) * 4, mode="replicate")
    return F.avg_pool2d(padded, 2 * DOUBT + 1, 1)


def _told(cells: Tensor, prior: Tensor, change: Tensor) -> Tensor:
    """`cells` with the colours that `prior` is sure of; change: found so far of the logit."""
    with torch.no_grad(), torch.autocast(cells.device.type, enabled=False):
        rgb = cells[:, :3].float() + 0.5
        means = torch.cat([rgb, rgb.square().sum(1, keepdim=True)], 1)
        front, back = spread(means, prior)
        share, sure = weigh_evidence(means, front, back, prior)
        spreads = [variance(front).sqrt(), variance(back).sqrt()]
        logits = cells[:, PRIOR : PRIOR + 1]
        found = logits + change * LOGIT_SCALE
        urged = sure * (logit_of(share) * LOGIT_SCALE - found)
        told = [cells[:, :3], logits, front[:, :3] - 0.5, back[:, :3] - 0.5, share, sure, *spreads]
        renewed = torch.cat([*told, cells[:, 14:15], found, urged, cells[:, KNOWN:]], 1)
    return renewed.contiguous(memory_format=torch.channels_last)


def _around(cells: Tensor, windows: Tensor | None, height: int, width: int, step: int) -> Tensor:
    """The cells under each window and one more on every side, repeated at the picture's edge."""
    wide = F.pad(cells, (1, 1, 1, 1), mode="replicate")
    if windows is None:
        return wide
    for axis, size in ((2, height), (3, width)):
        reach = torch.arange(size // step + 2, device=cells.device)
        at = windows[:, axis - 2, None] // step + reach
        shape = [len(at), 1, 1, 1]
        shape[axis] = len(reach)
        wide = torch.take_along_dim(wide, at.view(shape), axis)
    return wide.contiguous(memory_format=torch.channels_last)


def _enlarged(cells: Tensor, factor: int, height: int, width: int, more: int = 0) -> Tensor:
    """`cells`, which have a margin of one, as pixels with a margin of `more`."""
    if factor > 1:
        cells = F.interpolate(cells, scale_factor=factor, mode="bilinear", align_corners=False)
    top = factor - more
    return cells[:, :, top : top + height + 2 * more, top : top + width + 2 * more]
