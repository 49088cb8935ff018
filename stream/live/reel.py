"""A picture or film behind the subject, made ready by a thread of its own."""

import threading
from dataclasses import dataclass
from fractions import Fraction

from kernels.fit import fit_planes
from kernels.layout import Layout
from kernels.types import Planes
from stream.backgrounds import Film, Still, fitted, open_background, solid_planes
from stream.errors import StreamError, UsageError
from stream.frame import Frame
from stream.live.look import Fit

_LONGEST_STEP = Fraction(1, 2)
"""Seconds by which a film moves on at most from one frame to the next: a gap is not caught up."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a picture is fitted into."""

    layout: Layout
    height: int
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    planes: Planes
    shape: _Shape


class Reel:
    """Opens the picture or film `name` and keeps what it shows fitted into frames like `front`.

    Never makes its caller wait: opening, reading and fitting is done in a thread. trouble: one
    line once it cannot go on, else "". The picture shown last then stays.
    """

    def __init__(self, name: str, fit: Fit, front: Frame) -> None:
        self.trouble = ""
        self._name = name
        self._asked = fit, _shape_of(front)
        self._newest: _Ready | None = None
        self._stopgap: tuple[_Ready, _Ready] | None = None
        self._last: Fraction | None = None
        self._played = Fraction(0)
        self._ticked, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether there is a picture."""
        return self._newest is not None

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def planes(self, front: Frame, fit: Fit) -> Planes:
        """The newest picture in the layout and size of `front`, whose time moves a film on.

        After a change of `fit` or of the frame's shape, the picture as it was fitted before, until
        it is fitted anew. Raises ValueError before it is ready.
        """
        if self._last is not None:
            self._played += min(max(front.seconds - self._last, Fraction(0)), _LONGEST_STEP)
        self._last = front.seconds
        self._asked = fit, _shape_of(front)
        self._ticked.set()
        if self._newest is None:
            raise ValueError(f"background {self._name} is not ready")
        return self._like(self._newest, self._asked[1])

    def close(self, patience: float = 0.0) -> None:
        """Let the thread end, and wait up to `patience` seconds for it; safe to call twice."""
        self._stopping.set()
        self._ticked.set()
        if patience:
            self._thread.join(patience)

    def _like(self, ready: _Ready, shape: _Shape) -> Planes:
        if ready.shape == shape:
            return ready.planes
        gap = self._stopgap
        if gap is None or gap[0] is not ready or gap[1].shape != shape:
            was = ready.shape.layout
            planes = fit_planes(ready.planes, was, shape.layout, shape.height, shape.width, "cover")
            gap = self._stopgap = ready, _Ready(planes, shape)
        return gap[1].planes

    def _run(self) -> None:
        opened: Still | Film | None = None
        try:
            opened = _opened(self._name)
            self._play(opened)
        except Exception as error:  # whatever it is, the show goes on with what is there
            self.trouble = _line(self._name, error)
        finally:
            if opened is not None:
                opened.close()

    def _play(self, opened: Still | Film) -> None:
        shown: tuple[Frame, tuple[Fit, _Shape]] | None = None
        while not self._stopping.is_set():
            frame, asked = opened.at(self._played), self._asked
            if shown is None or frame is not shown[0] or asked != shown[1]:
                fit, shape = asked
                planes = fitted(frame, shape.layout, shape.height, shape.width, fit)
                self._newest, shown = _Ready(planes, shape), (frame, asked)
            self._ticked.wait()
            self._ticked.clear()


def warm_up(front: Frame) -> None:
    """Compile what 8-bit pictures and films need for frames like `front`."""
    layout = Layout("yuv", 8, 1, 1, "bt709", False)
    whole = solid_planes((0, 0, 0), layout, 32, 64)
    # Decoders pad some rows and not others, which are two kinds of array.
    padded = tuple(plane[:, : plane.shape[1] // 2] for plane in whole)
    for planes in (whole, padded):
        fit_planes(planes, layout, front.layout, 16, 24, "contain")


def _shape_of(front: Frame) -> _Shape:
    return _Shape(front.layout, front.height, front.width)


def _opened(name: str) -> Still | Film:
    opened = open_background(name)
    if not isinstance(opened, Still | Film):
        raise UsageError(f"background {name!r} is no picture or film")
    return opened


def _line(name: str, error: Exception) -> str:
    text = str(error)
    if not isinstance(error, StreamError | UsageError):
        text = f"background {name}: {type(error).__name__}: {error}"
    return text.splitlines()[0]
