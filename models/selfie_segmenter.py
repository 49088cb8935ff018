"""Find the subject with one look at the whole frame, then zoom in on it."""

import numpy as np

from kernels.types import Alpha
from models.picture import Picture
from models.segmenter import coarse_size
from models.selfie_runner import Selfie
from models.subject_box import find_extents
from models.window import Window, lay, see

PAD = 0.15


class SelfieSegmenter:
    """MediaPipe Selfie nets, landscape for finding and general for zooming."""

    def __init__(self, quality: str = "balanced") -> None:
        """Raises WeightsError when a net cannot be loaded."""
        self._find = Selfie("selfie_landscape")
        self._zoom = Selfie("selfie_general")
        self._quality = quality

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        height, width = coarse_size(picture.height, picture.width)
        whole = _around(picture, 0, 0, 1, 1, 144 / 256)
        found = lay(
            self._find(see(picture, whole, 144, 256)[None])[0], whole, picture, height, width
        )
        out = np.zeros_like(found)
        for extent in find_extents(found, 3):
            window = _around(picture, *_padded(extent), 1.0)
            rgb = see(picture, window, 256, 256)
            pair = self._zoom(np.stack([rgb, rgb[:, ::-1]]))
            crop = lay(pair[0], window, picture, height, width)
            mirror = lay(np.ascontiguousarray(pair[1][:, ::-1]), window, picture, height, width)
            out = np.maximum(out, np.cbrt(found * crop * mirror))
        return out

    def reset(self) -> None:
        """Forget all pictures seen."""


def _padded(extent):
    t, l, b, r = extent
    return (
        max(t - PAD * (b - t), 0),
        max(l - PAD * (r - l), 0),
        min(b + PAD * (b - t), 1),
        min(r + PAD * (r - l), 1),
    )


def _around(
    picture: Picture, top: float, left: float, bottom: float, right: float, aspect: float
) -> Window:
    h, w = (bottom - top) * picture.height, (right - left) * picture.width
    wide = max(w, h / aspect)
    tall = wide * aspect
    cy, cx = (top + bottom) / 2 * picture.height, (left + right) / 2 * picture.width
    y = _shift(cy - tall / 2, tall, picture.height)
    x = _shift(cx - wide / 2, wide, picture.width)
    return Window(round(y), round(x), round(tall), round(wide))


def _shift(start: float, length: float, size: int) -> float:
    if length >= size:
        return (size - length) / 2
    return min(max(start, 0), size - length)
