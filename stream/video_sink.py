"""Video files and streams: one encoder, one container, the source's times."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from kernels.types import Alpha
from stream.carry import Carrier
from stream.companions import Companions, Packet
from stream.display_width import write_display_width
from stream.encode import Packer, Target
from stream.errors import SinkError
from stream.finishing import FAULTS, Finishing
from stream.formats import Encoder, Format
from stream.frame import Frame
from stream.place import Place
from stream.receipt import Receipt
from stream.source_info import SourceInfo
from stream.span import Span
from stream.tags import tags_for, written_full

_TICKS_OF_MOV = {"mov", "mp4"}
# Microseconds of pictures held while a sparse sound track is waited for; 10 s of ProRes is 500 MB.
_INTERLEAVE = "3000000"
_MATROSKA = {"matroska", "webm"}
_FINE_TICKS = 10_000


class VideoSink(Finishing):
    """Writes pictures and their companions into one container.

    Raises SinkError when the medium fails or no encoder of the format is in this build of FFmpeg.
    """

    def __init__(
        self,
        place: Place,
        format: Format,
        info: SourceInfo,
        companions: Companions | None,
        transparent: bool,
    ) -> None:
        super().__init__(place, Receipt(place.path, format, transparent))
        self._durations: dict[int, int] = {}
        self._span = Span()
        self._held: Packet | None = None
        self._info, self._format = info, format
        with self._opening():
            self._tags = tags_for(format, info)
            self._target = target_for(format, info, transparent)
            self._packer = Packer(self._target)
            self._open_with(companions)

    def _open_with(self, companions: Companions | None) -> None:
        """Write the header; without the companions should the muxer refuse them after all."""
        try:
            self._open(companions)
        except FAULTS as error:
            if companions is None or not companions.streams:
                raise
            self.warnings[:] = [f"sound and subtitles left out: {self._fault(error)}"]
            self._open(replace(companions, streams=()))

    def _open(self, companions: Companions | None) -> None:
        self._container = av.open(
            self._place.target, "w", format=self._format.container, options=self._options()
        )
        self._stream = self._add_stream()
        self._carrier = Carrier(self._container, companions, self.warnings)
        self._container.start_encoding()

    def _options(self) -> dict[str, str]:
        options = self._format.options | {"max_interleave_delta": _INTERLEAVE}
        if self._format.container in _MATROSKA:
            # Else sound that leads in before zero would move every picture to a later time.
            return options | {"avoid_negative_ts": "disabled"}
        if self._format.container not in _TICKS_OF_MOV:
            return options
        # Otherwise the muxer multiplies small time bases until they exceed 10,000, and rounds the
        # time of the first picture to 1 ms.
        ticks = self._info.time_base.denominator
        movie = ticks * -(-_FINE_TICKS // ticks)
        return options | {"video_track_timescale": str(ticks), "movie_timescale": str(movie)}

    def _add_stream(self) -> Any:
        target, info = self._target, self._info
        encoder = first_available(self._format, target.width)
        options = encoder.options | (encoder.alpha_options if target.has_alpha else {})
        stream: Any = self._container.add_stream(
            encoder.name, info.rate or 25, options, time_base=info.time_base
        )
        context = stream.codec_context
        context.width, context.height = target.width, target.height
        context.pix_fmt = target.pixel_format
        context.time_base = info.time_base
        context.sample_aspect_ratio = info.sample_aspect
        # PyAV asks for slices, which cost x264 quality and give ProRes no second core.
        context.thread_type = "AUTO"
        self._tags.put_on(context)
        if target.has_alpha and self._format.container == "webm":
            stream.metadata["alpha_mode"] = "1"
        return stream

    def write(self, frame: Frame, alpha: Alpha | None) -> None:
        """Write one frame; see stream.sinks.Sink."""
        picture = self._packer.pack(frame, alpha)
        self._tags.put_on(picture)
        duration = lasting(frame, self._info)
        self._durations[frame.pts] = duration
        self.receipt.note(frame, picture, duration * frame.time_base)
        try:
            self._carrier.carry()
            self._mux(self._stream.encode(picture))
        except FAULTS as error:
            raise self._fault(error) from error

    def _mux(self, packets: list[Packet]) -> None:
        for packet in packets:
            duration = self._durations.pop(packet.pts or 0, 0)
            if duration:
                packet.duration = duration
            self._span.add(packet)
            if self._held is not None:
                self._container.mux_one(self._held)
            self._held = packet

    def _release(self) -> None:
        """Write the last packet, so long that the track ends when its last picture does."""
        last, self._held = self._held, None
        if last is None:
            return
        if self._format.container in _TICKS_OF_MOV:
            last.duration = self._span.last_duration()
        self._container.mux_one(last)

    def _finish(self) -> None:
        self._mux(self._stream.encode(None))
        self._release()
        self._carrier.finish()
        self.receipt.audio = self._carrier.audio
        self._container.close()
        self._say_aspect()

    def _say_aspect(self) -> None:
        aspect, target = self._info.sample_aspect, self._place.target
        if aspect == 1 or self._format.container not in _MATROSKA:
            return
        if not isinstance(target, str) or not write_display_width(Path(target), aspect):
            self.warnings.append(f"{self._format.name}: sample aspect {aspect} is not written")

    def _drop(self) -> None:
        try:
            self._container.close()
        except FAULTS:
            # What could not be written is thrown away in any case.
            return


def lasting(frame: Frame, info: SourceInfo) -> int:
    """How long `frame` shows, in its time base: one nominal period where it does not say."""
    if frame.duration or not info.rate:
        return frame.duration
    return round(1 / (info.rate * frame.time_base))


def target_for(format: Format, info: SourceInfo, transparent: bool) -> Target:
    """The encoder's picture for a source and a format."""
    alpha = transparent and format.content == "picture" and format.carries_alpha
    height, width = info.height, info.width
    if format.even:
        height, width = height + height % 2, width + width % 2
    if format.content == "stacked":
        height *= 2
    name = format.pixel_format(info.pixel_format, alpha)
    return Target(name, height, width, written_full(format, info), format.content)


def first_available(format: Format, width: int) -> Encoder:
    """The first encoder of `format` that this build has; SinkError names them when none is."""
    for encoder in format.encoders:
        if encoder.name in av.codecs_available and not (encoder.even_width and width % 2):
            return encoder
    names = " or ".join(each.name for each in format.encoders)
    raise SinkError(f"this build of FFmpeg cannot write {format.name}: it lacks {names}")
