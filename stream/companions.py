"""What travels beside the picture: sound, subtitles, attachments, chapters, metadata."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import av
from av.stream import Stream

Packet: TypeAlias = "av.Packet[Any]"


@dataclass(slots=True)
class Companions:
    """Streams of the input to carry over, and the packets read from them so far.

    streams: the input's audio, subtitle, data and attachment streams, used as templates.
    chapters: as PyAV gives them. packets: appended to by the thread that demultiplexes and
    drained by the sink before each picture, so only what is in flight is ever held.
    """

    streams: tuple[Stream, ...] = ()
    chapters: Sequence[Any] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    packets: deque[Packet] = field(default_factory=deque)
