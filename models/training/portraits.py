"""Photographs of people with the labels that models.training.label leaves: whole, and cut out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb

Layer = npt.NDArray[np.float32]
"""(H, W, 4) float32: RGB in [0, 1] times alpha, and alpha, which any linear warp keeps true."""

SIDE = 400
"""Of the long side, in pixels, as labels are: who fills a picture of 416x416 is nearly sharp."""
KINDS = "jpg", "png", "webp"
"""Of files: as they were found, labels, and small copies that travel."""
_HAZE = np.float32(0.03)
_AGREED = 0.75
"""Intersection over union of the two opinions, below which a label is not believed."""
_DISPUTED, _VAGUE = 0.4, 0.2


@dataclass(frozen=True)
class Portrait:
    """A picture of people; what is made of it is kept, for it is asked for hundreds of times.

    rgb: (H, W, 3) uint8; alpha: (H, W) uint8, 255 for certain; trust: (H, W) uint8, what alpha is
    worth; cut: whether people go on beyond the top, left, bottom and right side.
    """

    rgb: Rgb
    alpha: npt.NDArray[np.uint8]
    trust: npt.NDArray[np.uint8]
    cut: tuple[bool, bool, bool, bool]

    @cached_property
    def empty(self) -> Rgb:
        """The picture with what is around the people spread over them: (H, W, 3) uint8."""
        near = cv2.dilate(self.alpha, np.ones((9, 9), np.uint8))
        outside = 1 - unit(near)[..., None]
        picture = unit(self.rgb)
        return _bytes(picture * outside + spread(picture, outside[..., 0]) * (1 - outside))

    def layer(self) -> Layer:
        """The people alone, the colours behind their edge replaced by those within."""
        alpha = self.alpha[..., None] / np.float32(255)
        return np.dstack([self._own * (alpha / 255), alpha]).astype(np.float32)

    @cached_property
    def _own(self) -> Rgb:
        """The picture with the people's colours spread a little beyond them: (H, W, 3) uint8."""
        picture = unit(self.rgb)
        sure = np.asarray(cv2.erode(self.alpha, np.ones((3, 3), np.uint8)) > 242, np.float32)
        within = sure[..., None]
        return _bytes(picture * within + spread(picture, sure, (1, 3, 8)) * (1 - within))


