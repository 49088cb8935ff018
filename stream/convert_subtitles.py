"""Text subtitles in another container's dialect; times and text stay."""

from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.stream import Stream

from stream.companions import Packet

_CODECS = {"webm": "webvtt", "mp4": "mov_text", "mov": "mov_text", "matroska": "subrip"}
_PICTURES = {
    "dvd_subtitle",
    "dvdsub",
    "hdmv_pgs_subtitle",
    "pgssub",
    "dvb_subtitle",
    "dvbsub",
    "xsub",
}


class ConvertedSubtitles:
    """Decodes cues and writes them in the container's own kind of text.

    Raises ValueError for subtitles that are pictures, or a container without text subtitles.
    """

    def __init__(self, container: OutputContainer, template: Stream) -> None:
        source: Any = template.codec_context
        if container.format.name not in _CODECS:
            raise ValueError(f"{container.format.name} holds no subtitles")
        if source.name in _PICTURES:
            raise ValueError(f"{container.format.name} holds no subtitles that are pictures")
        source.open(strict=False)
        stream: Any = container.add_stream(_CODECS[container.format.name])
        # The encoders refuse to open without the header that names the styles.
        stream.codec_context.subtitle_header = source.subtitle_header
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.time_base = Fraction(1, 1000)
        self.stream = stream
        self._decoder = source

    def convert(self, packet: Packet) -> list[Packet]:
        """The cue in the new dialect, at the same time and for as long."""
        try:
            cues = self._decoder.decode2(packet)
        except av.error.InvalidDataError:
            return []
        if cues is None or not len(cues):
            return []
        out = self.stream.codec_context.encode_subtitle(cues)
        out.pts, out.dts, out.duration = packet.pts, packet.dts, packet.duration
        out.time_base = packet.time_base
        out.stream = self.stream
        return [out]

    def flush(self) -> list[Packet]:
        """Nothing is held back."""
        return []
