"""Frames of a video file, URL or pipe; owns PyAV's decoder and knows nothing of mattes."""

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import IO, Any

import av

from stream.carried import CarriedPackets
from stream.companions import Companions
from stream.decode import to_frame
from stream.errors import SourceError
from stream.frame import Frame
from stream.limits import check_size
from stream.opening import first_video, open_input
from stream.seeking import beginning, seek
from stream.source_info import SourceInfo
from stream.trim import Trim

MOST_WARNINGS = 20


class VideoSource:
    """Decodes one video stream; carried streams' packets go to `companions` as they are met.

    One handle and one pass serve both, so pipes and URLs work as files do.
    Raises SourceError when opening fails; iterating raises it when the picture changes size.
    """

    def __init__(
        self,
        file: "str | IO[bytes]",
        trim: Trim | None = None,
        carry: bool = True,
        name: str | None = None,
    ) -> None:
        self._name = name or str(file)
        self._trim = trim or Trim()
        self._container = open_input(file, self._name)
        self.warnings: list[str] = []
        self._damage = 0
        self._broken: str | None = None
        self._last_pts: int | None = None
        self._frames = 0
        self._reached_end = False
        try:
            self._stream = first_video(self._container, self._name)
            self._stream.thread_type = "AUTO"
            self._part = self._trim.after(beginning(self._container))
            self._carried = CarriedPackets(self._container, self._stream, self._part, carry)
            self.warnings += self._carried.left_out
            self._first: Frame | None = None
            first = self._first = self._peek()
        except BaseException:
            self._container.close()
            raise
        self.companions: Companions | None = self._carried.companions
        self.info = self._describe(first)

    @property
    def truncated(self) -> str | None:
        """What is missing or damaged, in words; None for a whole file."""
        short = self._carried.shortfall() if self._reached_end else None
        many = "s" if self._damage > 1 else ""
        damage = f"{self._damage} damaged packet{many} or frame{many}" if self._damage else None
        return "; ".join(part for part in (self._broken or short, damage) if part) or None

    def __iter__(self) -> Iterator[Frame]:
        if self._first is None:
            return
        frame, self._first = self._first, None
        yield frame
        yield from self._rest

    def _peek(self) -> Frame:
        """The first frame: only it tells rotation and the real pixel format."""
        self._rest = self._decoded()
        frame = next(self._rest, None)
        if frame is None:
            part = " in the part asked for" if self._frames else ""
            raise SourceError(f"{self._name}: holds no video frame{part}")
        check_size(self._name, frame.height, frame.width)
        return frame

    def _describe(self, frame: Frame) -> SourceInfo:
        stream, trim = self._stream, self._trim
        rate = stream.average_rate or stream.guessed_rate
        duration = self._carried.seconds
        if duration is not None:
            duration = max(Fraction(0), min(trim.end or duration, duration) - trim.start)
        elif trim.duration is not None:
            duration = trim.duration
        frames = round(duration * rate) if duration is not None and rate else None
        return SourceInfo(
            frame.height, frame.width, frame.pixel_format, frame.colour, frame.time_base,
            rate, frame.sample_aspect, frames, duration,
        )  # fmt: skip

    def _decoded(self) -> Generator[Frame, None, None]:
        start, end = self._part.start, self._part.end
        if start and not seek(self._container, start):
            self.warnings.append(
                "the input cannot be searched: everything before the start is read"
            )
        wanted: str | None = None
        size: tuple[int, int] | None = None
        for decoded in self._video_frames():
            frame = self._frame(decoded, wanted)
            if end is not None and frame.seconds >= end:
                break
            if start and frame.seconds < start:
                self._damage = 0  # nor does it matter what is broken there
                continue
            size = self._checked_size(frame, size)
            wanted = frame.pixel_format.name
            yield self._shifted(frame).upright()
        else:
            self._reached_end = end is None
        with contextlib.suppress(av.error.FFmpegError, OSError):  # the part itself is complete
            self._carried.drain(end)

    def _video_frames(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            self._damage += packet.is_corrupt
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:  # decoders answer damage with all sorts of errors
                self._damage += 1
                continue
            for frame in decoded:
                self._frames += 1
                self._damage += bool(frame.is_corrupt)
                yield frame

    def _packets(self) -> Iterator["av.Packet[Any]"]:
        """Video packets; when reading fails midway, what the decoder holds back still comes."""
        try:
            yield from self._carried.video_packets()
        except (av.error.FFmpegError, OSError) as error:
            self._broken = f"reading it stopped: {error.strerror or error}"
            flush: av.Packet[Any] = av.Packet()
            flush.stream = self._stream
            yield flush

    def _frame(self, decoded: av.VideoFrame, wanted: str | None) -> Frame:
        time_base = self._stream.time_base
        if time_base is None:
            raise SourceError(f"{self._name}: its video has no clock (time base)")
        pts = decoded.pts if decoded.pts is not None else decoded.dts
        step = self._step(time_base)
        if pts is None:
            pts = 0 if self._last_pts is None else self._last_pts + step
        if self._last_pts is not None and pts <= self._last_pts:
            self._warn(f"timestamp {pts} does not rise, taken as {self._last_pts + 1}")
            pts = self._last_pts + 1
        self._last_pts = pts
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        return to_frame(decoded, pts, time_base, decoded.duration or step, aspect, wanted)

    def _warn(self, line: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(line)

    def _step(self, time_base: Fraction) -> int:
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        return max(1, round(1 / (rate * time_base)))

    def _checked_size(self, frame: Frame, size: tuple[int, int] | None) -> tuple[int, int]:
        now = frame.height, frame.width
        if size is not None and now != size:
            raise SourceError(
                f"{self._name}: the picture changes from {size[1]}x{size[0]} to {now[1]}x{now[0]} "
                f"at {float(frame.seconds):.2f} s; cut it there with --duration and --start"
            )
        return now

    def _shifted(self, frame: Frame) -> Frame:
        """With a start asked for, the part begins at time 0; else times stay as they are."""
        if self._carried.origin is None:
            self._carried.origin = frame.seconds if self._trim.start else Fraction(0)
        origin = self._carried.origin
        return replace(frame, pts=frame.pts - int(origin / frame.time_base)) if origin else frame

    def close(self) -> None:
        """Close the container; safe to call twice."""
        try:
            self._rest.close()
        except ValueError:  # a thread is stuck in a read that never returns, and holds both
            return
        self._container.close()

    def __enter__(self) -> "VideoSource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
