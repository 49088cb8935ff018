"""A segmenter that knows where the subject of tests.moved is."""

import threading

from kernels.types import Alpha, Plane
from models.picture import Picture
from stream.frame import Frame
from tests.moved import SIDE, picture_of, texture, truth

DT = 0.04


class Eye:
    """Knows where the subject is, and remembers what it was asked. gate: what it waits for."""

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        self.seen: list[tuple[int, float | None]] = []
        self.glances: list[int] = []
        self.glimpses: list[tuple[int, Alpha | None, bool]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()
        self.error: Exception | None = None

    def picture(self, left: int, **more: Plane) -> Frame:
        frame = picture_of(left, **more)
        self.places[id(frame.planes[0])] = left
        return frame

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        assert self.gate.wait(20)
        self.threads.add(threading.current_thread().name)
        left = self.places[id(picture.planes[0])]
        self.seen.append((left, dt))
        if self.error is not None:
            raise self.error
        return truth(left)

    def glance(self, picture: Picture, dt: float | None) -> Alpha:
        self.glances.append(len(self.seen))
        return self(picture, dt)

    def glimpse(self, picture: Picture, last: Alpha | None, remembers: bool) -> Alpha:
        left = self.places[id(picture.planes[0])]
        self.glimpses.append((left, last, remembers))
        return truth(left)

    def reset(self) -> None:
        self.seen.append((-1, None))


def other_subject() -> Plane:
    """One whose motion cannot be followed."""
    return texture(SIDE, SIDE, 130, 235)
