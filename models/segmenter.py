"""Pass 1: a picture to a coarse alpha. What the pipeline asks of any segmenter."""

from pathlib import Path
from typing import Protocol

from kernels.types import Alpha
from models.picture import Picture

QUALITIES = ("fast", "balanced", "best")
LONG_SIDE = 512
SEGMENTERS = ("hairline", "selfie")
DEFAULT_SEGMENTER = "hairline"


class Segmenter(Protocol):
    """Gives a coarse alpha of each picture of a shot, in order."""

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """Coarse alpha (h, w) float32 in [0, 1] of the whole picture, in its aspect.

        dt: seconds since the previous picture of the same shot, None where there is none.
        """

    def reset(self) -> None:
        """Forget all pictures seen."""


def coarse_size(height: int, width: int) -> tuple[int, int]:
    """Size of the coarse alpha of a (height, width) picture: its long side at most LONG_SIDE."""
    scale = min(1.0, LONG_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def open_segmenter(name: str, quality: str, patient: bool = True) -> Segmenter:
    """One of SEGMENTERS, or the net in the file `name`.onnx.

    patient: whether a picture may wait a little longer than others, as none may in live.
    Raises ValueError on another name or quality, WeightsError when a net cannot be loaded.
    """
    if quality not in QUALITIES:
        raise ValueError(f"quality must be one of {', '.join(QUALITIES)}, got {quality!r}")
    if name == "hairline":
        from models.person_segmenter import PersonSegmenter

        return PersonSegmenter(quality, patient)
    if name == "selfie":
        from models.selfie_segmenter import SelfieSegmenter

        return SelfieSegmenter(quality)
    if Path(name).suffix.lower() == ".onnx":
        from models.onnx_segmenter import open_onnx

        return open_onnx(Path(name))
    names = ", ".join(SEGMENTERS)
    raise ValueError(f"segmenter must be {names} or the path of an .onnx file, got {name!r}")
