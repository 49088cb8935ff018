"""What stands behind the subject: a colour, a picture, a looping film, or the blurred room."""

import re
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from kernels.blur import blur_background
from kernels.fit import Fit, fit_planes
from kernels.layout import Layout
from kernels.types import Planes
from stream.errors import SourceError, UsageError
from stream.frame import Frame, Matte
from stream.image_source import SUFFIXES
from stream.sources import open_source

TRANSPARENT = "transparent"
DEFAULT_BLUR = 0.5


class Background(Protocol):
    """Gives the planes behind a matte's subject, in its frame's own layout and size."""

    def planes(self, matte: Matte) -> Planes:
        """Planes like `matte.frame`'s, not to be written to."""


class Solid:
    """One colour everywhere. rgb: three values in 0..255, display-referred."""

    def __init__(self, rgb: tuple[int, int, int]) -> None:
        self._rgb = rgb
        self._made: tuple[tuple[Layout, int, int], Planes] | None = None

    def planes(self, matte: Matte) -> Planes:
        """See Background."""
        key = matte.frame.layout, matte.frame.height, matte.frame.width
        if self._made is None or self._made[0] != key:
            self._made = key, solid_planes(self._rgb, *key)
        return self._made[1]


def solid_planes(rgb: tuple[int, int, int], layout: Layout, height: int, width: int) -> Planes:
    """Planes of a (height, width) picture of one 8-bit `rgb` colour."""
    matrix, offset = layout.from_rgb()
    samples = np.floor(matrix @ (np.array(rgb) / 255) + offset + 0.5).clip(0, layout.peak)
    return tuple(
        np.full(layout.plane_shape(number, height, width), samples[number], layout.dtype)
        for number in range(layout.count)
    )


class Still:
    """A still picture that covers the frame, cropped about its middle, or is contained in it."""

    def __init__(self, frame: Frame, fit: Fit = "cover") -> None:
        self._frame, self._fit = frame, fit
        self._made: tuple[tuple[Layout, int, int], Planes] | None = None

    def planes(self, matte: Matte) -> Planes:
        """See Background."""
        key = matte.frame.layout, matte.frame.height, matte.frame.width
        if self._made is None or self._made[0] != key:
            self._made = key, fitted(self._frame, *key, self._fit)
        return self._made[1]

    def at(self, seconds: Fraction) -> Frame:
        """The picture, at any time."""
        return self._frame

    def close(self) -> None:
        """Nothing is open."""


class Film:
    """A video that loops and keeps its own pace, whatever the frame rate in front of it."""

    def __init__(self, name: str, fit: Fit = "cover") -> None:
        self._name, self._fit = name, fit
        self._turn = _frames_of(name)
        self._current: Frame | None = None
        self._next: Frame | None = None
        self._begin = Fraction(0)
        self._loop_start: Fraction | None = None  # the first matte's time, once there is one
        self._rewind()

    def planes(self, matte: Matte) -> Planes:
        """See Background."""
        front = matte.frame
        return fitted(self.at(front.seconds), front.layout, front.height, front.width, self._fit)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._turn.close()

    def _rewind(self) -> None:
        self._turn.close()
        self._turn = _frames_of(self._name)
        self._current, self._next = next(self._turn), next(self._turn, None)
        self._begin = self._current.seconds

    def at(self, seconds: Fraction) -> Frame:
        """The picture at `seconds` since any beginning; they must not fall from call to call."""
        if self._loop_start is None:
            self._loop_start = seconds
        while True:
            current = self._current
            if current is None:
                raise SourceError(f"{self._name}: holds no video frame")
            wanted = seconds - self._loop_start + self._begin
            if self._next is None:
                end = current.seconds + max(current.duration, 1) * current.time_base
                if wanted < end:
                    return current
                self._loop_start += end - self._begin
                self._rewind()
            elif wanted < self._next.seconds:
                return current
            else:
                self._current, self._next = self._next, next(self._turn, None)


class Blur:
    """The room itself, blurred; the subject is left out of the blur, so it casts no halo.

    strength: in (0, 1]; 1 blurs with a standard deviation of 6 % of the picture's height.
    """

    def __init__(self, strength: float = DEFAULT_BLUR) -> None:
        if not 0 < strength <= 1:
            raise ValueError(f"blur strength must lie in (0, 1], got {strength}")
        self._strength = strength

    def planes(self, matte: Matte) -> Planes:
        """See Background."""
        frame = matte.frame
        sigma = self._strength * 0.06 * frame.height
        return blur_background(frame.planes, frame.layout, matte.colours, sigma)


def is_made(name: str) -> bool:
    """Whether `name` means a background that is made on the spot, without any file."""
    return name in (TRANSPARENT, "blur") or name.startswith(("#", "blur:"))


def open_background(name: str, fit: Fit = "cover") -> Background | None:
    """The background that `name` describes; None for "transparent".

    name: "transparent", "#rrggbb", "blur", "blur:STRENGTH", or the path of a picture or video.
    fit: whether a picture or video covers the frame or is contained in it.
    Raises UsageError when it is none of these, SourceError when its file cannot be read.
    """
    if name == TRANSPARENT:
        return None
    if name.startswith("#"):
        return Solid(_parse_colour(name))
    if name == "blur" or name.startswith("blur:"):
        return Blur(_parse_strength(name))
    if "://" not in name and not Path(name).exists():
        raise UsageError(
            f"background {name!r}: no such file; it is transparent, #rrggbb, blur, blur:STRENGTH "
            "or the path of a picture or video"
        )
    if Path(name).suffix.lower() in SUFFIXES:
        return Still(next(_frames_of(name)), fit)
    return Film(name, fit)


def _frames_of(name: str) -> Generator[Frame, None, None]:
    with open_source(name, carry=False) as source:
        yield from source


def _parse_colour(name: str) -> tuple[int, int, int]:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", name):
        raise UsageError(f"background {name!r}: a colour is written #rrggbb, such as #00ff00")
    red, green, blue = bytes.fromhex(name[1:])
    return red, green, blue


def _parse_strength(name: str) -> float:
    text = name.partition(":")[2]
    try:
        strength = float(text) if text else DEFAULT_BLUR
    except ValueError:
        strength = -1.0
    if not 0 < strength <= 1:
        raise UsageError(f"background {name!r}: blur strength lies between 0 and 1, as blur:0.5")
    return strength


def fitted(frame: Frame, layout: Layout, height: int, width: int, fit: Fit = "cover") -> Planes:
    """The planes of `frame` as a (height, width) picture of `layout`."""
    return fit_planes(frame.planes, frame.layout, layout, height, width, fit)
