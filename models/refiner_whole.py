"""The learned refiner in plain torch: how it is trained, and what kernels must equal."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.context import CONFIDENCE, KNOWN, PRIOR
from kernels.context_torch import spread, variance, weigh_evidence
from kernels.near import APART, BESIDE, GUESSES, SPARE
from models.refiner_net import RefinerNet, alpha_of, logit_of
from models.refiner_shape import DOUBT, LOGIT_SCALE

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
    logits = _logits(wide)
    doubted = F.pad(alpha_of(logits), (DOUBT,) * 4, mode="replicate")
    doubted = F.avg_pool2d(doubted, 2 * DOUBT + 1, 1)
    prior, change, looked = doubted, torch.zeros_like(logits), []
    for _ in range(net.shape.looks):
        noticed = net.scout(_told(wide, prior, change))
        change = noticed[:, -1:].float()
        looked.append(alpha_of(logits + change))
        prior = looked[-1].clamp(0, 1)
    near = F.interpolate(noticed.float(), scale_factor=2, mode="bilinear", align_corners=False)
    near = near[..., : cells.shape[2], : cells.shape[3]]
    features, change = torch.split(near, [near.shape[1] - 1, 1], 1)
    logits = _logits(cells)
    told = _told(cells, alpha_of(logits + change).clamp(0, 1), change)
    found = net.context(torch.cat([told, features], 1)).float()
    lines, colours, further, error = torch.split(found, [_LINES + BESIDE, 6, 1, 1], 1)
    change, sure = change + further, told[:, CONFIDENCE : CONFIDENCE + 1]
    joined = torch.cat([told[:, 4:10] + colours, sure, change * LOGIT_SCALE, lines], 1)
    return Views(joined, error, tuple(looked), alpha_of(logits + change))


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
    small = _enlarged(cells, 2, height // part, width // part)
    seen, level = F.avg_pool2d(rgb, part), logit_of(F.avg_pool2d(coarse, part)) * LOGIT_SCALE
    sides, lines, features = torch.split(small, [8, _LINES, BESIDE], 1)
    told = _read(seen, level, sides, lines)
    trunk = net.trunk(torch.cat([*told, features], 1)).float()
    # One pixel more than the result, which the last net looks at.
    margin = reach * part - 1
    inner = slice(margin, -margin)
    rgb, coarse = rgb[..., inner, inner], logit_of(coarse[..., inner, inner]) * LOGIT_SCALE
    rows, columns = rgb.shape[2:]
    spare = _enlarged(trunk, part, rows - 2, columns - 2, 1)
    lines, features = torch.split(spare, [_LINES, SPARE - _LINES], 1)
    sides = _enlarged(cells[:, :8], step, height, width)[..., inner, inner]
    bright, level, along, _, urged, *guesses = _read(rgb, coarse, sides, lines)
    out = net.fine(torch.cat([bright, level, along, urged, *guesses, features], 1)).float()
    core = slice(1, -1)
    alpha = alpha_of(level[..., core, core] / LOGIT_SCALE + out[:, :1])
    front, back = torch.split((sides[..., core, core] + 0.5), [3, 5], 1)
    return Whole(alpha, front, back[:, :3], out[:, 1:])


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
