"""What a session will read, how large and how fast, told before anything is read."""

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from stream.errors import SourceError
from stream.limits import check_size
from stream.live.cameras import Camera, choose_mode, device_of, find_camera, list_cameras
from stream.live.capture import Open
from stream.live.feeds import DeviceFeed, Feed, FileFeed, NetworkFeed
from stream.live.normal import Size
from stream.live.settings import DEFAULT_RATE, DEFAULT_SIZE
from stream.opening import first_video, open_input

_FASTEST = Fraction(60)


@dataclass(frozen=True, slots=True)
class Plan:
    """name: of the camera; size: (height, width), even; rate: frames a second; open: opens it."""

    name: str
    size: Size
    rate: Fraction
    open: Open


def plan_for(
    camera: str | None, size: Size | None, rate: Fraction | None, written: str | None = None
) -> Plan:
    """The plan for what the operator named; see LiveSettings.

    written: the virtual camera that is written to, which is no camera to read.

    Raises SourceError when there is no such file or camera.
    """
    if camera is not None and "://" in camera:
        url = camera
        return Plan(
            url, size or DEFAULT_SIZE, rate or DEFAULT_RATE, lambda size: NetworkFeed(url, size)
        )
    if camera is not None and Path(camera).is_file():
        return _of_file(camera, size, rate)
    return _of_device(camera, size, rate, written)


def _of_file(path: str, size: Size | None, rate: Fraction | None) -> Plan:
    with contextlib.closing(open_input(path, path)) as container:
        stream = first_video(container, path)
        pace = stream.average_rate or stream.guessed_rate or DEFAULT_RATE
        try:
            first = next(container.decode(stream), None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"{path}: its video cannot be decoded: {error}") from error
    if first is None:
        raise SourceError(f"{path}: holds no video frame")
    check_size(path, first.height, first.width)
    own = (first.height, first.width) if first.rotation % 180 == 0 else (first.width, first.height)
    rate = rate or min(Fraction(pace), _FASTEST)
    return Plan(path, size or _even(own), rate, lambda size: FileFeed(path, size))


def _of_device(
    wanted: str | None, size: Size | None, rate: Fraction | None, written: str | None
) -> Plan:
    found = find_camera(list_cameras(), wanted, written)
    mode = choose_mode(found, *(size or DEFAULT_SIZE), rate or DEFAULT_RATE)
    own = (mode.height, mode.width) if mode.height else DEFAULT_SIZE
    rate = rate or (min(mode.rate, _FASTEST) if mode.rate else DEFAULT_RATE)

    def opened(size: Size) -> Feed:
        here = _again(found, written)
        best = choose_mode(here, *size, rate)
        return DeviceFeed(device_of(here, best), size)

    return Plan(found.name, size or _even(own), rate, opened)


def _again(camera: Camera, written: str | None) -> Camera:
    """`camera`, which may have another path by now. Raises SourceError when it is not there."""
    known = list_cameras()
    same = [each for each in known if (each.path, each.name) == (camera.path, camera.name)]
    return find_camera(known, camera.path if same else camera.name, written)


def _even(size: Size) -> Size:
    height, width = size
    return max(height // 2 * 2, 2), max(width // 2 * 2, 2)
