"""Bring your own segmenter: an ONNX file, run by ONNX Runtime (the extra `onnx`).

Two kinds are told apart by their inputs. Stateless nets have one image input, NCHW or NHWC, of
fixed or free size, and give one alpha. Recurrent nets follow Lin et al., "Robust High-Resolution
Video Matting with Temporal Guidance" (WACV 2022): src, r1i to r4i and downsample_ratio.

A float input receives RGB in [0, 1]; a net that wants another range says so in its own ONNX
metadata, `mean` and `std`, three comma-separated numbers each in units of [0, 1]. A uint8 input
receives RGB in 0..255.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kernels.threads import available
from kernels.types import Alpha, Rgb
from models.onnx_alpha import AlphaReader
from models.onnx_signature import (
    STATES,
    Image,
    Session,
    is_recurrent,
    mean_std,
    read_image,
)
from models.picture import Picture
from models.segmenter import Segmenter, coarse_size
from models.weights import MissingExtraError, WeightsError
from models.window import around, lay, see, whole

_STEP = 32
"""Sides of a free-size input are multiples of this, the deepest stride in common use."""


def open_onnx(path: Path) -> Segmenter:
    """The segmenter in an ONNX file.

    Raises MissingExtraError without ONNX Runtime; WeightsError when the file is missing, no ONNX
    model, or a net whose inputs or outputs are neither kind.
    """
    session = _session(path)
    if is_recurrent(session):
        return RecurrentSegmenter(session)
    return StatelessSegmenter(session, read_image(session, path), path)


def _session(path: Path) -> Session:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(
            "an .onnx segmenter needs ONNX Runtime: pip install -e '.[onnx]'"
        ) from error
    if not path.is_file():
        raise WeightsError(f"segmenter {path} is missing")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's classes share no base but this
        reason = str(error).splitlines()[0]
        raise WeightsError(f"segmenter {path} cannot be loaded as an ONNX net: {reason}") from error


class StatelessSegmenter:
    """A net that sees one picture at a time, letterboxed into its input."""

    def __init__(self, session: Session, image: Image, path: Path) -> None:
        """Runs the net once to learn its output; WeightsError when that is no alpha."""
        self._session = session
        self._image = image
        self._mean, self._std = mean_std(session, path)
        self._read = AlphaReader(path)
        height, width = self._image.height or 2 * _STEP, self._image.width or 2 * _STEP
        try:
            self._run(np.zeros((height, width, 3), np.uint8))
        except WeightsError:
            raise
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise WeightsError(f"segmenter {path} does not run: {reason}") from error

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        height, width = coarse_size(picture.height, picture.width)
        tall = self._image.height or -(-height // _STEP) * _STEP
        wide = self._image.width or -(-width // _STEP) * _STEP
        window = around(whole(picture), tall, wide)
        return lay(self._run(see(picture, window, tall, wide)), window, picture, height, width)

    def reset(self) -> None:
        """Nothing is remembered."""

    def _run(self, rgb: Rgb) -> Alpha:
        value: Any = rgb
        if self._image.dtype != np.uint8:
            value = ((rgb / np.float32(255) - self._mean) / self._std).astype(self._image.dtype)
        if self._image.channels_first:
            value = np.ascontiguousarray(value.transpose(2, 0, 1))
        return self._read(self._session.run(None, {self._image.name: value[None]})[0])


class RecurrentSegmenter:
    """A net that carries four states from picture to picture, made anew after a cut."""

    def __init__(self, session: Session) -> None:
        """The session must have the recurrent signature."""
        self._session = session
        kinds = {value.name: value.type for value in session.get_inputs()}
        self._dtype = np.float16 if kinds["src"] == "tensor(float16)" else np.float32
        self._states: list[Any] = []
        self._size = (0, 0)

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        size = coarse_size(picture.height, picture.width)
        if dt is None or size != self._size or not self._states:
            self._states = [np.zeros((1, 1, 1, 1), self._dtype)] * len(STATES)
            self._size = size
        src = (picture.rgb(*size) / np.float32(255)).astype(self._dtype).transpose(2, 0, 1)[None]
        feeds = {"src": src, **dict(zip(STATES, self._states, strict=True))}
        # The picture is coarse already, so the net's own shrinking is switched off.
        feeds["downsample_ratio"] = np.ones(1, np.float32)
        wanted = ["pha", *(name.replace("i", "o") for name in STATES)]
        alpha, *self._states = self._session.run(wanted, feeds)
        return np.asarray(np.clip(alpha[0, 0].astype(np.float32), 0, 1))

    def reset(self) -> None:
        """Forget the states."""
        self._states = []
