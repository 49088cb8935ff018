"""The memory of an encoder's picture, plane by plane, and alpha as code values."""

from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from kernels.layout import Layout
from kernels.types import Alpha, Plane


def quantized(
    alpha: Alpha | None, span: float, shape: tuple[int, ...], dtype: Any, low: float = 0
) -> Plane:
    """low + span * alpha, rounded, as `dtype`; alpha None is opaque, of `shape`."""
    if alpha is None:
        return np.full(shape, low + span, dtype)
    depth = cv2.CV_8U if dtype is np.uint8 else cv2.CV_16U
    # OpenCV rounds to nearest and saturates, three times as fast as numpy's rint and clip.
    return np.asarray(cv2.addWeighted(alpha, span, alpha, 0, low, dtype=depth))


def luma_range(layout: Layout) -> tuple[float, float]:
    """(code value of black, code values from black to white)."""
    step = 1 << layout.depth - 8
    return (0.0, float(layout.peak)) if layout.full_range else (16.0 * step, 219.0 * step)


def plane_of(picture: av.VideoFrame, number: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """(rows, line) writable samples of a plane, padding at the line's end included."""
    plane = picture.planes[number]
    buffer: Any = plane
    samples: npt.NDArray[Any] = np.frombuffer(buffer, dtype)
    return samples.reshape(-1, plane.line_size // samples.itemsize)[: plane.height]


def fill(view: npt.NDArray[Any], plane: Plane) -> None:
    """Copy `plane`, repeating its last row and column where the view is larger."""
    tall, wide = plane.shape
    view[:tall, :wide] = plane
    if wide < view.shape[1]:
        view[:tall, wide:] = plane[:, -1:]
    if tall < view.shape[0]:
        view[tall:] = view[tall - 1]
