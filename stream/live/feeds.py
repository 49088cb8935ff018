"""Where live pictures come from: a device, a network stream, or a file played in real time."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
from av.container import InputContainer

from stream.errors import SourceError
from stream.frame import Frame
from stream.limits import check_size
from stream.live.normal import Normaliser, Size
from stream.opening import first_video, open_input

_FAULTS = (av.error.FFmpegError, OSError)
_MOST_BROKEN = 30
"""Pictures in a row that cannot be decoded before a camera counts as lost."""
_LONGEST_STEP = 1.0
"""Seconds from one picture of a file to the next, at most; beyond it its clock has jumped."""
_OLDEST = 1.0
"""Seconds by which a device's own clock may lie before ours and still be believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A picture and the moment it was taken, in seconds of time.monotonic."""

    frame: Frame
    at: float


@dataclass(frozen=True, slots=True)
class Device:
    """How FFmpeg is to open a device: its path, its demuxer, the options for it."""

    path: str
    demuxer: str
    options: dict[str, str]


class Feed(Protocol):
    """Pictures of one size, in the order they were taken; belongs to one thread."""

    def __iter__(self) -> Iterator[Captured]:
        """Raises SourceError when there are no more."""

    def close(self) -> None:
        """Give the source back; safe to call twice."""


class DeviceFeed:
    """A camera. Raises SourceError when it cannot be opened."""

    def __init__(self, device: Device, size: Size) -> None:
        self._name = device.path
        self._normal = Normaliser(size, is_webcam=True)
        self._container = _open_device(device)

    def __iter__(self) -> Iterator[Captured]:
        last = 0.0
        for decoded in _pictures(self._container, self._name):
            now = time.monotonic()
            at = _taken(decoded, now)
            # Two pictures at one moment would be no movement at all.
            at = last = at if at > last else now
            yield Captured(self._normal(decoded, round(at * 1e6)), at)
        raise SourceError(f"{self._name}: the camera ended its stream")

    def close(self) -> None:
        """See Feed."""
        _close(self._container)


class NetworkFeed:
    """A stream such as RTSP, taken as it arrives. Raises SourceError when it cannot be opened."""

    def __init__(self, url: str, size: Size) -> None:
        self._name = url
        self._normal = Normaliser(size, is_webcam=False)
        self._container = open_input(url, url)

    def __iter__(self) -> Iterator[Captured]:
        for decoded in _pictures(self._container, self._name):
            at = time.monotonic()
            yield Captured(self._normal(decoded, round(at * 1e6)), at)
        raise SourceError(f"{self._name}: the stream ended")

    def close(self) -> None:
        """See Feed."""
        _close(self._container)


class FileFeed:
    """A file played in real time, again and again. Raises SourceError when it cannot be opened.

    Each picture is decoded at its moment, as a camera's is: decoding ahead would take the processor
    from the picture before.
    """

    def __init__(self, path: str, size: Size) -> None:
        self._name = path
        self._normal = Normaliser(size, is_webcam=False)
        self._container = open_input(path, path)
        stream = first_video(self._container, path)
        step = 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
        self._step = min(float(step), _LONGEST_STEP)

    def __iter__(self) -> Iterator[Captured]:
        moment = time.monotonic()
        while True:
            last: float | None = None
            for decoded in _pictures(self._container, self._name):
                seconds = float(decoded.time or 0)
                step = 0.0 if last is None else seconds - last
                moment, last = moment + min(max(step, 0.0), _LONGEST_STEP), seconds
                moment += _waited(moment)
                yield Captured(self._normal(decoded, round(moment * 1e6)), moment)
                _waited(moment + self._step)
            if last is None:
                raise SourceError(f"{self._name}: holds no video frame")
            moment += self._step
            self._rewind()

    def close(self) -> None:
        """See Feed."""
        _close(self._container)

    def _rewind(self) -> None:
        """Begin again; some formats can only be opened anew."""
        _close(self._container)
        self._container = open_input(self._name, self._name)


def _waited(moment: float) -> float:
    """Wait for `moment`; returns by how much the clock must be put on where it is long past."""
    wait = moment - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    # The machine slept, or cannot keep up.
    return -wait if wait < -_LONGEST_STEP else 0.0


def _open_device(device: Device) -> InputContainer:
    try:
        return av.open(device.path, "r", format=device.demuxer, options=device.options)
    except FileNotFoundError as error:
        raise SourceError(f"{device.path}: no such camera; is it plugged in?") from error
    except PermissionError as error:
        raise SourceError(
            f"{device.path}: no permission; sudo usermod -aG video $USER, then log in again"
        ) from error
    except (*_FAULTS, ValueError) as error:
        busy = getattr(error, "errno", None) == 16
        why = "another program uses it; close that" if busy else str(error.args[-1])
        raise SourceError(f"{device.path}: the camera cannot be opened: {why}") from error


def _pictures(container: InputContainer, name: str) -> Iterator[av.VideoFrame]:
    """Decoded pictures; broken ones are left out, for webcams send such too."""
    stream, broken = first_video(container, name), 0
    try:
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                broken += 1
                if broken > _MOST_BROKEN:
                    raise
                continue
            for picture in decoded:
                broken = 0
                check_size(name, picture.height, picture.width)
                yield picture
    except _FAULTS as error:
        why = getattr(error, "strerror", None) or error
        raise SourceError(f"{name}: reading it failed: {why}") from error


def _taken(decoded: av.VideoFrame, now: float) -> float:
    """When a device took the picture: by its own clock if that is ours, else now."""
    seconds = None if decoded.time is None else float(decoded.time)
    return seconds if seconds is not None and now - _OLDEST < seconds <= now else now


def _close(container: InputContainer) -> None:
    with contextlib.suppress(*_FAULTS):
        container.close()
