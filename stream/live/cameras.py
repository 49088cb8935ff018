"""Which camera is meant, and how it is to be opened."""

import os
import platform
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from stream.errors import SourceError
from stream.live.camera_list import (
    INPUT_FORMATS,
    Camera,
    camera_of,
    list_cameras,
    listing_trouble,
    offered,
)
from stream.live.camera_report import as_json, report
from stream.live.feeds import Device
from stream.live.v4l2_modes import Mode
from stream.live.video_nodes import look_at

__all__ = [
    "Camera", "Mode", "as_json", "choose_mode", "device_of", "find_camera", "list_cameras",
    "offered", "report",
]  # fmt: skip

_CHEAP = ("yuyv422", "nv12", "yuv420p", "uyvy422", "yuv422p")
"""Formats that cost next to nothing to decode, the likeliest to be a webcam's own first."""
_MODERATE = ("mjpeg", "rgb24", "bgr24", "bgr0", "0rgb", "gray")
_SMALL = 480 * 640
"""Pixels up to which a webcam's uncompressed picture is never the slower choice."""
_TOLERANCE = Fraction(995, 1000)
"""29.97 is as good as 30."""


def find_camera(
    cameras: Sequence[Camera], wanted: str | None = None, written: str | None = None
) -> Camera:
    """The camera that is meant.

    wanted: None for the first that works, a real one before another program's virtual one; "0" for
    number 0 of those `offered`; "/dev/video2" for a path, which may be a link; else a part of its
    name in any case. written: path of the device that our own pictures go to; it is never offered.
    Raises SourceError, naming what there is, when none or several are meant or the one is in
    trouble.
    """
    choice = [camera for camera in offered(cameras) if camera.path != written]
    if wanted is None:
        return _first(choice)
    if wanted.isdecimal():
        return _usable(_numbered(offered(cameras), int(wanted), written))
    for camera in cameras:
        if camera.path == wanted:
            return _usable(camera)
    if platform.system() == "Linux" and Path(wanted).is_absolute():
        return _usable(_at(cameras, wanted))
    return _usable(_called(choice, wanted))


def _first(choice: Sequence[Camera]) -> Camera:
    works = [camera for camera in choice if not camera.trouble]
    if works:
        return min(works, key=lambda camera: camera.virtual)
    if choice:
        return _usable(choice[0])
    raise SourceError(f"there is no camera: {_none()}")


def _none() -> str:
    on_linux = "plug one in, or name a file or URL; a container needs --device /dev/video0"
    return listing_trouble() or (
        on_linux if platform.system() == "Linux" else "plug one in, or name a file or URL"
    )


def _numbered(choice: Sequence[Camera], number: int, written: str | None) -> Camera:
    if number >= len(choice):
        raise SourceError(f"there is no camera {number}: {_there_are(choice)}")
    if choice[number].path == written:
        raise SourceError(f"camera {number} ({written}) is the virtual one that is written to")
    return choice[number]


def _at(cameras: Sequence[Camera], wanted: str) -> Camera:
    """What a path leads to, be it a link to a listed camera or a device that is none."""
    path = os.path.realpath(wanted)
    known = [camera for camera in cameras if camera.path == path]
    return known[0] if known else camera_of(look_at([Path(path)])[0])


def _called(choice: Sequence[Camera], wanted: str) -> Camera:
    found = [camera for camera in choice if wanted.casefold() in camera.name.casefold()]
    whole = [camera for camera in found if wanted.casefold() == camera.name.casefold()]
    found = whole or found
    if not found:
        raise SourceError(f"no camera is called {wanted!r}: {_there_are(choice)}")
    if len(found) > 1:
        paths = ", ".join(f"{camera.name} ({camera.path})" for camera in found)
        raise SourceError(f"several cameras are called {wanted!r}, name one's path: {paths}")
    return found[0]


def _there_are(choice: Sequence[Camera]) -> str:
    if not choice:
        return _none()
    names = [f"{number}: {camera.name} ({camera.path})" for number, camera in enumerate(choice)]
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def _usable(camera: Camera) -> Camera:
    if camera.trouble:
        name = f"{camera.path} ({camera.name})" if camera.name != "unnamed" else camera.path
        raise SourceError(f"{name}: {camera.trouble}: {camera.cure}")
    return camera


def choose_mode(camera: Camera, height: int, width: int, rate: Fraction) -> Mode:
    """The mode of `camera` that serves best to get (height, width) at `rate` frames a second.

    The size itself, else the smallest that holds it, else the largest; of these the slowest that
    reaches `rate`, else the fastest; of these the format that is cheapest to read. A camera whose
    modes are not known gets what is asked for, in no particular format.
    """
    if not camera.modes:
        return Mode(height, width, rate, "")

    def by_size(mode: Mode) -> tuple[bool, int]:
        pixels = mode.height * mode.width
        holds = mode.height >= height and mode.width >= width
        return (not holds, pixels if holds else -pixels)

    def by_rate(mode: Mode) -> tuple[bool, int]:
        # in whole frames, as one camera may say 30 of one format and 30.00003 of the next
        return (mode.rate < rate * _TOLERANCE, round(abs(mode.rate - rate)))

    def exactly(mode: Mode) -> Fraction:
        return abs(mode.rate - rate)

    return min(
        camera.modes,
        key=lambda mode: (by_size(mode), by_rate(mode), _cost(mode, rate), exactly(mode)),
    )


def _cost(mode: Mode, rate: Fraction) -> int:
    """Rank of the format. A raw picture too slow for `rate` fills the cable: better compressed."""
    preferred = (*_CHEAP, *_MODERATE)
    is_starved = mode.height * mode.width > _SMALL and mode.rate < rate * _TOLERANCE
    if is_starved and mode.pixel_format == "mjpeg":
        return -1
    in_order = mode.pixel_format in preferred
    return preferred.index(mode.pixel_format) if in_order else len(preferred)


def device_of(camera: Camera, mode: Mode) -> Device:
    """How FFmpeg opens `camera` in `mode` on this system."""
    demuxer = INPUT_FORMATS.get(platform.system(), "v4l2")
    options = {"video_size": f"{mode.width}x{mode.height}"}
    if mode.rate:
        options["framerate"] = str(mode.rate)
    if mode.pixel_format and demuxer == "v4l2":
        options["input_format"] = mode.pixel_format
    return Device(camera.path, demuxer, options)
