"""One video frame in its decoder's planes, and the matte that travels with it."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from kernels.layout import Layout
from kernels.picture import shrink_rgb
from kernels.spread import SpreadColours
from kernels.types import Alpha, Kinds, Plane, Planes, Rgb
from models.picture import Box
from stream.colour import Colour
from stream.pixels import PixelFormat, parse, planar_name


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture with everything its output must keep.

    planes: (h, w) uint8 or uint16 views of the decoder's memory, read-only by contract.
    rotation: degrees counter-clockwise by which a viewer turns it, 0, 90, 180 or 270.
    pts: integer presentation time in units of time_base seconds; duration likewise, 0 if unknown.
    owner: keeps the decoder's buffer alive.
    Raises ValueError when a plane's shape or dtype is not what pixel_format demands.
    """

    planes: Planes
    pixel_format: PixelFormat
    colour: Colour
    pts: int
    time_base: Fraction
    duration: int = 0
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    owner: Any = None

    def __post_init__(self) -> None:
        layout = self.layout
        if len(self.planes) != layout.count:
            raise ValueError(
                f"{self.pixel_format.name} has {layout.count} planes, got {len(self.planes)}"
            )
        for number, plane in enumerate(self.planes):
            expected = layout.plane_shape(number, self.height, self.width)
            if plane.shape != expected or plane.dtype != layout.dtype:
                raise ValueError(
                    f"plane {number} of {self.pixel_format.name} must be {expected} "
                    f"{np.dtype(layout.dtype)}, got {plane.shape} {plane.dtype}"
                )

    @classmethod
    def from_rgb(cls, rgb: Rgb, pts: int = 0, time_base: Fraction = Fraction(1, 25)) -> "Frame":
        """A frame of (H, W, 3) uint8 RGB; its planes are copies."""
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
        planes = tuple(np.ascontiguousarray(rgb[..., channel]) for channel in (1, 2, 0))
        return cls(planes, _GBRP, Colour(matrix=0, full_range=True), pts, time_base)

    @property
    def height(self) -> int:
        """Rows of luma."""
        return int(self.planes[0].shape[0])

    @property
    def width(self) -> int:
        """Columns of luma."""
        return int(self.planes[0].shape[1])

    @property
    def layout(self) -> Layout:
        """What the samples mean."""
        return self.pixel_format.layout(self.colour, self.height, self.width)

    @property
    def seconds(self) -> Fraction:
        """Exact presentation time."""
        return self.pts * self.time_base

    def rgb(self, height: int, width: int, box: Box | None = None) -> Rgb:
        """The picture, or `box` of it, as (height, width, 3) uint8 RGB, resized in one pass."""
        return shrink_rgb(self.planes, self.layout, height, width, box)

    def upright(self) -> "Frame":
        """The frame with its rotation carried out; itself when there is none."""
        if not self.rotation:
            return self
        turns = self.rotation // 90
        pixel_format, planes = self.pixel_format, self.planes
        aspect = self.sample_aspect
        if turns % 2:
            aspect = 1 / aspect
            pixel_format, planes = _turnable(pixel_format, planes, self.height, self.width)
        turned = tuple(np.ascontiguousarray(np.rot90(plane, turns)) for plane in planes)
        return replace(
            self,
            planes=turned,
            pixel_format=pixel_format,
            sample_aspect=aspect,
            rotation=0,
            owner=None,
        )


_GBRP = PixelFormat("gbrp", "rgb", 8, 0, 0, True)


def _turnable(
    pixel_format: PixelFormat, planes: Planes, height: int, width: int
) -> tuple[PixelFormat, Planes]:
    """4:2:2 has no quarter turn that encoders take, so its chroma is doubled to 4:4:4."""
    if pixel_format.shift_y == pixel_format.shift_x:
        return pixel_format, planes
    chroma = tuple(_repeat(p, pixel_format, height, width) for p in planes[1:])
    name = planar_name("yuv", pixel_format.depth, 0, 0)
    full = parse(name)
    assert full is not None
    return replace(full, full_range=pixel_format.full_range), (planes[0], *chroma)


def _repeat(plane: Plane, pixel_format: PixelFormat, height: int, width: int) -> Plane:
    tall = plane.repeat(1 << pixel_format.shift_y, axis=0)
    return tall.repeat(1 << pixel_format.shift_x, axis=1)[:height, :width]


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """A frame's alpha and foreground; it holds its frame, so the two can never part.

    alpha: (H, W) float32 in [0, 1]. foreground: planes like the frame's, the same samples where
    alpha is 1 and the subject's own colour, free of background, in the boundary band (the frame's
    samples there too when colours.foreground_known is False); only meaningful where alpha > 0.
    kinds: tile lattice of kernels.band. colours: both sides' colours, spread over the picture.
    error: (H, W) float32 expected absolute error of alpha, None unless it was asked for.
    """

    frame: Frame
    alpha: Alpha
    foreground: Planes
    kinds: Kinds
    colours: SpreadColours
    error: Alpha | None = None
