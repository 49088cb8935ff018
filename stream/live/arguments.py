"""The words of `live` and `cameras` on the command line."""

import argparse
import re
from fractions import Fraction
from threading import TIMEOUT_MAX

from models.segmenter import DEFAULT_SEGMENTER
from stream.errors import UsageError
from stream.live.look import Look
from stream.live.settings import LIVE_QUALITIES, LiveSettings
from stream.settings import SEGMENTER_HELP, checked_segmenter

_LARGEST = 4096


def add_live(command: argparse.ArgumentParser) -> None:
    """Give `command` the options of `live`."""
    add = command.add_argument
    add("--camera", metavar="C", help="number, part of a name, /dev/videoN, URL or a file")
    add("--size", type=size, metavar="WxH", help="of the output; default: the camera's, near 720p")
    add("--fps", type=rate, metavar="N", help="frames a second; default: the camera's, near 30")
    add(
        "--background", default=Look().background, metavar="B",
        help="#rrggbb, a picture, a film, blur or blur:STRENGTH (default: blur)",
    )  # fmt: skip
    add("--quality", choices=LIVE_QUALITIES, default="auto")
    add("--segmenter", default=DEFAULT_SEGMENTER, metavar="S", help=SEGMENTER_HELP)
    add("--to", choices=("virtual", "window", "none"), default="virtual", help="where it goes")
    add("--device-out", metavar="DEV", help="the virtual camera to write to, as /dev/video10")
    add("--record", metavar="OUT", help="also keep it in a file (.mp4)")
    add("--overwrite", action="store_true", help="replace OUT if it is there")
    add(
        "--latency", type=int, choices=(0, 1), default=0, help="pictures under way beside the first"
    )
    add(
        "--ui", nargs="?", type=int, const=0, metavar="PORT",
        help="serve a control page on this machine alone",
    )  # fmt: skip
    add("--config", metavar="FILE", help="settings (TOML), read again when they change")
    add("--mirror", action="store_true", help="the camera's picture left for right")
    add("--duration", type=float, metavar="S", help="stop after so many seconds")
    add("--stats", action="store_true", help="print a line of figures every second")


def live_settings_of(options: argparse.Namespace) -> LiveSettings:
    """The LiveSettings that options describe. Raises UsageError when they do not fit together."""
    if options.duration is not None and not 0 < options.duration <= TIMEOUT_MAX:
        raise UsageError(f"--duration is a time in seconds, got {options.duration:g}")
    if options.device_out is not None and options.to != "virtual":
        raise UsageError(f"--device-out is for --to virtual, not --to {options.to}")
    if options.ui is not None and not 0 <= options.ui < 65536:
        raise UsageError(f"--ui wants a port from 1 to 65535, got {options.ui}")
    look = Look(background=options.background, mirror=options.mirror)
    return LiveSettings(
        camera=options.camera, size=options.size, rate=options.fps, look=look,
        quality=options.quality, segmenter=checked_segmenter(options.segmenter),
        latency=options.latency, to=options.to, device=options.device_out, record=options.record,
        overwrite=options.overwrite, ui=options.ui, config=options.config,
        seconds=options.duration,
    )  # fmt: skip


def size(text: str) -> tuple[int, int]:
    """(height, width) of "1280x720"; raises argparse.ArgumentTypeError."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(part) for part in found.groups()) if found else (0, 0)
    fits = min(width, height) >= 16 and max(width, height) <= _LARGEST
    if not fits or width % 2 or height % 2:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an even size of 16 to {_LARGEST} pixels such as 1280x720"
        )
    return height, width


def rate(text: str) -> Fraction:
    """Frames a second, exact; raises argparse.ArgumentTypeError."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not 1 <= found <= 120:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate from 1 to 120")
    return found
