"""Sound in a codec the container does not take, encoded again with its times kept."""

from fractions import Fraction
from typing import Any

import av
from av.audio.fifo import AudioFifo
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.stream import Stream

from stream.companions import Packet

_CODECS = {"webm": "libopus", "mp4": "aac", "mov": "pcm_s16le", "nut": "pcm_s16le"}
# One layout a channel count, since encoders refuse the rarer ones.
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_BITS_A_CHANNEL = 96_000
_GAP = Fraction(1, 20)  # seconds; rounded times and resampling lag stay below


class ConvertedAudio:
    """Decodes a track and encodes it for the container; every sample keeps its time.

    Gaps in the input become silence, so that sound after a gap stays in step.
    Raises ValueError when the container has no codec to convert to.
    """

    def __init__(self, container: OutputContainer, template: Stream) -> None:
        if container.format.name not in _CODECS:
            raise ValueError(f"{container.format.name} does not hold this kind of sound")
        source: Any = template.codec_context
        name = _CODECS[container.format.name]
        if not source.sample_rate or not source.layout.nb_channels:
            raise ValueError("its sample rate or channels are unknown")
        taken = av.Codec(name, "w").audio_rates
        rate = source.sample_rate if not taken or source.sample_rate in taken else 48000
        stream: Any = container.add_stream(name, rate)
        layout = _LAYOUTS.get(source.layout.nb_channels, "stereo")
        stream.codec_context.layout = layout
        stream.codec_context.bit_rate = _BITS_A_CHANNEL * len(stream.layout.channels)
        stream.codec_context.time_base = Fraction(1, rate)
        stream.time_base = Fraction(1, rate)
        self.stream = stream
        self._decoder = source
        self._rate = rate
        self._fifo = AudioFifo()
        self._next: int | None = None
        self._kind: tuple[str, str, int] | None = None
        self._resampler = self._fresh_resampler()

    def _fresh_resampler(self) -> AudioResampler:
        context = self.stream.codec_context
        return AudioResampler(context.format, context.layout, self._rate)

    def convert(self, packet: Packet) -> list[Packet]:
        """The packets that are complete after this one."""
        return [out for frame in self._decoded(packet) for out in self._take(frame)]

    def flush(self) -> list[Packet]:
        """Everything held back by decoder, resampler and encoder."""
        packets = [out for frame in self._decoded(None) for out in self._take(frame)]
        for frame in self._resampler.resample(None):
            self._append(frame)
        return packets + self._encoded(flush=True)

    def _decoded(self, packet: "Packet | None") -> list[av.AudioFrame]:
        try:
            return list(self._decoder.decode(packet))
        except av.error.FFmpegError:
            # The gap is filled with silence when the next good packet comes.
            return []

    def _take(self, frame: av.AudioFrame) -> list[Packet]:
        if frame.pts is not None and frame.time_base is not None:
            self._reach(round(frame.pts * frame.time_base * self._rate))
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind not in {None, kind}:
            # A broadcast may go from stereo to 5.1; a resampler takes one kind alone.
            for rest in self._resampler.resample(None):
                self._append(rest)
            self._resampler = self._fresh_resampler()
        self._kind = kind
        for resampled in self._resampler.resample(frame):
            self._append(resampled)
        return self._encoded(flush=False)

    def _reach(self, start: int) -> None:
        """Fill with silence up to sample `start`, should the sound so far end clearly before."""
        if self._next is None:
            self._next = start
        missing = start - self._next - self._fifo.samples
        if missing > self._rate * _GAP:
            context = self.stream.codec_context
            silence = av.AudioFrame(context.format.name, context.layout.name, missing)
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            silence.sample_rate = self._rate
            self._append(silence)

    def _append(self, frame: av.AudioFrame) -> None:
        frame.pts = None
        self._fifo.write(frame)

    def _encoded(self, flush: bool) -> list[Packet]:
        size = self.stream.codec_context.frame_size or 1024
        packets: list[Packet] = []
        while self._fifo.samples >= size or (flush and self._fifo.samples):
            frame = self._fifo.read(size, partial=flush)
            if frame is None:
                break
            frame.pts, frame.time_base = self._next or 0, Fraction(1, self._rate)
            self._next = (self._next or 0) + frame.samples
            packets += self.stream.encode(frame)
        return packets + (self.stream.encode(None) if flush else [])
