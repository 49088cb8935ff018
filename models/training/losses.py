"""What a refined alpha, foreground and error estimate cost in training."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.refiner_whole import Views, Whole

_LEVELS = 4


class Taste(NamedTuple):
    """What is minded.

    easy: mean error of a coarse alpha at which a picture counts half of what a faultless one does;
    worse: how much more counts what is worse than the coarse alpha.
    """

    easy: float = 0.15
    worse: float = 1.0


PLAIN = Taste()


_FLOOR = 0.004
"""Errors below one 8-bit level count as one: nobody sees them, and their log is unbounded."""


class Costs(NamedTuple):
    """Means over a batch; `total` is what is descended."""

    total: Tensor
    alpha: Tensor
    foreground: Tensor
    calibration: Tensor


class Truth(NamedTuple):
    """What is true of windows of pictures.

    rgb, foreground: (N, 3, H, W) in [0, 1]; alpha, coarse: (N, 1, H, W) in [0, 1]. Of the whole
    pictures: cells: (N, 1, h, w) alpha's mean on cells; off: likewise, the coarse alpha's error.
    """

    rgb: Tensor
    foreground: Tensor
    alpha: Tensor
    coarse: Tensor
    cells: Tensor
    off: Tensor


def costs(found: Whole, views: Views, truth: Truth, margin: int, taste: Taste = PLAIN) -> Costs:
    """Weigh `found` against `truth`, which has `margin` more pixels on every side.

    alpha: L1, gradient and Laplacian pyramid, where the band may be; what is worse than the coarse
    alpha counts again, and so does what the first look leaves. foreground: L1 where alpha lets it
    be seen. calibration: negative log likelihood of errors under Laplace distributions of the
    estimated width.
    """
    inner = slice(margin, -margin)
    # The product clamps; a little of what lies beyond is kept, so that it can come back.
    inside = found.alpha.clamp(0, 1)
    alpha = inside + 0.1 * (found.alpha - inside)
    target, coarse = (x[..., inner, inner] for x in (truth.alpha, truth.coarse))
    weight = _weights(target, coarse, taste.easy)
    error = (alpha - target).abs()
    level = (error * weight).sum() / weight.sum()
    slope = _gradients(alpha, target, weight)
    detail = _pyramid(alpha - target, weight)
    worse = (F.relu(_local(error) - _local((coarse - target).abs())) * weight).sum() / weight.sum()
    foreground = _colour(found, truth, inner)
    calibration = _likelihood(found.log_error, error.detach(), weight)
    calibration = calibration + _cells(views, truth)
    cost = (
        level + 0.5 * slope + detail + taste.worse * worse + 0.5 * _looks(views, truth, taste.easy)
    )
    total = cost + 0.3 * foreground + 0.02 * calibration
    return Costs(total, level.detach(), foreground.detach(), calibration.detach())


def _weights(target: Tensor, coarse: Tensor, easy: float) -> Tensor:
    """1 where the band may run, a little elsewhere; more in all where the coarse alpha is good.

    Otherwise the few pictures that no one could mend would drown the many that count.
    """
    off = (coarse - target).abs()
    open_ = ((target > 0.01) & (target < 0.99)) | (off > 0.02)
    near = F.max_pool2d(open_.float(), 9, 1, 4) + 0.05
    return near / (_near(off, near) + easy)


def _looks(views: Views, truth: Truth, easy: float) -> Tensor:
    """L1 on cells after each look, nearly all of it where alpha is open or was mistaken."""
    wide, off = F.avg_pool2d(truth.cells, 2), F.avg_pool2d(truth.off, 2)
    found = [(each, wide, off) for each in views.looked]
    found.append((views.found, truth.cells, truth.off))
    total = off.new_zeros(())
    for alpha, target, mistaken in found:
        weight = ((target > 0.01) & (target < 0.99)).float() + (mistaken > 0.02) + 0.05
        weight = weight / (_near(mistaken, weight) + easy)
        total = total + ((alpha - target).abs() * weight).sum() / weight.sum()
    return total / len(found)


def _near(off: Tensor, weight: Tensor) -> Tensor:
    """Mean of `off` over each picture."""
    return (off * weight).sum((1, 2, 3), keepdim=True) / weight.sum((1, 2, 3), keepdim=True)


def _local(error: Tensor) -> Tensor:
    return F.avg_pool2d(error, 9, 1, 4)


def _gradients(alpha: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    off = alpha - target
    down = (off[..., 1:, :] - off[..., :-1, :]).abs() * weight[..., 1:, :]
    across = (off[..., 1:] - off[..., :-1]).abs() * weight[..., 1:]
    return (down.sum() + across.sum()) / weight.sum()


def _pyramid(off: Tensor, weight: Tensor) -> Tensor:
    """L1 over the bands of a Laplacian pyramid, coarser ones counting for their larger area."""
    total = off.new_zeros(())
    for level in range(_LEVELS):
        small, lighter = F.avg_pool2d(off, 2), F.avg_pool2d(weight, 2)
        rows, columns = small.shape[2] * 2, small.shape[3] * 2
        band = off[..., :rows, :columns] - F.interpolate(small, scale_factor=2, mode="nearest")
        share = weight[..., :rows, :columns]
        total = total + 2**level * (band.abs() * share).sum() / share.sum()
        off, weight = small, lighter
    return total / _LEVELS


def _colour(found: Whole, truth: Truth, inner: slice) -> Tensor:
    """L1 of the subject's colour, after what the picture itself tells given the true alpha."""
    alpha = truth.alpha[..., inner, inner]
    front, back = found.front, found.back
    rgb, foreground = truth.rgb[..., inner, inner], truth.foreground[..., inner, inner]
    rest = 1 - alpha
    unexplained = rgb - alpha * front - rest * back
    estimate = front + alpha / (alpha * alpha + rest * rest) * unexplained
    # What is hardly there is hardly seen, and a foreground of alpha 1 is the picture itself.
    weight = ((alpha > 0.03) & (alpha < 0.99)).float() * (alpha + 0.2)
    return ((estimate - foreground).abs() * weight).sum() / (3 * weight.sum() + 1)


def _likelihood(log_width: Tensor, error: Tensor, weight: Tensor) -> Tensor:
    log_width = log_width.clamp(-6, 1)
    cost = (error + _FLOOR) * torch.exp(-log_width) + log_width
    return (cost * weight).sum() / weight.sum()


def _cells(views: Views, truth: Truth) -> Tensor:
    """The same for what the context expects of the coarse alpha."""
    log_width = views.error.float().clamp(-6, 1)
    return ((truth.off + _FLOOR) * torch.exp(-log_width) + log_width).mean()
