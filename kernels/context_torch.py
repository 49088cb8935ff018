"""Colours spread anew, and what they say: kernels.spread and kernels.evidence for training."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.evidence import NOISE
from kernels.spread import UNSURE


def spread(means: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
    """Sure colours of both sides over all cells, as kernels.spread.spread finds them.

    means: (N, 4, h, w) RGB in [0, 1] and its squared length; prior: (N, 1, h, w) in [0, 1].
    Returns foreground and background, (N, 4, h, w) each.
    """
    front = (1 - (1 - prior) / UNSURE).clamp(min=0).square()
    back = (1 - prior / UNSURE).clamp(min=0).square()
    return _pull_push(means, front), _pull_push(means, back)


def weigh_evidence(
    means: Tensor, foreground: Tensor, background: Tensor, prior: Tensor
) -> tuple[Tensor, Tensor]:
    """Projection and confidence, (N, 1, h, w) each, as kernels.evidence.weigh_evidence."""
    seen, front, back = means[:, :3], foreground[:, :3], background[:, :3]
    vary_front, vary_back = variance(foreground), variance(background)
    between, above = front - back, seen - back
    along, apart = _sum(above * between), _sum(between * between)
    share = (along / (apart + 1e-6)).clamp(0, 1)
    off = (_sum(above * above) - 2 * share * along + share * share * apart).clamp(min=0)
    vary = share.square() * vary_front + (1 - share).square() * vary_back
    doubt = (float(NOISE) + vary / 3 + off / 2) / (apart + 1e-6)
    open_ = prior * (1 - prior)
    return share, open_ / (open_ + doubt)


def variance(side: Tensor) -> Tensor:
    """(N, 1, h, w) summed variance of spread colours (N, 4, h, w)."""
    return (side[:, 3:] - _sum(side[:, :3].square())).clamp(min=0)


def _sum(values: Tensor) -> Tensor:
    return values.sum(1, keepdim=True)


def _pull_push(means: Tensor, weight: Tensor) -> Tensor:
    """kernels.pyramid.pull_push for one side; where nothing is known, the mean of all."""
    weight = weight + 1e-8
    levels = [torch.cat([means * weight, weight], 1)]
    while max(levels[-1].shape[2:]) > 1:
        below = levels[-1]
        padded = F.pad(below, (0, below.shape[3] % 2, 0, below.shape[2] % 2))
        summed = F.avg_pool2d(padded, 2) * 4
        levels.append(summed / summed[:, 4:].clamp(min=1))
    colours = levels[-1][:, :4] / levels[-1][:, 4:]
    for level in reversed(levels[:-1]):
        wide = F.interpolate(colours, scale_factor=2, mode="bilinear", align_corners=False)
        height, width = level.shape[2:]
        colours = level[:, :4] + (1 - level[:, 4:]).clamp(min=0) * wide[..., :height, :width]
    return colours
