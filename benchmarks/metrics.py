"""How far an alpha is from the true one, as the matting literature measures it.

Grad and Conn after Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting"
(CVPR 2009); dtSSD after Erofeev et al., "Perceptually Motivated Benchmark for Video Matting"
(BMVC 2015). Alphas are (H, W) in [0, 1]; all is computed in float64. `where`, (H, W) bool, limits
what is counted; a mean over nothing is NaN, a sum over nothing 0. Lower is better, unless said
otherwise. Arrays of different shapes raise ValueError.
"""

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb

Where = npt.NDArray[np.bool_]
_Values = npt.NDArray[np.float64]

BAND_PIXELS, BAND_LINES = 12, 1080
"""The band reaches this many pixels beyond the truth's edge in a picture of this many lines."""
_STEPS = 10
_PHI = 0.15
_SIGMA, _REACH = 1.4, 4


def band(truth: Alpha) -> Where:
    """Where `truth` is fractional or near its edge: within 12 px at 1080 lines, else in proportion.

    The lines are those of the picture's shorter side; the reach is rounded, and at least 1.
    """
    reach = 2 * max(1, round(BAND_PIXELS * min(truth.shape) / BAND_LINES)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near_subject = np.asarray(cv2.dilate((truth > 0).astype(np.uint8), disc)) > 0
    near_scene = np.asarray(cv2.dilate((truth < 1).astype(np.uint8), disc)) > 0
    return np.asarray(near_subject & near_scene)


def mad(alpha: Alpha, truth: Alpha, where: Where | None = None) -> float:
    """Mean absolute difference, x 1e3."""
    return _mean(np.abs(_difference(alpha, truth)), where) * 1e3


def mse(alpha: Alpha, truth: Alpha, where: Where | None = None) -> float:
    """Mean squared difference, x 1e3."""
    return _mean(_difference(alpha, truth) ** 2, where) * 1e3


def grad(alpha: Alpha, truth: Alpha, where: Where | None = None) -> float:
    """Sum of squared differences of the gradients' magnitudes, / 1e3."""
    _same_shape(alpha, truth)
    return _sum((_slope(alpha) - _slope(truth)) ** 2, where) / 1e3


def conn(alpha: Alpha, truth: Alpha, where: Where | None = None) -> float:
    """Sum of differences in how firmly each pixel hangs on what both alphas hold, / 1e3.

    What both hold is the largest 4-connected component of the pixels that reach a level in both
    alphas, for levels 0, 0.1 .. 1. A pixel is as connected as the highest level up to which it
    belongs there; falling short of its alpha by less than 0.15 counts as nothing.
    """
    _same_shape(alpha, truth)
    level = _connected(np.minimum(alpha, truth))
    firm = [_firmness(each.astype(np.float64), level) for each in (alpha, truth)]
    return _sum(np.abs(firm[0] - firm[1]), where) / 1e3


def dtssd(
    alpha: Alpha, before: Alpha, truth: Alpha, truth_before: Alpha, where: Where | None = None
) -> float:
    """Root of the mean squared difference of the changes since the frame before, x 1e2."""
    change = _difference(_difference(alpha, before), _difference(truth, truth_before))
    return float(np.sqrt(_mean(change**2, where)) * 1e2)


def foreground_mse(
    foreground: Rgb, true_foreground: Rgb, truth: Alpha, where: Where | None = None
) -> float:
    """Mean squared difference of (H, W, 3) uint8 colours as [0, 1] where truth > 0, x 1e3."""
    off = (_difference(foreground, true_foreground) / 255) ** 2
    seen = truth > 0 if where is None else where & (truth > 0)
    return _mean(off.mean(axis=2), seen) * 1e3


def strand_recall(alpha: Alpha, truth: Alpha, coarse: Alpha) -> tuple[float, int]:
    """Share, and number, of the strand pixels that are found; higher is better.

    coarse: (H, W), the coarse alpha enlarged to the picture. Strand pixels are those whose truth
    lies strictly between 0.1 and 0.9, outside the coarse alpha's contour (coarse < 0.5): hair and
    other fine things that pass 1 missed. One is found where |alpha - truth| < 0.2, so an alpha of
    0 finds only what is fainter than that. (NaN, 0) where there is none.
    """
    error = np.abs(_difference(alpha, truth))
    _same_shape(coarse, truth)
    strands = (truth > 0.1) & (truth < 0.9) & (coarse < 0.5)
    return _mean(error < 0.2, strands), int(strands.sum())


def auroc(estimate: npt.NDArray[np.floating], wrong: Where) -> float:
    """Chance that an estimate of error is larger where `wrong` than elsewhere, ties half.

    estimate, wrong: of one shape. 0.5 is worthless, 1 perfect; NaN unless both kinds occur.
    """
    _same_shape(estimate, wrong)
    many, rest = int(wrong.sum()), int(wrong.size - wrong.sum())
    if not many or not rest:
        return float("nan")
    _, place, counts = np.unique(estimate, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    total = ranks[place.reshape(wrong.shape)][wrong].sum()
    return float((total - many * (many + 1) / 2) / (many * rest))


def _slope(alpha: Alpha) -> _Values:
    """Magnitude of the gaussian derivative, 9 x 9, kernels of unit L2 norm, borders replicated."""
    x = np.arange(-_REACH, _REACH + 1)
    smooth = np.exp(-(x**2) / (2 * _SIGMA**2))
    derive = -x * smooth
    # The norm of an outer product is the product of the norms.
    smooth, derive = smooth / np.linalg.norm(smooth), derive / np.linalg.norm(derive)
    wide = alpha.astype(np.float64)
    across = cv2.sepFilter2D(wide, -1, derive, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(wide, -1, smooth, derive, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down))


def _connected(held: Alpha) -> _Values:
    """The highest level, 0 to 1, up to which each pixel belongs to the largest component."""
    level = np.ones(held.shape)
    open_ = np.ones(held.shape, np.bool_)
    for step in range(1, _STEPS + 1):
        lost = open_ & ~_largest(held >= held.dtype.type(step / _STEPS))
        level[lost] = (step - 1) / _STEPS
        open_ &= ~lost
    return level


def _largest(solid: Where) -> Where:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=4)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    if not len(sizes):
        return np.zeros(solid.shape, np.bool_)
    return np.asarray(labels == 1 + int(sizes.argmax()))


def _firmness(alpha: _Values, level: _Values) -> _Values:
    short = alpha - level
    return 1 - short * (short >= _PHI)


def _difference(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> _Values:
    _same_shape(first, second)
    return np.asarray(first.astype(np.float64) - second.astype(np.float64))


def _same_shape(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> None:
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} is not the shape {second.shape}")


def _mean(values: npt.NDArray[np.generic], where: Where | None) -> float:
    counted = values if where is None else values[where]
    return float(counted.mean(dtype=np.float64)) if counted.size else float("nan")


def _sum(values: _Values, where: Where | None) -> float:
    return float((values if where is None else values[where]).sum())
