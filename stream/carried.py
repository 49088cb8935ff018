"""The demuxing side: video packets one way, carried packets the other, and what is missing."""

import re
from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from stream.companions import Companions, Packet
from stream.trim import Trim

CARRIED_TYPES = ("audio", "subtitle")
ATTACHED_TYPE = "attachment"
EARLY = 10
"""Seconds before the start from which sound is kept until the first frame is known."""
TOLERANCE = Fraction(1, 2)
"""Seconds by which a whole file's last frame may end before its header says."""


class CarriedPackets:
    """Demuxes a container; packets of carried streams are handed to `companions`.

    companions: None when nothing is carried. origin: seconds that become time 0, None until the
    source knows; carried packets wait for it.
    """

    def __init__(
        self, container: InputContainer, video: VideoStream, trim: Trim, carry: bool
    ) -> None:
        self._container, self._video, self._trim = container, video, trim
        self._streams = tuple(s for s in container.streams if carry and s.type in CARRIED_TYPES)
        attached = tuple(s for s in container.streams if s.type == ATTACHED_TYPE)
        self.companions = (
            Companions(
                (*self._streams, *attached), list(container.chapters()), dict(container.metadata)
            )
            if carry
            else None
        )
        self.left_out = [
            f"{s.type} stream {s.index} is left out"
            for s in container.streams
            if carry and s is not video and s.type not in {*CARRIED_TYPES, ATTACHED_TYPE}
        ]
        self.origin: Fraction | None = None
        self._waiting: list[Packet] = []
        self._reached: dict[int, Fraction] = {}
        self._demuxer = container.demux(video, *self._streams)

    @property
    def seconds(self) -> Fraction | None:
        """The video's length as its header tells it, None when it does not."""
        return self._header_length() or self._container_length()

    def video_packets(self) -> Iterator[Packet]:
        """The video's packets, the final empty one included; others go to `companions`."""
        for packet in self._demuxer:
            if packet.pts is not None and packet.time_base:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                index = packet.stream.index
                self._reached[index] = max(end, self._reached.get(index, end))
            # The empty packets at the end all say 0 in stream_index, but know their stream.
            if packet.stream.index == self._video.index:
                yield packet
            elif packet.size:
                self._carry(packet)

    def drain(self, end: Fraction | None) -> None:
        """Read on until every carried stream has reached `end` seconds."""
        if end is None or not self._streams:
            return
        behind = {stream.index for stream in self._streams if stream.type == "audio"}
        for packet in self.video_packets():
            behind = {index for index in behind if self._reached.get(index, Fraction(0)) < end}
            far = packet.pts is not None and packet.pts * self._video.time_base > end + 10  # type: ignore[operator]
            if not behind or far:
                return

    def _carry(self, packet: Packet) -> None:
        if self.companions is None:
            return
        if self.origin is None and self._too_early(packet):
            return
        self._waiting.append(packet)
        if self.origin is None:
            return
        for waiting in self._waiting:
            if self._trimmed(waiting):
                self.companions.packets.append(waiting)
        self._waiting.clear()

    def _too_early(self, packet: Packet) -> bool:
        """Whether `packet` clearly ends before the part asked for begins."""
        if packet.pts is None or packet.time_base is None:
            return bool(self._trim.start)
        return packet.pts * packet.time_base < self._trim.start - EARLY

    def _trimmed(self, packet: Packet) -> bool:
        """Whether `packet` lies in the part asked for; its times are shifted to it."""
        if not self.origin and self._trim.end is None:
            return True
        if packet.pts is None or packet.time_base is None:
            return False
        seconds = packet.pts * packet.time_base
        if self._trim.end is not None and seconds >= self._trim.end:
            return False
        origin = self.origin or Fraction(0)
        if self._trim.start and seconds < origin:
            return False
        offset = round(origin / packet.time_base)
        packet.pts -= offset
        if packet.dts is not None:
            packet.dts -= offset
        return True

    def shortfall(self) -> str | None:
        """How far a file read to its end stays behind its header; None when it does not."""
        reached = self._reached.get(self._video.index)
        if reached is None:
            return None
        length = self._header_length()
        if length is None:
            length, reached = self._container_length(), max(self._reached.values())
        if length is None or reached + TOLERANCE >= length + self._begin():
            return None
        return f"it ends at {float(reached):.2f} s of {float(length):.2f} s"

    def _begin(self) -> Fraction:
        start, base = self._video.start_time, self._video.time_base
        return start * base if start is not None and base is not None else Fraction(0)

    def _header_length(self) -> Fraction | None:
        stream: Stream = self._video
        if stream.duration and stream.time_base:
            return Fraction(stream.duration * stream.time_base)
        # Matroska keeps a track's length as a tag.
        found = re.match(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
        if not found:
            return None
        hours, minutes, seconds = found.groups()
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)

    def _container_length(self) -> Fraction | None:
        length = self._container.duration
        return Fraction(length, av.time_base) if length else None
