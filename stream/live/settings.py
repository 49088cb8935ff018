"""What a live session is to do, for as long as it runs."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from models.segmenter import DEFAULT_SEGMENTER
from stream.live.look import Look

LIVE_QUALITIES = ("auto", "fast", "balanced", "best")
To = Literal["virtual", "window", "none"]
DEFAULT_SIZE = (720, 1280)
DEFAULT_RATE = Fraction(30)
SPIN, SPINS = "GOMP_SPINCOUNT", "5000"
"""How long threads of kernels wait awake for the next one, to be set before they are loaded.

Pictures come one by one, and a core that sleeps between two kernels takes longer to wake than
many of them take: on two cores pass 2 took 21 ms so, and 15 ms awake.
"""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """One session, as the command line asks for it.

    camera: see stream.live.cameras.find_camera, or a URL or file; None for the first camera.
    size: (height, width) of the output, None for the camera's own; rate: frames a second, None
    likewise. look: at the start. quality: "auto" goes as far as the time allows. latency: frames
    that may be worked on at once beyond the first. to: where the picture goes; device: the
    virtual camera to write to, None for the first. record: a file to keep it in, None for none.
    ui: port of the control page, 0 for any, None for no page. config: a TOML file that is read
    again whenever it changes. seconds: to run, None for ever.
    """

    camera: str | None = None
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    look: Look = field(default_factory=Look)
    quality: str = "auto"
    segmenter: str = DEFAULT_SEGMENTER
    latency: int = 0
    to: To = "virtual"
    device: str | None = None
    record: str | None = None
    overwrite: bool = False
    ui: int | None = None
    config: str | None = None
    seconds: float | None = None