def unit(picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """`picture` in [0, 1]."""
    return np.asarray(picture / np.float32(255), np.float32)


def spread(
    picture: npt.NDArray[np.float32], known: Alpha, sigmas: Sequence[float] = (4, 12, 40, 120)
) -> npt.NDArray[np.float32]:
    """Colours (H, W, 3) where `known` (H, W) is 0 from where it is 1, near ones first."""
    height, width = known.shape
    out = np.zeros_like(picture)
    missing = np.ones((height, width), np.float32)
    for sigma in sigmas:
        # Wide blurs on a smaller grid: the same colours at a hundredth of the cost.
        shrink = max(1, int(sigma / 3))
        size = max(1, width // shrink), max(1, height // shrink)
        both = np.dstack([picture * known[..., None], known])
        small = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
        wide = np.asarray(cv2.resize(blurred, (width, height)), np.float32)
        share = np.minimum(missing, np.clip(wide[..., 3] * 20, 0, 1))[..., None]
        out += share * wide[..., :3] / np.maximum(wide[..., 3:], np.float32(1e-4))
        missing = missing - share[..., 0]
    mean = (picture * known[..., None]).sum((0, 1)) / max(float(known.sum()), 1.0)
    found = np.clip(out + missing[..., None] * mean.astype(np.float32), 0, 1)
    return np.asarray(found, np.float32)


def read_portraits(
    folder: Path, kind: str = "people", part: int = 0, parts: int = 1
) -> list[Portrait]:
    """All pictures of folder/kind that have labels which agree; of `parts`, one in turn each."""
    paths = pictures_in(folder / "alpha" / kind)[part::parts]
    found = (read_portrait(folder, kind, path.stem) for path in paths)
    return [each for each in found if each is not None]


def read_portrait(folder: Path, kind: str, name: str) -> Portrait | None:
    """The picture `name` of folder/kind; None where its two labels disagree."""
    labels = [
        _picture(folder / each / kind, name, cv2.IMREAD_GRAYSCALE) for each in ("alpha", "second")
    ]
    read = _picture(folder / kind, name, cv2.IMREAD_COLOR)
    if read is None or labels[0] is None or labels[1] is None:
        return None
    scale = min(1.0, SIDE / max(labels[0].shape))
    size = round(labels[0].shape[1] * scale), round(labels[0].shape[0] * scale)
    rgb = cv2.resize(read, size, interpolation=cv2.INTER_AREA)[..., ::-1]
    first = cv2.resize(labels[0], size, interpolation=cv2.INTER_AREA) / np.float32(255)
    second = cv2.resize(labels[1], size) / np.float32(255)
    alpha = steepened(first)
    sure, other = alpha > 0.5, second > 0.5
    if (sure & other).sum() < _AGREED * (sure | other).sum() or sure.mean() < 0.01:
        return None
    trust = np.where(np.abs(alpha - second) > 0.5, np.float32(_DISPUTED), np.float32(1))
    trust[vague(alpha)] = _VAGUE
    picture = np.ascontiguousarray(rgb, np.uint8)
    return Portrait(picture, _bytes(alpha), _bytes(trust), cut_sides(sure))


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder as gather, label and carry write them, in order."""
    return sorted(each for kind in KINDS for each in folder.glob(f"*.{kind}"))


def _picture(folder: Path, name: str, how: int) -> npt.NDArray[np.uint8] | None:
    paths = [folder / f"{name}.{kind}" for kind in KINDS]
    found = next((cv2.imread(str(each), how) for each in paths if each.exists()), None)
    return None if found is None else np.asarray(found, np.uint8)


def layer_of(rgb: Rgb, alpha: Alpha) -> Layer:
    """The person of `rgb` (H, W, 3) by `alpha` (H, W), without the colours behind their edge."""
    return layered(own_colours(rgb, alpha), alpha)


def own_colours(rgb: Rgb, alpha: Alpha) -> Rgb:
    """The colours of the person of `rgb` (H, W, 3) by `alpha` (H, W), going on beyond them."""
    import pymatting

    found = pymatting.estimate_foreground_ml(rgb / 255, alpha.astype(np.float64))
    return _bytes(np.asarray(found, np.float32).clip(0, 1))


def layered(own: Rgb, alpha: Alpha) -> Layer:
    """Colours (H, W, 3) and alpha (H, W) as one."""
    share = alpha[..., None]
    return np.dstack([unit(own) * share, share])


def cut_sides(sure: npt.NDArray[np.bool_]) -> tuple[bool, bool, bool, bool]:
    """Whether people, where `sure` (H, W), go on beyond the top, left, bottom and right side."""
    sides = (sure[:2], sure[:, :2], sure[-2:], sure[:, -2:])
    top, left, bottom, right = (bool(each.any()) for each in sides)
    return top, left, bottom, right


def steepened(alpha: Alpha) -> Alpha:
    """`alpha` with below 0.03 at 0 and above 0.97 at 1, linear between; (H, W) float32."""
    return np.asarray(((alpha - _HAZE) / (1 - 2 * _HAZE)).clip(0, 1), np.float32)


def vague(alpha: Alpha) -> npt.NDArray[np.bool_]:
    """Where an alpha that is neither 0 nor 1 is far from any edge, and thus a guess."""
    sure = np.asarray(alpha > 0.5, np.uint8)
    far = cv2.distanceTransform(sure, cv2.DIST_L2, 3) + cv2.distanceTransform(
        1 - sure, cv2.DIST_L2, 3
    )
    return np.asarray((alpha > 0.1) & (alpha < 0.9) & (far > 0.03 * max(alpha.shape)))


def _bytes(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)
