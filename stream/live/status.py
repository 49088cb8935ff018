"""What a running session tells of itself."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

State = Literal["starting", "live", "private", "camera lost", "no matte", "stopped"]


@dataclass(frozen=True, slots=True)
class Status:
    """A moment of a session.

    state: what is shown; message: why, in words, or "". camera: its name; size: (height, width);
    rate: frames a second that were asked for. fps: frames a second that are sent, over the last
    seconds. latency, latency_99: milliseconds from capture to send, median and 99th percentile
    over the last seconds. captured, sent, dropped, late, repeated: frames since the start: read,
    sent with a new picture, left out for a newer one, sent after more than a frame's time, sent
    again for want of a new one. stages: median milliseconds a frame by stage. step: how far the
    governor has gone, 0 for full quality, and what that means. processor: cores' worth of time
    used. outputs: where the picture goes.
    """

    state: State = "starting"
    message: str = ""
    camera: str = ""
    size: tuple[int, int] = (0, 0)
    rate: float = 0.0
    fps: float = 0.0
    latency: float = 0.0
    latency_99: float = 0.0
    captured: int = 0
    sent: int = 0
    dropped: int = 0
    late: int = 0
    repeated: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    step: int = 0
    step_means: str = ""
    processor: float = 0.0
    outputs: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON takes it."""
        return asdict(self)
