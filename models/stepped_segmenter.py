"""Pass 1 that can be made cheaper from one picture to the next."""

from kernels.types import Alpha
from models.picture import Picture
from models.segmenter import Segmenter


class SteppedSegmenter:
    """One segmenter, or a quicker one where that is too dear. Belongs to one thread."""

    def __init__(self, full: Segmenter, quick: Segmenter | None = None) -> None:
        """quick: None where there is no quicker one."""
        self._full, self._quick = full, quick or full
        self._is_quick = self._is_new = False

    def set_cost(self, is_quick: bool) -> None:
        """Which of them, from the next picture on; it begins anew."""
        self._is_new |= is_quick != self._is_quick and self._full is not self._quick
        self._is_quick = is_quick

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._full.reset()
        if self._quick is not self._full:
            self._quick.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        segmenter = self._quick if self._is_quick else self._full
        since, self._is_new = None if self._is_new else dt, False
        return segmenter(picture, since)
