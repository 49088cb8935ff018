"""Find the subjects with a look at the whole frame, then zoom in on each.

The nets keep the frame's own aspect: being convolutional they take any size, and letterboxing
a frame adds half to their error.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.picture import Picture
from models.search import Far, Search, look
from models.segmenter import coarse_size
from models.subject_box import EVIDENCE, PAD, Extent, SubjectBoxes, subjects
from models.surroundings import Surroundings
from models.window import Window, lay, see, tile_size, whole

Near = Callable[[Picture, Window], Alpha]
"""What a window of a picture shows, to alpha of any size of that."""
_ROUNDING = 1e-6
_STILL = 5
"""Times that a look at the whole frame is put off while nothing moves around the subjects."""
_RIM = 2
"""A subject this near the edge of its box, in coarse pixels, may go on beyond it."""


class Zoom:
    """Looks far now and then, and near each time."""

    def __init__(
        self,
        far: Sequence[Far],
        area: int,
        near: Near,
        find_every: float,
        pad: float = PAD,
        patient: bool = True,
    ) -> None:
        """far: nets that must agree. area: pixels that each is given.

        find_every: seconds between two looks far, at most; 0 for one at each picture. Where
        nothing moves around the subjects they are rarer. pad: room around a subject, in its longer
        sides. patient: whether a picture may take longer than others; else what is found far counts
        a picture or two later, also for a subject that has left its box.
        """
        self._far, self._area, self._near, self._find_every = far, area, near, find_every
        self._pad = pad
        self._boxes, self._around, self._patient = SubjectBoxes(pad), Surroundings(), patient
        self.reset()

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._boxes.reset()
        self._around.forget()
        self._put_off = 0
        self._last: Alpha | None = None
        self._since_find = 0.0
        self._search: Search | None = None

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter."""
        size = coarse_size(picture.height, picture.width)
        if dt is None or self._last is None or self._last.shape != size:
            self.reset()
            dt = None
        evidence = np.zeros(size, np.float32) if self._last is None else self._last
        self._since_find += dt or 0.0
        found = self._found(picture, dt or 0.0)
        if found is not None:
            evidence = np.maximum(evidence, found)
        boxes = self._boxes.follow(evidence, dt)
        alpha = _zoomed(self._near, picture, boxes, size)
        if found is None and _escapes(alpha, boxes):
            evidence = alpha
            if self._patient:
                evidence = np.maximum(alpha, self._find(picture))
            else:
                self._since_find = self._find_every  # one is due
            alpha = _zoomed(self._near, picture, self._boxes.follow(evidence, dt), size)
        self._last = alpha
        return alpha

    def _found(self, picture: Picture, dt: float) -> Alpha | None:
        """What a look at the whole frame finds; None where none was due.

        Where a subject is known, such a look runs beside the picture's other work, and counts for
        the next one, `dt` seconds on: else every few pictures would take twice as long.
        """
        if self._last is None or not (self._last > EVIDENCE).any():
            self._search = None
            return self._find(picture)
        if self._find_every == 0:
            return self._find(picture)
        found = None if self._search is None else self._search.result()
        if found is not None:
            self._search = None
        if self._search is None and self._since_find + dt >= self._find_every - _ROUNDING:
            self._since_find = 0.0
            self._look_beside(self._whole(picture), self._last)
        return None if found is None else _laid(found, picture)

    def _look_beside(self, rgb: Rgb, last: Alpha) -> None:
        """Begin a look at the whole frame, if there may be anything new in it."""
        is_still = self._around.are_still(rgb, self._boxes.now, last)
        self._put_off = self._put_off + 1 if is_still else _STILL
        if self._put_off < _STILL:
            return
        self._keep(rgb)
        self._search = Search(self._far, rgb, at_once=self._patient)

    def _find(self, picture: Picture) -> Alpha:
        self._since_find = 0.0
        rgb = self._whole(picture)
        self._keep(rgb)
        return _laid(look(self._far, rgb), picture)

    def _keep(self, rgb: Rgb) -> None:
        self._around.keep(rgb)
        self._put_off = 0

    def _whole(self, picture: Picture) -> Rgb:
        return see(picture, whole(picture), *tile_size(whole(picture), self._area))

    def peek(self, far: Sequence[Far], near: Near, picture: Picture, last: Alpha | None) -> Alpha:
        """What `near` makes of the subjects in `last`, the coarse alpha of nearly the same picture.

        last: None, or one of another size or of nobody, to look for subjects far first. Nothing is
        remembered, so another thread may look meanwhile; far and near must not wait for it.
        """
        size = coarse_size(picture.height, picture.width)
        if last is None or last.shape != size or not (last > EVIDENCE).any():
            last = _laid(look(far, self._whole(picture)), picture)
        return _zoomed(near, picture, SubjectBoxes(self._pad).follow(last, None), size)


def _zoomed(near: Near, picture: Picture, boxes: list[Extent], size: tuple[int, int]) -> Alpha:
    """What is in `boxes` of the coarse grid of `size`, seen from near; 0 elsewhere."""
    out = np.zeros(size, np.float32)
    for box in boxes:
        window = _window(box, size, picture)
        np.maximum(out, lay(near(picture, window), window, picture, *size), out=out)
    return out


def _laid(alpha: Alpha, picture: Picture) -> Alpha:
    return lay(alpha, whole(picture), picture, *coarse_size(picture.height, picture.width))


def _window(box: Extent, size: tuple[int, int], picture: Picture) -> Window:
    """The picture's pixels under a box of the coarse grid."""
    scale_y, scale_x = picture.height / size[0], picture.width / size[1]
    top, left = int(box.top * scale_y), int(box.left * scale_x)
    bottom = min(-int(-box.bottom * scale_y // 1), picture.height)
    right = min(-int(-box.right * scale_x // 1), picture.width)
    return Window(top, left, max(bottom - top, 1), max(right - left, 1))


def _escapes(alpha: Alpha, boxes: list[Extent]) -> bool:
    """Whether a subject touches its box where the picture goes on.

    A speck at the edge does not count: no box grows for it, so that looking again, which takes
    twice a picture's time, would not end before it goes.
    """
    return _touches(alpha > EVIDENCE, boxes) and _touches(subjects(alpha), boxes)


def _touches(seen: npt.NDArray[np.bool_], boxes: list[Extent]) -> bool:
    """Whether anything `seen` lies at a box's edge where the picture goes on."""
    height, width = seen.shape
    for box in boxes:
        top, left, bottom, right = (int(edge) for edge in box)
        inside = seen[top:bottom, left:right]
        if inside.size and (
            (top > 0 and inside[:_RIM].any())
            or (left > 0 and inside[:, :_RIM].any())
            or (bottom < height and inside[-_RIM:].any())
            or (right < width and inside[:, -_RIM:].any())
        ):
            return True
    return False
