"""Coarse alphas of known flaws, made from true ones."""

import cv2
import numpy as np

from kernels.types import Alpha

CELL = 5
THUMB = (36, 64)
SHRUNK = 256
FLAWS = ("shrunk", "hard", "blurred", "eroded", "thumb", "shrunk256", "identity")


def flawed(alpha: Alpha, flaw: str) -> Alpha:
    """`alpha` as a coarse alpha with the `flaw`, (h, w) float32 in [0, 1].

    "shrunk": to cells of 5 pixels; "hard", "blurred", "eroded" (and shifted by a cell): that,
    spoilt; "thumb": to at most 64x36; "shrunk256": to 256 on the long side; "identity": as it is.
    All shrinking is by area. Raises ValueError on another flaw.
    """
    if flaw not in FLAWS:
        raise ValueError(f"flaw must be one of {', '.join(FLAWS)}, got {flaw!r}")
    height, width = alpha.shape
    if flaw == "identity":
        return alpha
    if flaw == "thumb":
        return _shrunk(alpha, min(1, THUMB[0] / height, THUMB[1] / width))
    if flaw == "shrunk256":
        return _shrunk(alpha, min(1, SHRUNK / max(height, width)))
    coarse = _shrunk(alpha, 1 / CELL)
    if flaw == "hard":
        coarse = (coarse > 0.5).astype(np.float32)
    elif flaw == "blurred":
        coarse = np.asarray(cv2.GaussianBlur(coarse, (0, 0), 1.5), np.float32)
    elif flaw == "eroded":
        eroded = cv2.GaussianBlur(cv2.erode(coarse, np.ones((3, 3))), (0, 0), 0.8)
        coarse = np.asarray(np.roll(eroded, 1, axis=1), np.float32)
    return coarse


def _shrunk(alpha: Alpha, scale: float) -> Alpha:
    height, width = alpha.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
