"""Pass 1 by the project's own net: one look at the whole frame, with a memory of those before."""

from kernels.types import Alpha
from models.person_net import SMALLEST
from models.person_runner import PersonRunner
from models.picture import Picture
from models.window import Window, see, tile_size

AREAS = {"fast": 144 * 256, "balanced": 144 * 256, "best": 216 * 384}
"""Pixels that the net is given."""
WEIGHTS = "person"


class PersonSegmenter:
    """Looks at each whole frame in its own aspect."""

    def __init__(self, quality: str = "balanced") -> None:
        """Raises WeightsError when the weights cannot be loaded."""
        self._net, self._area = PersonRunner(WEIGHTS), AREAS[quality]

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._net.reset()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter; the alpha has the net's own size."""
        if dt is None:
            self.reset()
        window = Window(0, 0, picture.height, picture.width)
        # A strip is squashed: the net needs some rows and columns.
        height, width = (max(side, SMALLEST) for side in tile_size(window, self._area))
        return self._net(see(picture, window, height, width))
