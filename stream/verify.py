"""Read an output back and compare it with what was sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from stream.finishing import FAULTS
from stream.image_sink import picture_path
from stream.read_back import ALPHA_DECODERS
from stream.receipt import Receipt, Witness, witness_of

_ROUNDED = Fraction(2, 1000)
"""Seconds by which times may differ in containers that count milliseconds."""
_LUMA_TOLERANCE = 4.0
REORDERED = ("mov", "mp4")
"""Containers that know how long a track is shown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an output is what was sent, in one line, and the faults found."""

    ok: bool
    line: str
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class _Read:
    """What a file holds: pictures, seconds of their span, differences by frame, sound packets."""

    frames: int
    start: Fraction
    end: Fraction
    differences: list[float]
    worst: int
    audio: list[int]


@dataclass(slots=True)
class _Extent:
    """How many packets there were, and the ticks from the first one's start to the last's end."""

    packets: int = 0
    first: int = 0
    last: int = 0

    def add(self, pts: int, duration: int) -> None:
        self.first = min(self.first, pts) if self.packets else pts
        self.last = max(self.last, pts + duration) if self.packets else pts + duration
        self.packets += 1


def verify(receipt: Receipt) -> Verdict:
    """Reopen the output of `receipt` and check it.

    Compared are the number of pictures, their span in time, alpha (luma for opaque outputs) of at
    most eight pictures against what was sent, and the sound tracks' packets. Never raises for a
    damaged or missing file: that is the verdict.
    """
    if str(receipt.path) == "-":
        return Verdict(True, f"sent: {receipt.frames} frames (a pipe cannot be read back)")
    if not receipt.frames:
        fault = "no frames were written"
        return Verdict(False, f"check failed: {receipt.path}: {fault}", (fault,))
    try:
        read = _read_pictures(receipt) if receipt.path.is_dir() else _read_file(receipt)
    except (*FAULTS, ValueError, IndexError) as error:
        return Verdict(False, f"check failed: {receipt.path}: {error}", (str(error),))
    faults = tuple(_faults(receipt, read))
    if faults:
        return Verdict(False, f"check failed: {receipt.path}: {'; '.join(faults)}", faults)
    return Verdict(True, _praise(receipt, read))


def _faults(receipt: Receipt, read: _Read) -> Iterator[str]:
    if read.frames != receipt.frames:
        yield f"{read.frames} frames instead of {receipt.frames}"
    slack = Fraction(0) if receipt.format.exact_time else _ROUNDED
    for what, found, sent in (
        ("starts at", read.start, receipt.start),
        ("ends at", read.end, receipt.end),
    ):
        if receipt.format.keeps_times and abs(found - sent) > slack:
            yield f"{what} {float(found):.3f} s instead of {float(sent):.3f} s"
    if len(read.differences) < len(receipt.witnesses):
        yield f"only {len(read.differences)} of {len(receipt.witnesses)} sampled frames decode"
    limit = _tolerance(receipt)
    if max(read.differences, default=0) > limit:
        yield f"{_channel(receipt)} differs by {max(read.differences):.1f}/255, allowed {limit:g}"
    if receipt.format.medium == "file" and read.audio != receipt.audio:
        yield f"sound packets {read.audio} instead of {receipt.audio}"


def _praise(receipt: Receipt, read: _Read) -> str:
    parts = [f"{read.frames} frames"]
    if receipt.format.keeps_times:
        parts.append(f"{float(read.end - read.start):.2f} s")
    if receipt.format.lossless or read.worst == 0:
        parts.append(f"{_channel(receipt)} exact")
    else:
        # Rounded up: "within 0.0" would claim more than was found.
        mean = np.ceil(10 * max(read.differences, default=0)) / 10
        parts.append(f"{_channel(receipt)} within {mean:.1f}/255")
    if read.audio:
        parts.append(f"{len(read.audio)} audio track{'s' if len(read.audio) > 1 else ''}")
    return "checked: " + ", ".join(parts)


def _channel(receipt: Receipt) -> str:
    if receipt.format.content != "picture":
        return {"matte": "matte", "stacked": "picture and matte"}[receipt.format.content]
    return "alpha" if _has_alpha(receipt) else "picture"


def _has_alpha(receipt: Receipt) -> bool:
    format = receipt.format
    return receipt.transparent and format.carries_alpha and format.content == "picture"


def _tolerance(receipt: Receipt) -> float:
    format = receipt.format
    if format.lossless or _has_alpha(receipt) or format.content != "picture":
        return format.alpha_tolerance
    return _LUMA_TOLERANCE


def _read_file(receipt: Receipt) -> _Read:
    with av.open(str(receipt.path)) as container:
        video = container.streams.video[0]
        extent = _Extent()
        audio = {stream.index: 0 for stream in container.streams.audio}
        for packet in container.demux():
            if packet.stream_index in audio and packet.size:
                audio[packet.stream_index] += 1
            if packet.stream_index == video.index and packet.size and packet.pts is not None:
                extent.add(packet.pts, packet.duration or 0)
        base = video.time_base or Fraction(0)
        start, end = extent.first * base, extent.last * base
        if receipt.format.container in REORDERED and video.duration:
            # Packets of reordered pictures last as long as their coding order says.
            end = start + video.duration * base
        pairs = list(_decoded(container, video, receipt))
        return _compared(extent.packets, start, end, pairs, list(audio.values()))


def _decoded(container: Any, video: Any, receipt: Receipt) -> Iterator[tuple[Witness, Witness]]:
    """(sent, read) of every sampled picture, reached by seeking."""
    for number, (moment, sent) in receipt.witnesses.items():
        constant = receipt.format.container == "yuv4mpegpipe"
        seconds = number / Fraction(video.average_rate) if constant else moment
        container.seek(int(seconds / video.time_base), stream=video)
        for picture in _pictures(container, video, receipt):
            if picture.pts is not None and picture.pts * video.time_base >= seconds - _ROUNDED / 4:
                yield sent, witness_of(picture)
                break


def _pictures(container: Any, video: Any, receipt: Receipt) -> Iterator[av.VideoFrame]:
    if video.codec_context.name != "vp9":
        yield from container.decode(video)
        return
    # FFmpeg's own VP9 decoder does not know alpha.
    decoder: Any = av.CodecContext.create(ALPHA_DECODERS["vp9"], "r")
    for packet in container.demux(video):
        yield from decoder.decode(packet)


def _read_pictures(receipt: Receipt) -> _Read:
    pairs = []
    for number, (_, sent) in receipt.witnesses.items():
        with av.open(str(picture_path(receipt.path, number + 1))) as container:
            pairs.append((sent, witness_of(next(container.decode(video=0)))))
    count = sum(1 for _ in receipt.path.glob("*.png"))
    return _compared(count, receipt.start, receipt.end, pairs, [])


def _compared(
    frames: int,
    start: Fraction,
    end: Fraction,
    pairs: list[tuple[Witness, Witness]],
    audio: list[int],
) -> _Read:
    differences, worst = [], 0
    for sent, read in pairs:
        if sent.shape != read.shape:
            raise ValueError(f"a picture of {read.shape} instead of {sent.shape}")
        gaps = np.abs(sent.astype(np.int16) - read)
        differences.append(float(gaps.mean()))
        worst = max(worst, int(gaps.max()))
    return _Read(frames, start, end, differences, worst, audio)
