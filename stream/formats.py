"""What can be written: containers, codecs, pixel formats, and which of them hold alpha."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from stream.errors import UsageError
from stream.pixel_choice import (
    depth_of,
    for_animation,
    for_h264,
    for_lossless,
    for_matte,
    for_matte_png,
    for_png,
    for_prores,
    for_raw,
    for_vp9,
    for_y4m,
)
from stream.pixels import PixelFormat

Content = Literal["picture", "stacked", "matte"]
Medium = Literal["file", "folder", "pipe"]
Range = Literal["source", "limited", "full"]


@dataclass(frozen=True, slots=True)
class Encoder:
    """One FFmpeg encoder and the options it is opened with; some take even widths alone."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    alpha_options: dict[str, str] = field(default_factory=dict)
    even_width: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of output is written.

    encoders: in order of preference, the first one this build has is used. pixel_format: from the
    source's format and whether alpha is written to the encoder's pixel format. range: of the
    samples written; alpha is always full range. even: whether height and width must be even.
    exact_time: whether every time_base is kept, else times round to 1 ms. alpha_tolerance: largest
    mean difference of alpha, in 255ths, that a healthy file may show when read back.
    """

    name: str
    suffix: str
    container: str
    encoders: tuple[Encoder, ...]
    pixel_format: Callable[[PixelFormat, bool], str]
    note: str
    medium: Medium = "file"
    content: Content = "picture"
    carries_alpha: bool = True
    lossless: bool = False
    range: Range = "source"
    even: bool = False
    exact_time: bool = True
    alpha_tolerance: float = 0.0
    options: dict[str, str] = field(default_factory=dict)

    @property
    def keeps_times(self) -> bool:
        """Whether the medium holds presentation times and durations."""
        return self.medium == "file" and self.container not in {"nut", "yuv4mpegpipe"}

    @property
    def needs_background(self) -> bool:
        """Whether the picture must be composited before it is written."""
        return not self.carries_alpha and self.content == "picture"

    def depth(self, source: PixelFormat) -> int:
        """Bits a sample of what is written for this source."""
        return depth_of(self.pixel_format(source, False))

    def is_rgb(self, source: PixelFormat) -> bool:
        """Whether samples are written as RGB for this source."""
        name = self.pixel_format(source, False)
        return name.startswith(("gbr", "rgb", "argb", "bgr"))


_X264 = Encoder("libx264", {"preset": "veryfast", "crf": "18"})
_VP9 = Encoder(
    "libvpx-vp9",
    {
        "deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "20", "b": "0",
        "tile-columns": "2", "lag-in-frames": "0",
    },
    {"auto-alt-ref": "0"},
)  # fmt: skip
_FFV1 = Encoder("ffv1", {"level": "3", "slicecrc": "1", "g": "1"})
_PNG = Encoder("png", {"compression_level": "1", "pred": "up"})
_FAST_START = {"movflags": "+faststart"}

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format(
            "prores4444", ".mov", "mov",
            (
                Encoder("prores_aw", {"profile": "4"}, even_width=True),
                Encoder("prores_ks", {"profile": "4444"}),
            ),
            for_prores, "10 bit, straight alpha: Premiere, Resolve, After Effects, Final Cut",
            range="limited", alpha_tolerance=0.5,
        ),
        Format(
            "webm", ".webm", "webm", (_VP9,), for_vp9,
            "8 bit, straight alpha: Chrome, Firefox, OBS; times round to 1 ms",
            exact_time=False, alpha_tolerance=3.0,
        ),
        Format(
            "ffv1", ".mkv", "matroska", (_FFV1,), for_lossless,
            "lossless, the source's depth and subsampling, straight alpha; times round to 1 ms",
            lossless=True, exact_time=False,
        ),
        Format(
            "qtrle", ".mov", "mov", (Encoder("qtrle"),), for_animation,
            "8-bit RGB, lossless straight alpha: older editors", range="full",
        ),
        Format(
            "png", "", "image2", (_PNG,), for_png,
            "a folder of pictures, 8 or 16 bit, straight alpha; no sound, no times",
            medium="folder", range="full",
        ),
        Format(
            "stacked", ".mp4", "mp4", (_X264,), for_h264,
            "H.264, the colour above its matte: web pages, game engines",
            content="stacked", even=True, alpha_tolerance=3.0, options=_FAST_START,
        ),
        Format(
            "matte", ".mkv", "matroska", (_FFV1,), for_matte,
            "lossless gray, white is subject; times round to 1 ms",
            content="matte", lossless=True, range="full", exact_time=False,
        ),
        Format(
            "matte-mp4", ".mp4", "mp4", (_X264,), for_h264, "gray H.264, white is subject",
            content="matte", range="limited", even=True, alpha_tolerance=3.0, options=_FAST_START,
        ),
        Format(
            "matte-png", "", "image2", (_PNG,),
            for_matte_png, "a folder of gray pictures, white is subject",
            medium="folder", content="matte", lossless=True, range="full",
        ),
        Format(
            "mp4", ".mp4", "mp4", (_X264,), for_h264,
            "8-bit 4:2:0 H.264 over a background: plays everywhere",
            carries_alpha=False, even=True, options=_FAST_START,
        ),
        Format(
            "nut", ".nut", "nut", (Encoder("rawvideo"),), for_raw,
            "uncompressed with straight alpha, for pipes; does not name the colour matrix",
            range="limited", lossless=True,
        ),
        Format(
            "y4m", ".y4m", "yuv4mpegpipe", (Encoder("rawvideo"),), for_y4m,
            "uncompressed over a background, for pipes; no sound, constant rate",
            medium="pipe", carries_alpha=False, lossless=True,
        ),
    )
}  # fmt: skip

_BY_SUFFIX = {
    ".mov": "prores4444", ".webm": "webm", ".mkv": "ffv1", ".mp4": "mp4", ".m4v": "mp4",
    ".png": "png", ".nut": "nut", ".y4m": "y4m", "": "png",
}  # fmt: skip
_MATTES = {
    ".mkv": "matte",
    ".mp4": "matte-mp4",
    ".m4v": "matte-mp4",
    ".png": "matte-png",
    "": "matte-png",
}
PIPE = "-"


def choose_format(out: str, name: str | None = None, transparent: bool | None = None) -> Format:
    """The format to write to `out`, by `name` or else by suffix.

    out: a path, a folder (no suffix), or "-" for standard output. transparent: True when the
    background is to be see-through, False when there is one, None when nobody said; "-" becomes
    nut with alpha unless False, which makes it y4m.
    Raises UsageError when nothing is known by that name or suffix, or the format holds no alpha
    although `transparent` is True.
    """
    if name is None:
        name = _by_out(out, transparent)
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}; there are {', '.join(FORMATS)}")
    chosen = FORMATS[name]
    if transparent and chosen.needs_background:
        raise UsageError(
            f"{name} holds no transparency: give --background, or --format stacked, webm "
            "or prores4444"
        )
    return chosen


def matte_format(out: str) -> Format:
    """The format of a matte written to `out`: .mkv lossless, .mp4 H.264, .png or a folder PNG."""
    suffix = Path(out).suffix.lower()
    if suffix not in _MATTES:
        raise UsageError(f"{out}: a matte is written as .mkv, .mp4, .png or a folder")
    return FORMATS[_MATTES[suffix]]


def _by_out(out: str, transparent: bool | None) -> str:
    if out == PIPE:
        return "y4m" if transparent is False else "nut"
    suffix = "" if out.endswith("/") else Path(out).suffix.lower()
    if suffix not in _BY_SUFFIX:
        known = ", ".join(each for each in _BY_SUFFIX if each)
        raise UsageError(f"{out}: unknown suffix {suffix!r}; use one of {known}, or --format")
    return _BY_SUFFIX[suffix]
