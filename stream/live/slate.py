"""What is shown when there is no picture to show: a plain card with a word of why."""

import textwrap
from functools import lru_cache

import av
import cv2
import numpy as np

from kernels.types import Planes
from stream.decode import view_of
from stream.live.normal import LIVE_FORMAT, PIXELS

_GROUND, _INK, _DIM = (24, 26, 30), (236, 238, 242), (150, 155, 165)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_COLUMNS = 46


@lru_cache(maxsize=8)
def slate(height: int, width: int, title: str, text: str = "") -> Planes:
    """Planes of a (height, width) 8-bit 4:2:0 card, BT.601, limited range; never written to.

    height, width: even. title: a few words; text: a line or two below, may be "".
    """
    card = np.empty((height, width, 3), np.uint8)
    card[:] = _GROUND
    unit = min(height, width) / 720
    _write(card, title, 0.46, 1.6 * unit, _INK)
    for number, line in enumerate(textwrap.wrap(text, _COLUMNS)[:3]):
        _write(card, line, 0.56 + 0.06 * number, 0.8 * unit, _DIM)
    made = av.VideoFrame.from_ndarray(card, format="rgb24").reformat(
        format=PIXELS, src_color_range="JPEG", dst_color_range="MPEG",
        src_colorspace="ITU601", dst_colorspace="ITU601",
    )  # fmt: skip
    planes = tuple(view_of(plane, LIVE_FORMAT) for plane in made.planes)
    for plane in planes:
        plane.setflags(write=False)
    return planes


def _write(
    card: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], text: str, at: float, size: float,
    ink: tuple[int, int, int],
) -> None:  # fmt: skip
    """One line, centred, made smaller where it would not fit."""
    height, width = card.shape[:2]
    thick = max(1, round(size * 1.6))
    wide = cv2.getTextSize(text, _FONT, size, thick)[0][0]
    size = min(size, size * 0.9 * width / max(wide, 1))
    wide = cv2.getTextSize(text, _FONT, size, thick)[0][0]
    place = (width - wide) // 2, round(at * height)
    cv2.putText(card, text, place, _FONT, size, ink, thick, cv2.LINE_AA)
