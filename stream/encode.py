"""Lay a frame and its alpha into the memory an encoder reads."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from kernels.layout import Layout
from kernels.types import Alpha, Planes
from stream.formats import Content
from stream.frame import Frame
from stream.pixels import parse
from stream.planes import fill, luma_range, plane_of, quantized

# Bilinear chroma cannot ring at the subject's edge; without the other two swscale is 2 levels off.
_SCALING = int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
_SWS_MATRIX = {"bt601": 5, "bt709": 1, "bt2020": 9}
_LIMITED, _FULL = 1, 2
# Packed formats as their channels in memory order, numbered as G, B, R, A planes.
_PACKED = {
    "rgb24": (2, 0, 1), "rgba": (2, 0, 1, 3), "argb": (3, 2, 0, 1), "bgra": (1, 0, 2, 3),
    "rgb48be": (2, 0, 1), "rgba64be": (2, 0, 1, 3), "ya8": (0, 1),
}  # fmt: skip
_PLANAR_OF = {"ya8": "gray", "gray16be": "gray16le", "rgb48be": "gbrp16le", "rgba64be": "gbrp16le"}
_WITH_ALPHA = ("yuva", "gbrap", "rgba", "argb", "bgra", "ya8")


@dataclass(frozen=True, slots=True)
class Target:
    """What the encoder takes.

    pixel_format: FFmpeg's name. height, width: of the coded picture, padding and stacked matte
    included. full_range: of YUV and gray samples. content: see stream.formats.
    """

    pixel_format: str
    height: int
    width: int
    full_range: bool
    content: Content = "picture"

    @property
    def has_alpha(self) -> bool:
        """Whether the encoder's pixel format has an alpha channel."""
        return self.pixel_format.startswith(_WITH_ALPHA)

    @property
    def planar(self) -> str:
        """The alpha-less planar format whose planes are laid into the picture."""
        name = self.pixel_format
        if name in _PLANAR_OF:
            return _PLANAR_OF[name]
        if name in _PACKED:
            return "gbrp"
        return name.replace("yuva", "yuv").replace("gbrap", "gbrp")


