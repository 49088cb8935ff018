"""Pass 1 that is made cheaper and dearer while it runs."""

import numpy as np

from kernels.types import Alpha
from models.picture import Picture
from models.stepped_segmenter import SteppedSegmenter
from stream.frame import Frame

FRAME = Frame.from_rgb(np.zeros((32, 32, 3), np.uint8))


class Told:
    """Notes the times it is told."""

    def __init__(self, level: float) -> None:
        self.level, self.seen = level, list[float | None]()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        self.seen.append(dt)
        return np.full((8, 8), self.level, np.float32)

    def reset(self) -> None:
        self.seen.clear()


def test_who_takes_over_begins_anew() -> None:
    full, quick = Told(0.25), Told(0.75)
    segmenter = SteppedSegmenter(full, quick)
    levels = []
    for is_quick, dt in ((False, None), (False, 0.1), (True, 0.1), (True, 0.1), (False, 0.1)):
        segmenter.set_cost(is_quick)
        levels.append(float(segmenter(FRAME, dt)[0, 0]))
    assert levels == [0.25, 0.25, 0.75, 0.75, 0.25]
    assert full.seen == [None, 0.1, None]
    assert quick.seen == [None, 0.1]
    segmenter.reset()
    assert not full.seen
    assert not quick.seen


def test_one_that_has_no_quicker_one_goes_on() -> None:
    only = Told(0.5)
    segmenter = SteppedSegmenter(only, only)
    for is_quick in (False, True, False):
        segmenter.set_cost(is_quick)
        segmenter(FRAME, 0.1)
    assert only.seen == [0.1, 0.1, 0.1]
