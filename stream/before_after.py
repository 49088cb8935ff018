"""One picture of what a cut-out did: frame, matte, cut-out, and a close look at its edge."""

import itertools
from pathlib import Path

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from stream.errors import SinkError, SourceError
from stream.read_back import rgba_pictures

LOUD = np.array([255, 0, 255], np.float32)
"""Magenta: no hair, skin or room has it, so every leak shows."""
CLOSE = 96
"""Side in pixels of the close look, shown four times as large."""


def write_before_after(clip: Path, cutout: Path, path: Path, index: int = 30) -> None:
    """Write frame `index` of `clip`, its matte in `cutout` (VP9 alpha) and both joined on magenta.

    Raises SinkError when `path` cannot be written.
    """
    frame, _ = _picture(clip, index)
    straight, alpha = _picture(cutout, index)
    weight = alpha[..., None]
    loud = np.rint(straight * weight + LOUD * (1 - weight)).astype(np.uint8)
    matte = np.repeat(np.rint(weight * 255).astype(np.uint8), 3, axis=2)
    rows = [np.hstack([frame, matte, loud])]
    rows.append(np.hstack([_close(each, alpha) for each in (frame, matte, loud)]))
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), sheet):
        raise SinkError(f"{path}: cannot be written")


def _picture(path: Path, index: int) -> tuple[Rgb, Alpha]:
    found = next(itertools.islice(rgba_pictures(str(path)), index, None), None)
    if found is None:
        raise SourceError(f"{path}: has no picture number {index}")
    return found


def _close(picture: Rgb, alpha: Alpha) -> Rgb:
    """The part around the highest point of the left edge, enlarged to the picture's width."""
    height, width = alpha.shape
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    row = int(rows[0] + 0.35 * (rows[-1] - rows[0])) if len(rows) else height // 2
    columns = np.flatnonzero(alpha[row] > 0.5)
    column = int(columns[0]) if len(columns) else width // 2
    top = min(max(row - CLOSE // 2, 0), height - CLOSE)
    left = min(max(column - CLOSE // 2, 0), width - CLOSE)
    part = picture[top : top + CLOSE, left : left + CLOSE]
    size = width, width // 2
    wide = part[CLOSE // 4 : CLOSE // 4 + CLOSE // 2]
    return np.asarray(cv2.resize(wide, size, interpolation=cv2.INTER_CUBIC))
