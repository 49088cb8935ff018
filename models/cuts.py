"""Tell where a new shot starts, from thumbnails alone."""

import numpy as np
import numpy.typing as npt

from kernels.types import Rgb
from models.picture import Picture

LONG, SHORT = 32, 18
"""Sides of the thumbnail: small enough that hands and camera shake move few of its pixels."""
UNLIKE = 0.3
"""Least dissimilarity (1 - correlation) of a cut; unrelated pictures have about 1."""
RESTLESS = 4.0
"""A cut also exceeds the recent average this many times, so that a shaken camera is no cut."""
CALM = 0.85
"""Share of the average that one more picture keeps."""
CHANGED, CHANGED_SHARE = 20, 0.25
"""Levels by which a pixel must differ, and the share of the pixels that must, to make a cut."""
REACH = 3
"""Thumbnail pixels by which a panning camera may move between two pictures."""
FLAT = 2.0
"""Levels of contrast below which a picture counts as flat."""

_Thumbnail = npt.NDArray[np.float32]


class CutDetector:
    """Compares each picture with the one before; keeps a thumbnail and one average of those.

    Two shots look unlike each other wherever they are shifted, and in most places. Light that
    changes leaves the correlation, a hand leaves most pixels, and a pan leaves a shift.
    """

    def __init__(self) -> None:
        self._previous: _Thumbnail | None = None
        self._usual = 0.0

    def __call__(self, picture: Picture) -> bool:
        """Whether `picture` starts a new shot; False for the first one after `reset`."""
        current = _thumbnail(picture)
        previous, self._previous = self._previous, current
        if previous is None or previous.shape != current.shape:
            self._usual = 0.0
            return previous is not None
        score = unlikeness(previous, current)
        is_cut = score > max(UNLIKE, RESTLESS * self._usual)
        is_cut = is_cut and _changed_share(previous, current) > CHANGED_SHARE
        is_cut = is_cut and _shifted_unlikeness(previous, current) > UNLIKE
        self._usual = 0.0 if is_cut else CALM * self._usual + (1 - CALM) * score
        return is_cut

    def reset(self) -> None:
        """Forget the previous picture."""
        self._previous = None
        self._usual = 0.0


def unlikeness(first: _Thumbnail, second: _Thumbnail) -> float:
    """1 - correlation of two (h, w, 3) float32 pictures, 0 to 2; blind to gain and offset.

    Two flat pictures, such as black ones, are alike; a flat one and another are not.
    """
    first, second = first - first.mean((0, 1)), second - second.mean((0, 1))
    flat = first.size * FLAT**2
    energy = np.sqrt(((first**2).sum() + flat) * ((second**2).sum() + flat))
    return 1 - float(((first * second).sum() + flat) / energy)


def _thumbnail(picture: Picture) -> _Thumbnail:
    is_wide = picture.width >= picture.height
    rgb: Rgb = picture.rgb(SHORT, LONG) if is_wide else picture.rgb(LONG, SHORT)
    return rgb.astype(np.float32)


def _changed_share(first: _Thumbnail, second: _Thumbnail) -> float:
    change = second - first
    change -= np.median(change, (0, 1))
    return float((np.abs(change).max(2) > CHANGED).mean())


def _shifted_unlikeness(first: _Thumbnail, second: _Thumbnail) -> float:
    """Least unlikeness over the shifts that a panning camera makes."""
    height, width = first.shape[:2]
    least = 2.0
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            one = first[max(down, 0) : height + down, max(right, 0) : width + right]
            two = second[max(-down, 0) : height - down, max(-right, 0) : width - right]
            least = min(least, unlikeness(one, two))
    return least
