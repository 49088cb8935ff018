"""How long a track of reordered packets lasts."""

from stream.companions import Packet


class Span:
    """Follows one stream's packets in coding order.

    MOV and MP4 count a track's length in coding order, where the times of reordered pictures of
    uneven length do not add up to what is shown; the last packet makes up for the difference.
    """

    def __init__(self) -> None:
        self._first: tuple[int, int] | None = None
        self._last_dts = 0
        self._begin = 0
        self._end = 0

    def add(self, packet: Packet) -> None:
        """Take note of the next packet; its duration is that of the picture it holds."""
        pts = packet.pts or 0
        dts = packet.dts if packet.dts is not None else pts
        if self._first is None:
            self._first = (pts, dts)
            self._begin, self._end = pts, pts
        self._begin = min(self._begin, pts)
        self._end = max(self._end, pts + (packet.duration or 0))
        self._last_dts = dts

    def last_duration(self) -> int:
        """The duration of the last packet by which both orders last equally long; at least 1."""
        if self._first is None:
            raise ValueError("no packet was added")
        return max(1, self._first[1] + self._end - self._begin - self._last_dts)
