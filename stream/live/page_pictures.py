"""Small JPEG pictures for the page. Nothing here launches parallel kernels."""

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from stream.frame import Frame
from stream.live.preview import Shown

WIDEST = 640
"""Pixels of a preview picture's longer side."""
_QUALITY = 82
Part = Literal["picture", "camera", "alpha"]
PARTS: dict[str, tuple[Part, ...]] = {
    "result": ("picture",),
    "matte": ("alpha",),
    "compare": ("picture", "camera"),
}
"""What each way of looking needs."""


def parts_of(shown: Shown, way: str) -> dict[Part, bytes]:
    """JPEG pictures for `way` of PARTS; what a slate does not have is left out."""
    return {
        part: jpeg_of(source, WIDEST)
        for part in PARTS[way]
        if (source := getattr(shown, part)) is not None
    }


def jpeg_of(source: "Frame | Alpha", widest: int) -> bytes:
    """A JPEG of a frame, or of (H, W) alpha in [0, 1], shrunk until no side exceeds `widest`."""
    tall, wide = (source.height, source.width) if isinstance(source, Frame) else source.shape
    scale = min(1.0, widest / max(tall, wide))
    height, width = max(1, round(tall * scale)), max(1, round(wide * scale))
    if isinstance(source, Frame):
        return _encoded(cv2.cvtColor(source.rgb(height, width), cv2.COLOR_RGB2BGR))
    small = cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA)
    return _encoded(np.rint(small.clip(0, 1) * 255).astype(np.uint8))


def _encoded(samples: npt.NDArray[Any]) -> bytes:
    done, data = cv2.imencode(".jpg", samples, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"no JPEG can be made of {samples.shape} {samples.dtype}")
    return data.tobytes()
