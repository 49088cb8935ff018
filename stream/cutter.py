"""The few lines a program needs: RGB in, alpha and foreground out."""

import numpy as np

from kernels.types import Alpha, Rgb
from models.matting import open_matting
from models.segmenter import DEFAULT_SEGMENTER
from stream.frame import Frame


class Cutter:
    """Cuts people out of RGB pictures of one stream, in order.

    quality: "fast", "balanced" or "best"; segmenter: "hairline", "selfie" or the path of an .onnx
    file; smoothing: time constant in seconds, None for the default. Call it from one thread.
    Raises ValueError on an unknown word, WeightsError when a net cannot be loaded.
    """

    def __init__(
        self,
        quality: str = "balanced",
        segmenter: str = DEFAULT_SEGMENTER,
        smoothing: float | None = None,
    ) -> None:
        self._matting = open_matting(segmenter, quality, smoothing)

    def __call__(
        self, rgb: Rgb, seconds: float | None = None, coarse: Alpha | None = None
    ) -> tuple[Alpha, Rgb]:
        """(alpha (H, W) float32 in [0, 1], foreground (H, W, 3) uint8) of `rgb` (H, W, 3) uint8.

        seconds: when the picture is shown; None for a still that follows nothing. coarse: your
        own coarse alpha, (h, w) float32 of any size, in pass 1's place. Where alpha is 1 the
        foreground is the picture; in the band it is free of background; beyond it means nothing.
        """
        frame = Frame.from_rgb(rgb)
        found = self._matting(frame, seconds, coarse)
        green, blue, red = found.foreground
        return found.alpha, np.stack([red, green, blue], axis=2)

    def reset(self) -> None:
        """Forget everything: the next picture starts a new shot."""
        self._matting.reset()
