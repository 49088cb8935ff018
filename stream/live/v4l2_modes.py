"""Sizes, rates and formats that a V4L2 capture device offers (linux/videodev2.h)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

Ask = Callable[[int, bytes], bytes | None]
"""Takes an ioctl's number and its argument, gives the argument as the device filled it in; None
when the device refuses."""
CAPTURE = 1
"""The buffer type of single-plane capture, the only one that FFmpeg reads."""
FORMATS = {
    "YU12": "yuv420p", "YV12": "yuv420p", "422P": "yuv422p", "411P": "yuv411p",
    "YUV9": "yuv410p", "YUYV": "yuyv422", "UYVY": "uyvy422", "NV12": "nv12", "GREY": "gray",
    "Y16 ": "gray16le", "RGB3": "rgb24", "BGR3": "bgr24", "RGBP": "rgb565le", "RGBO": "rgb555le",
    "XR24": "bgr0", "BX24": "0rgb", "BGR4": "bgr0", "RGB4": "0rgb", "AR24": "bgra",
    "BA24": "argb", "MJPG": "mjpeg", "JPEG": "mjpeg", "H264": "h264", "MPG4": "mpeg4",
}  # fmt: skip
"""V4L2's four letters, and the name that FFmpeg's v4l2 demuxer takes as input_format."""
_SIZES = (
    (120, 160), (144, 176), (240, 320), (288, 352), (360, 640), (480, 640), (480, 848),
    (540, 960), (600, 800), (720, 960), (720, 1280), (768, 1024), (960, 1280), (1080, 1920),
    (1440, 2560), (1512, 2688), (2160, 3840), (2160, 4096),
)  # fmt: skip
_RATES = tuple(Fraction(rate) for rate in (5, 10, 15, 20, 24, 25, 30, 50, 60, 90, 120))
"""What is named of a device that takes any size or rate between bounds."""
_MOST = 128
"""Answers to one question after which a device that never ends its list is cut short."""
_DISCRETE = 1
_FORMAT, _FORMAT_LAYOUT = 0xC0405602, struct.Struct("=III32sII12x")
_SIZE, _SIZE_LAYOUT = 0xC02C564A, struct.Struct("=III6I8x")
_RATE, _RATE_LAYOUT = 0xC034564B, struct.Struct("=5I6I8x")
# struct v4l2_format holds a union with pointers, which are aligned to their own size
_IS_WIDE = struct.calcsize("P") == 8
_CURRENT = 0xC0D05604 if _IS_WIDE else 0xC0CC5604
_CURRENT_LAYOUT = struct.Struct("=I4xIII188x" if _IS_WIDE else "=IIII188x")


@dataclass(frozen=True, slots=True, order=True)
class Mode:
    """One way in which a camera can be opened.

    height, width: pixels. rate: frames a second, 0 where the device does not tell. pixel_format:
    as FFmpeg's v4l2 demuxer takes it for `input_format` ("yuyv422", "nv12", "mjpeg"...), "" where
    the system does not tell.
    """

    height: int
    width: int
    rate: Fraction
    pixel_format: str


def modes(ask: Ask) -> tuple[Mode, ...]:
    """All modes in a format that FFmpeg can read, the smallest and slowest first."""
    found = set()
    for code in _codes(ask):
        name = FORMATS.get(code.to_bytes(4, "little").decode("latin-1"))
        if name is not None:
            for height, width in _sizes(ask, code):
                found |= {
                    Mode(height, width, rate, name) for rate in _rates(ask, code, height, width)
                }
    return tuple(sorted(found))


def _answers(ask: Ask, number: int, layout: struct.Struct, *rest: int) -> Iterator[tuple[int, ...]]:
    padding = layout.size - 4 - 4 * len(rest)
    for index in range(_MOST):
        question = struct.pack(f"={1 + len(rest)}I{padding}x", index, *rest)
        answer = ask(number, question)
        if answer is None:
            return
        yield layout.unpack(answer)


def _codes(ask: Ask) -> set[int]:
    return {answer[4] for answer in _answers(ask, _FORMAT, _FORMAT_LAYOUT, CAPTURE)}


def _sizes(ask: Ask, code: int) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for _, _, kind, *numbers in _answers(ask, _SIZE, _SIZE_LAYOUT, code):
        if kind != _DISCRETE:
            return _between(*numbers)
        found.add((numbers[1], numbers[0]))
    return {size for size in found if min(size) > 0} or _current_size(ask, code)


def _between(
    least_width: int, width: int, width_step: int, least_height: int, height: int, height_step: int
) -> set[tuple[int, int]]:
    """The usual sizes that lie on the device's grid; its largest when none does."""

    def fits(high: int, wide: int) -> bool:
        return (
            least_height <= high <= height
            and least_width <= wide <= width
            and (high - least_height) % max(height_step, 1) == 0
            and (wide - least_width) % max(width_step, 1) == 0
        )

    found = {size for size in _SIZES if fits(*size)}
    return found or ({(height, width)} if min(height, width) > 0 else set())


def _current_size(ask: Ask, code: int) -> set[tuple[int, int]]:
    """Television cards list no sizes, but stand at one; it counts for the format they stand at."""
    question = struct.pack(f"=I{_CURRENT_LAYOUT.size - 4}x", CAPTURE)
    answer = ask(_CURRENT, question)
    if answer is None:
        return set()
    _, width, height, current = _CURRENT_LAYOUT.unpack(answer)
    return {(height, width)} if current == code and min(height, width) > 0 else set()


def _rates(ask: Ask, code: int, height: int, width: int) -> set[Fraction]:
    found: set[Fraction] = set()
    for *_, kind, a, b, c, d, _, _ in _answers(ask, _RATE, _RATE_LAYOUT, code, width, height):
        if kind != _DISCRETE:
            return _rates_between(_rate(a, b), _rate(c, d))
        found.add(_rate(a, b))
    return {rate for rate in found if rate > 0} or {Fraction(0)}


def _rates_between(fastest: Fraction, slowest: Fraction) -> set[Fraction]:
    """The usual rates within bounds; the fastest when there is none."""
    return {rate for rate in _RATES if slowest <= rate <= fastest} or {fastest}


def _rate(numerator: int, denominator: int) -> Fraction:
    """Frames a second of an interval in seconds; 0 for an interval that means nothing."""
    return Fraction(denominator, numerator) if numerator else Fraction(0)
