"""Pass 1 by two opinions: the Selfie net's near look, and the project's own net on the whole frame.

The first is sharp and takes a chair for a person; the second knows better and is blurred. Where
they agree the alpha is sure, where they do not it is as unsure as both together.
"""

import numpy as np

from kernels.types import Alpha
from models.fusion import agreed
from models.person_net import SMALLEST
from models.person_runner import PersonRunner
from models.picture import Picture
from models.selfie_segmenter import SelfieSegmenter
from models.window import Window, lay, see, tile_size

AREA = 144 * 256
"""Pixels that the net of the whole frame is given; it was trained on as many."""
WEIGHTS = "person"


class PersonSegmenter:
    """Looks near where somebody is, and at each whole frame with a memory of those before."""

    def __init__(self, quality: str = "balanced") -> None:
        """Raises WeightsError when the weights cannot be loaded."""
        self._near, self._far = SelfieSegmenter(quality), PersonRunner(WEIGHTS)

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._near.reset()
        self._far.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        if dt is None:
            self._far.reset()
        near = self._near(picture, dt)
        window = Window(0, 0, picture.height, picture.width)
        # A strip is squashed: the net needs some rows and columns.
        height, width = (max(side, SMALLEST) for side in tile_size(window, AREA))
        far = self._far(see(picture, window, height, width))
        return agreed(near, lay(np.ascontiguousarray(far), window, picture, *near.shape))
