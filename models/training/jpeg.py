"""JPEG and back; apart from the other codecs, since it needs no library but OpenCV."""

import cv2
import numpy as np

from kernels.types import Rgb


def jpeg_coded(rgb: Rgb, quality: int) -> Rgb:
    """`rgb` (H, W, 3) uint8 after JPEG 4:2:0 of `quality` 1 to 100."""
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
