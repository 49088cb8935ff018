"""The words of the command line."""

import argparse
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from models.segmenter import DEFAULT_SEGMENTER, QUALITIES
from stream.errors import UsageError
from stream.image_source import SUFFIXES
from stream.live.arguments import add_live
from stream.settings import SEGMENTER_HELP, Settings, checked_segmenter
from stream.trim import Trim

DESCRIPTION = "Cut people out of video, down to the hair."


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what is wrong and where help is."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def parser() -> Parser:
    """The parser of every command."""
    top = Parser(prog="hairline", description=DESCRIPTION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _cutout(commands.add_parser("cutout", help="cut the people out of a video"))
    _refine(commands.add_parser("refine", help="refine your own coarse masks at full resolution"))
    add_live(commands.add_parser("live", help="from a camera to a virtual camera, for calls"))
    cameras = commands.add_parser("cameras", help="list cameras and virtual cameras")
    cameras.add_argument("--json", action="store_true", help="print everything as JSON")
    _inspect(commands.add_parser("inspect", help="tell what is in a file"))
    commands.add_parser("doctor", help="tell what this machine can do")
    _bench(commands.add_parser("bench", help="measure every stage on this machine"))
    _demo(commands.add_parser("demo", help="make a short clip and cut it out"))
    return top


def _cutout(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="IN", help="video, URL, picture, folder, pattern or -")
    _output(command)
    command.add_argument("--segmenter", default=DEFAULT_SEGMENTER, metavar="S", help=SEGMENTER_HELP)


def _refine(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="IN", help="video, URL, picture, folder or pattern")
    command.add_argument(
        "--masks", required=True, metavar="MASKS",
        help="video or folder of gray pictures of any size, one a frame, white is subject",
    )  # fmt: skip
    _output(command)


def _output(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("-o", "--out", metavar="OUT", help="file, folder or -; default IN-cutout.webm")
    add(
        "--background", metavar="B",
        help="transparent, #rrggbb, a picture, a video, blur or blur:STRENGTH",
    )  # fmt: skip
    add("--format", metavar="F", help="by default from OUT's suffix")
    add("--quality", choices=QUALITIES, default="balanced")
    add("--matte-out", metavar="PATH", help="also write the alpha alone (.mkv, .mp4 or a folder)")
    add(
        "--confidence-out", metavar="PATH",
        help="also write how sure the alpha is: white is sure (.mkv, .mp4 or a folder)",
    )  # fmt: skip
    add("--start", type=seconds, default=Fraction(0), metavar="T", help="seconds or h:mm:ss")
    add("--duration", type=seconds, metavar="T", help="seconds or h:mm:ss")
    add("--smoothing", type=float, metavar="S", help="time constant in seconds, 0 is off")
    add("--no-audio", action="store_true", help="leave out sound, subtitles and chapters")
    add("--overwrite", action="store_true", help="replace OUT if it is there")
    add("--allow-truncated", action="store_true", help="accept an input that is cut off or damaged")
    add("--json", metavar="REPORT", help="write a report with timings ('-' for standard output)")


def _inspect(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="FILE")
    command.add_argument("--json", action="store_true", help="print everything as JSON")


def _bench(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--sizes", default="360p,720p,1080p,2160p", help="heights of 16:9 pictures")
    add("--clip", metavar="FILE", help="a video to scale to each size; default: a made one")
    add("--quality", choices=QUALITIES, default="balanced")
    add("--frames", type=int, default=100, help="frames a size")
    add("--long", type=int, default=1000, help="frames of the memory run, 0 to leave it out")
    add("--json", metavar="F")
    add("--plot", metavar="F.png")


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("-o", "--out", default="demo", metavar="DIR")


def seconds(text: str) -> Fraction:
    """Exact seconds of "12.5", "1:02" or "1:02:03.25"; raises argparse.ArgumentTypeError."""
    try:
        total = Fraction(0)
        for part in text.split(":"):
            total = total * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError):
        total = Fraction(-1)
    if total < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 12.5 or 1:02:03")
    return total


def settings_of(options: argparse.Namespace) -> Settings:
    """The Settings that the options of cutout or refine describe.

    Raises UsageError when they do not fit together.
    """
    try:
        trim = Trim(options.start, options.duration)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if options.smoothing is not None and not options.smoothing >= 0:
        raise UsageError(f"--smoothing must not be negative, got {options.smoothing:g}")
    out = options.out or default_out(options.source)
    if out == "-" and options.json == "-":
        raise UsageError("--json - and -o - cannot share standard output: give one a name")
    if options.confidence_out is not None and options.quality == "fast":
        raise UsageError("--confidence-out needs quality balanced or best")
    return Settings(
        source=options.source,
        out=out,
        background=options.background,
        format=options.format,
        quality=options.quality,
        segmenter=checked_segmenter(getattr(options, "segmenter", DEFAULT_SEGMENTER)),
        masks=getattr(options, "masks", None),
        matte_out=options.matte_out,
        confidence_out=options.confidence_out,
        trim=trim,
        audio=not options.no_audio,
        overwrite=options.overwrite,
        allow_truncated=options.allow_truncated,
        smoothing=options.smoothing,
    )


def default_out(source: str) -> str:
    """Where a cut-out goes when nobody says: beside the user, as WebM or, for a picture, PNG."""
    if source == "-":
        return "-"
    path = Path(source)
    is_picture = path.suffix.lower() in SUFFIXES and path.is_file()
    stem = path.resolve().name if path.is_dir() else path.stem
    return f"{stem or 'video'}-cutout{'.png' if is_picture else '.webm'}"