class Packer:
    """Turns frames into the encoder's pictures; one per output, used from one thread."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reformatter = VideoReformatter()
        parsed = parse(target.planar)
        if parsed is None:
            raise ValueError(f"cannot write pixel format {target.pixel_format}")
        self._format = parsed

    def pack(self, frame: Frame, alpha: Alpha | None) -> av.VideoFrame:
        """The picture of `frame`, with `alpha` (H, W) float32 in [0, 1] where the target has it.

        Samples already in the target's layout are copied bit for bit; alpha None means opaque.
        Raises ValueError when alpha has another size than the frame, or a matte has none.
        """
        if alpha is not None and alpha.shape != (frame.height, frame.width):
            raise ValueError(
                f"alpha {alpha.shape} does not fit the {frame.height}x{frame.width} frame"
            )
        if alpha is None and self._target.content != "picture":
            raise ValueError("a matte needs an alpha")
        picture = av.VideoFrame(self._target.width, self._target.height, self._target.pixel_format)
        layout = self._layout(frame)
        if self._target.content == "matte":
            self._lay_matte(picture, alpha, layout)
        else:
            planes = self._planes(frame, layout)
            if self._target.pixel_format in _PACKED:
                self._interleave(picture, planes, alpha, layout)
            else:
                self._lay(picture, planes, alpha, layout)
        picture.pts = frame.pts
        picture.time_base = frame.time_base
        return picture

    def _layout(self, frame: Frame) -> Layout:
        """The layout written: the source's matrix and range where the target leaves them open."""
        form = self._format
        full = form.model == "rgb" or self._target.full_range
        matrix = frame.layout.matrix
        return Layout(form.model, form.depth, form.shift_y, form.shift_x, matrix, full)

    def _planes(self, frame: Frame, layout: Layout) -> Planes:
        """The frame's planes in `layout`: untouched, shifted up exactly, or converted."""
        source = frame.layout
        if source.model == "gray" and layout.model == "yuv" and _same_tones(source, layout):
            return (frame.planes[0], *_neutral(frame, layout))
        if _sampling(source) != _sampling(layout):
            return self._converted(frame, layout)
        if source == layout:
            return frame.planes
        if not layout.full_range and not source.full_range and layout.depth > source.depth:
            # Limited-range code values of a greater depth are the same ones shifted.
            up = layout.depth - source.depth
            return tuple(np.left_shift(p, up, dtype=np.uint16) for p in frame.planes)
        return self._converted(frame, layout)

    def _converted(self, frame: Frame, layout: Layout) -> Planes:
        held = av.VideoFrame(frame.width, frame.height, _without_range(frame.pixel_format.name))
        for number, plane in enumerate(frame.planes):
            plane_of(held, number, plane.dtype)[:, : plane.shape[1]] = plane
        matrix = _SWS_MATRIX[layout.matrix]
        fitted = self._reformatter.reformat(
            held,
            format=self._target.planar,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=_FULL if frame.layout.full_range else _LIMITED,
            dst_color_range=_FULL if layout.full_range else _LIMITED,
            interpolation=_SCALING,
            threads=1,
        )
        shapes = [layout.plane_shape(n, frame.height, frame.width) for n in range(layout.count)]
        return tuple(
            plane_of(fitted, number, layout.dtype)[:, : shape[1]]
            for number, shape in enumerate(shapes)
        )

    def _lay(
        self, picture: av.VideoFrame, planes: Planes, alpha: Alpha | None, layout: Layout
    ) -> None:
        rows = self._target.height // (2 if self._target.content == "stacked" else 1)
        for number, plane in enumerate(planes):
            tall, wide = layout.plane_shape(number, rows, self._target.width)
            fill(plane_of(picture, number, layout.dtype)[:tall, :wide], plane)
        if self._target.has_alpha:
            view = plane_of(picture, len(planes), layout.dtype)[:, : self._target.width]
            fill(view, quantized(alpha, layout.peak, planes[0].shape, layout.dtype))
        elif self._target.content == "stacked":
            self._lay_matte(picture, alpha, layout, rows)

    def _lay_matte(
        self, picture: av.VideoFrame, alpha: Alpha | None, layout: Layout, top: int = 0
    ) -> None:
        """Alpha as luma from row `top` down, so that a player's RGB is the alpha; no colour."""
        low, span = luma_range(layout)
        luma = quantized(alpha, span, (0, 0), layout.dtype, low)
        fill(plane_of(picture, 0, layout.dtype)[top:, : self._target.width], luma)
        for number in range(1, layout.count):
            skipped, wide = layout.plane_shape(number, top, self._target.width)
            plane_of(picture, number, layout.dtype)[skipped:, :wide] = 1 << layout.depth - 1
        if self._target.pixel_format.endswith("be"):
            view = plane_of(picture, 0, layout.dtype)
            view.byteswap(inplace=True)

    def _interleave(
        self, picture: av.VideoFrame, planes: Planes, alpha: Alpha | None, layout: Layout
    ) -> None:
        order = _PACKED[self._target.pixel_format]
        channels = list(planes)
        if self._target.has_alpha:
            channels.append(quantized(alpha, layout.peak, planes[0].shape, layout.dtype))
        packed = cv2.merge([np.ascontiguousarray(channels[number]) for number in order])
        packed = packed.reshape(packed.shape[0], -1)
        view = plane_of(picture, 0, layout.dtype)[:, : packed.shape[1]]
        view[:] = packed.byteswap() if self._target.pixel_format.endswith("be") else packed


def _sampling(layout: Layout) -> tuple[object, ...]:
    return layout.model, layout.shift_y, layout.shift_x


def _same_tones(source: Layout, layout: Layout) -> bool:
    return source.depth == layout.depth and source.full_range == layout.full_range


def _neutral(frame: Frame, layout: Layout) -> Planes:
    shape = layout.plane_shape(1, frame.height, frame.width)
    plane = np.full(shape, 1 << layout.depth - 1, layout.dtype)
    return plane, plane


def _without_range(name: str) -> str:
    """The same format without the range that FFmpeg's yuvj names imply."""
    return name.replace("yuvj", "yuv")
