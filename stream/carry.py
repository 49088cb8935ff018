"""Write companions into an output: copied packet by packet, converted only where they must be."""

from typing import Protocol

from av.container import OutputContainer
from av.stream import Stream

from stream.companions import Companions, Packet
from stream.convert_audio import ConvertedAudio
from stream.convert_subtitles import ConvertedSubtitles

# Keys that describe the input file itself and would be wrong on the output.
_OF_THE_FILE = {
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration", "alpha_mode",
    "handler_name", "vendor_id",
}  # fmt: skip
_QUICKTIME = {"deu": "ger", "nld": "dut", "ell": "gre", "isl": "ice", "zho": "chi", "fre": "fra"}
_EMPTY_CUE = 2
_STATISTICS = ("_statistics", "number_of_", "bps")
_MOV_KEYS = {
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre",
    "copyright", "grouping", "lyrics", "description", "synopsis", "show", "episode_id", "network",
    "keywords", "track", "disc", "creation_time", "location", "make", "model",
}  # fmt: skip
_TAKEN = {
    ("mp4", "audio"): {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"},
    ("mov", "audio"): {"aac", "mp3", "ac3", "eac3", "alac"},
    ("webm", "audio"): {"opus", "vorbis"},
    # NUT has no time before zero, where the lead-in of compressed sound lies.
    ("nut", "audio"): {"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
    ("mp4", "subtitle"): {"mov_text"},
    ("mov", "subtitle"): {"mov_text"},
    ("webm", "subtitle"): {"webvtt"},
    ("matroska", "subtitle"): {
        "subrip", "ass", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle",
    },
}  # fmt: skip


class Carried(Protocol):
    """One companion stream of an output."""

    stream: Stream

    def convert(self, packet: Packet) -> list[Packet]:
        """What the input's packet becomes in the output."""

    def flush(self) -> list[Packet]:
        """What was held back."""


class CopiedStream:
    """A stream whose packets the container takes as they are.

    Raises ValueError when it does not take them.
    """

    def __init__(self, container: OutputContainer, template: Stream) -> None:
        self.stream = container.add_stream_from_template(template)
        codec = template.codec_context
        self._fills_gaps = codec is not None and codec.codec.canonical_name == "mov_text"

    def convert(self, packet: Packet) -> list[Packet]:
        """The packet, now belonging to the output."""
        if self._fills_gaps and packet.size <= _EMPTY_CUE:
            # The muxer makes its own empty cues; copied ones would be doubled.
            return []
        packet.stream = self.stream
        return [packet]

    def flush(self) -> list[Packet]:
        """Nothing is held back."""
        return []


class Carrier:
    """All companions of one output; what the container cannot hold is added to `warnings`.

    audio: packets written for each sound track, in order.
    """

    def __init__(
        self, container: OutputContainer, companions: Companions | None, warnings: list[str]
    ) -> None:
        self._companions = companions or Companions()
        self._container = container
        self._warnings = warnings
        self._carried: dict[int, Carried] = {}
        self._written: dict[int, int] = {}
        for template in self._companions.streams:
            self._add(template)
        self._describe(container)
        if self._companions.chapters:
            container.set_chapters(list(self._companions.chapters))

    def _describe(self, container: OutputContainer) -> None:
        kept = _kept(self._companions.metadata)
        lost = sorted(set(kept) - _MOV_KEYS) if container.format.name in {"mov", "mp4"} else []
        if lost:
            self._warnings.append(f"metadata left out: {', '.join(lost)}")
        container.metadata.update({key: text for key, text in kept.items() if key not in lost})

    @property
    def audio(self) -> list[int]:
        """Packets written for each sound track, in order."""
        tracks = self._carried.items()
        return [self._written[index] for index, each in tracks if each.stream.type == "audio"]

    def _add(self, template: Stream) -> None:
        try:
            carried = carried_stream(self._container, template)
        except (ValueError, LookupError, NotImplementedError) as error:
            what = template.metadata.get("title") or template.metadata.get("language") or ""
            name = template.codec_context.name if template.codec_context else template.type
            self._warnings.append(
                f"{template.type} track {template.index} ({name}{', ' if what else ''}{what}) "
                f"left out: {error}"
            )
            return
        carried.stream.metadata.update(_named(_kept(template.metadata), self._container))
        carried.stream.disposition = template.disposition
        self._carried[template.index] = carried
        self._written[template.index] = 0

    def carry(self) -> None:
        """Write every packet that has arrived so far."""
        while self._companions.packets:
            packet = self._companions.packets.popleft()
            index = packet.stream_index
            if index in self._carried and packet.pts is not None:
                self._write(index, self._carried[index].convert(packet))

    def finish(self) -> None:
        """Write what is left."""
        self.carry()
        for index, carried in self._carried.items():
            self._write(index, carried.flush())

    def _write(self, index: int, packets: list[Packet]) -> None:
        for packet in packets:
            self._container.mux_one(packet)
            self._written[index] += 1


def carried_stream(container: OutputContainer, template: Stream) -> Carried:
    """A copy of `template` where the container takes its codec, else a conversion.

    Raises ValueError when it can be neither.
    """
    kind, holder = template.type, container.format.name
    if kind == "attachment" and holder == "matroska":
        return CopiedStream(container, template)
    if kind not in {"audio", "subtitle"}:
        raise ValueError(f"{holder} holds no {kind} tracks")
    if template.codec_context is None:
        raise ValueError("its codec is unknown")
    if takes(holder, kind, template.codec_context.codec.canonical_name):
        try:
            return CopiedStream(container, template)
        except ValueError:
            # FFmpeg's muxer knows better than the table; a conversion may still do.
            pass
    return (ConvertedAudio if kind == "audio" else ConvertedSubtitles)(container, template)


def takes(holder: str, kind: str, codec: str) -> bool:
    """Whether players expect `codec` in this container; FFmpeg would write more than they read."""
    if (holder, kind) not in _TAKEN:
        return True
    return codec in _TAKEN[holder, kind] or (holder == "mov" and codec.startswith("pcm_"))


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    """What describes the content; a track's name in MP4 is its title elsewhere."""
    kept = {
        key.lower(): text
        for key, text in metadata.items()
        if key.lower() not in _OF_THE_FILE and not key.lower().startswith(_STATISTICS)
    }
    if "name" in kept:
        kept.setdefault("title", kept.pop("name"))
    return kept


def _named(kept: dict[str, str], container: OutputContainer) -> dict[str, str]:
    """QuickTime knows some languages by their older names alone."""
    if container.format.name != "mov" or "language" not in kept:
        return kept
    return kept | {"language": _QUICKTIME.get(kept["language"], kept["language"])}
