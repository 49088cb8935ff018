"""Portraits that can be cut out as truths, by an alpha that a teacher gives of them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.training.codec import Image
from models.training.portraits import Layer, layer_of, steepened
from stream.errors import UsageError

_LONGEST, _SHORTEST = 1600, 560


def resting(alpha: Alpha) -> int:
    """The row above which a person of `alpha` (H, W) touches no side; H where none is touched."""
    touched = (alpha[:, :2].max(axis=1) > 0) | (alpha[:, -2:].max(axis=1) > 0)
    return int(touched.argmax()) if touched.any() else alpha.shape[0]


def fault(alpha: Alpha) -> str:
    """Why `alpha` (H, W), which goes no lower than it is to be shown, is no truth; "" if it is.

    Too much of it is undecided far from its 0.5 contour, it is cropped at the head or floats,
    it is not of one piece, or it is not head and shoulders.
    """
    sure = np.asarray(alpha > 0.5, np.uint8)
    rows = np.flatnonzero(sure.any(axis=1))
    if len(rows) < 2 or not 0.1 < sure.mean() < 0.8:
        return "empty or full"
    if alpha[0].max() > 0 or rows[-1] < alpha.shape[0] - 1:
        return "head or lower edge cropped"
    sizes = cv2.connectedComponentsWithStats(np.asarray(alpha > 0.1, np.uint8))[2][1:, 4]
    if sizes.sum() > 1.01 * sizes.max():
        return "in pieces"
    widths, tall = sure.sum(axis=1), rows[-1] - rows[0] + 1
    head = widths[: rows[0] + tall // 3].max()
    if not 0.6 < tall / widths.max() < 1.7 or widths[-1] < 1.3 * head:
        return "not head and shoulders"
    far = sum(cv2.distanceTransform(each, cv2.DIST_L2, 3) for each in (sure, 1 - sure))
    unsure = (alpha > 0.05) & (alpha < 0.95) & (np.asarray(far) > 0.03 * tall)
    return "undecided" if unsure.sum() > 0.004 * sure.sum() else ""


def people(
    paths: Sequence[Path], order: Sequence[int], teacher: Callable[[Rgb], Alpha]
) -> Iterator[tuple[int, Layer]]:
    """The portraits at `paths` in this `order`: the number of each that is fit, and its cut-out.

    teacher: from (H, W, 3) uint8 to alpha (H, W) float32. Says on stderr why one is not fit.
    """
    seen: list[Image] = []
    for number in order:
        rgb = _portrait(paths[number])
        why = "no colour portrait that is large enough" if rgb is None else ""
        if rgb is not None:
            small = np.asarray(cv2.resize(rgb, (16, 16), interpolation=cv2.INTER_AREA), np.float32)
            why = "seen before" if any(np.abs(small - each).mean() < 12 for each in seen) else ""
            seen.append(small)
        if rgb is not None and not why:
            alpha = _largest(steepened(teacher(rgb)))
            end = resting(alpha)
            why = "cut by its sides" if end < 0.75 * len(alpha) else fault(alpha[:end])
            why = "small" if end < _SHORTEST else why
            if not why:
                yield number, layer_of(rgb[:end], alpha[:end])
        print(f"portrait {number}: {why or 'taken'}", file=sys.stderr, flush=True)


def _portrait(path: Path) -> Rgb | None:
    """RGB of at most _LONGEST pixels a side; None if too small, gray, or cut out already."""
    read = read_picture(path)
    if read.ndim < 3 or read.shape[2] == 4 or min(read.shape[:2]) < _SHORTEST:
        return None
    scale = min(1.0, _LONGEST / max(read.shape[:2]))
    read = np.asarray(cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    gray = np.ptp(read.astype(np.int16), axis=2).mean() < 6
    return None if gray else np.ascontiguousarray(read[..., ::-1], np.uint8)


def _largest(alpha: Alpha) -> Alpha:
    """`alpha` without what does not hang together with its largest piece."""
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(np.asarray(alpha > 0, np.uint8))
    largest = 1 + int(sizes[1:, 4].argmax()) if len(sizes) > 1 else 0
    return np.asarray(alpha * (labels == largest), np.float32)


def pictures(folder: Path, pattern: str) -> list[Path]:
    """The pictures of `folder` that `pattern` names; UsageError where there are none."""
    ends = {".jpg", ".jpeg", ".png"}
    found = sorted(each for each in folder.glob(pattern) if each.suffix.lower() in ends)
    if not found:
        raise UsageError(f"{folder} holds no picture {pattern}")
    return found


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """As it lies in the file, BGR; UsageError where it is none of 8 bits."""
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is None or read.dtype != np.uint8:
        raise UsageError(f"{path}: no picture of 8 bits")
    return np.asarray(read, np.uint8)
