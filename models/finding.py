"""A look at a whole frame that runs beside other work."""

from collections.abc import Callable
from threading import Thread

from kernels.types import Alpha, Rgb


class Finding(Thread):
    """Begins at once, in a thread of its own."""

    def __init__(self, look: Callable[[Rgb], Alpha], rgb: Rgb) -> None:
        """rgb: (H, W, 3) uint8, of a size that `look` takes."""
        # A program that ended meanwhile would be aborted by the net's library.
        super().__init__(name="find", daemon=False)
        self._look, self._rgb = look, rgb
        self._alpha: Alpha | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See the class."""
        try:
            self._alpha = self._look(self._rgb)
        except BaseException as error:  # whoever asked must see it
            self._error = error

    def alpha(self) -> Alpha:
        """What was found; waits for it."""
        self.join()
        if self._alpha is None:
            raise RuntimeError("the look at the whole frame failed") from self._error
        return self._alpha
