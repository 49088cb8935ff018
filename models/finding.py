"""A look at a whole frame that runs beside other work."""

from threading import Thread

import numpy as np

from kernels.types import Alpha, Rgb
from models.selfie_runner import Selfie


class Finding(Thread):
    """Begins at once, in a thread of its own."""

    def __init__(self, net: Selfie, rgb: Rgb) -> None:
        """rgb: (H, W, 3) uint8, of a size that the net takes."""
        # A program that ended meanwhile would be aborted by the net's library.
        super().__init__(name="find", daemon=False)
        self._net, self._rgb = net, rgb
        self._alpha: Alpha | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        try:
            self._alpha = np.asarray(self._net(self._rgb[None])[0], np.float32)
        except BaseException as error:  # whoever asked must see it
            self._error = error

    def alpha(self) -> Alpha:
        """What was found; waits for it."""
        self.join()
        if self._alpha is None:
            raise RuntimeError("the look at the whole frame failed") from self._error
        return self._alpha
