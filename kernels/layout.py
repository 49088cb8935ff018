"""How planes hold a picture: component order, bit depth, chroma subsampling, colour matrix.

Matrices after ITU-R BT.601-7, BT.709-6 and BT.2020-2.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from kernels.types import Plane, Planes

Model = Literal["yuv", "rgb", "gray"]
Matrix = Literal["bt601", "bt709", "bt2020"]

# Luma weights of red and blue.
_KR_KB: dict[str, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the samples of a picture's planes mean.

    model: "yuv" (planes Y, U, V), "rgb" (planes G, B, R, as FFmpeg's gbrp) or "gray" (Y alone).
    depth: bits a sample, in the low bits. shift_y, shift_x: log2 of the chroma subsampling.
    Raises ValueError on a depth outside 8..16 or subsampled RGB.
    """

    model: Model
    depth: int
    shift_y: int
    shift_x: int
    matrix: Matrix
    full_range: bool

    def __post_init__(self) -> None:
        if not 8 <= self.depth <= 16:
            raise ValueError(f"depth must lie in 8..16, got {self.depth}")
        if self.model != "yuv" and (self.shift_y or self.shift_x):
            raise ValueError(f"a {self.model} picture has no subsampled planes")

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Sample type: uint8 for 8 bits, uint16 above."""
        return np.uint8 if self.depth == 8 else np.uint16

    @property
    def count(self) -> int:
        """How many planes there are."""
        return 1 if self.model == "gray" else 3

    @property
    def peak(self) -> int:
        """Largest sample value."""
        return (1 << self.depth) - 1

    def shifts(self, plane: int) -> tuple[int, int]:
        """(shift_y, shift_x) of plane number `plane`."""
        return (0, 0) if plane == 0 or self.model != "yuv" else (self.shift_y, self.shift_x)

    @property
    def colour_shifts(self) -> tuple[int, int]:
        """(shift_y, shift_x) of the planes of colour; (0, 0) where there are none."""
        return self.shifts(self.count - 1)

    @property
    def is_subsampled(self) -> bool:
        """Whether the planes of colour are smaller than that of lightness."""
        return self.colour_shifts != (0, 0)

    def three(self, planes: Planes) -> tuple[Plane, Plane, Plane]:
        """The planes, as `to_rgb` wants their samples: gray repeats its only one thrice."""
        first, second, third = planes * 3 if self.count == 1 else planes
        return first, second, third

    def plane_shape(self, plane: int, height: int, width: int) -> tuple[int, int]:
        """Shape of plane number `plane` of a (height, width) picture; odd sizes round up."""
        y, x = self.shifts(plane)
        return -(-height >> y), -(-width >> x)

    def to_rgb(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(M (3, 3), offset (3,)) float32 with rgb = M @ samples + offset, rgb in [0, 1].

        `samples` are the code values in plane order; gray repeats its only plane thrice.
        """
        if self.model == "rgb":
            matrix = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]) / self.peak
            return matrix.astype(np.float32), np.zeros(3, np.float32)
        low, luma, chroma = self._ranges()
        if self.model == "gray":
            matrix = np.zeros((3, 3))
            matrix[:, 0] = 1 / luma
        else:
            matrix = _yuv_to_rgb(self.matrix) / np.array([luma, chroma, chroma])
        middle = np.array([low, 1 << self.depth - 1, 1 << self.depth - 1])
        return matrix.astype(np.float32), (-matrix @ middle).astype(np.float32)

    def from_rgb(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(M (3, 3), offset (3,)) float32: samples = M @ rgb + offset, to_rgb inverted."""
        if self.model == "gray":
            low, luma, _ = self._ranges()
            kr, kb = _KR_KB[self.matrix]
            matrix = np.zeros((3, 3))
            matrix[0] = np.array([kr, 1 - kr - kb, kb]) * luma
            return matrix.astype(np.float32), np.array([low, 0, 0], np.float32)
        forward, offset = self.to_rgb()
        inverse = np.linalg.inv(forward.astype(np.float64))
        return inverse.astype(np.float32), (-inverse @ offset).astype(np.float32)

    def _ranges(self) -> tuple[float, float, float]:
        """(black level, luma span, chroma span) in code values."""
        if self.full_range:
            return 0.0, float(self.peak), float(self.peak)
        step = 1 << self.depth - 8
        return 16.0 * step, 219.0 * step, 224.0 * step


def _yuv_to_rgb(matrix: Matrix) -> npt.NDArray[np.float64]:
    kr, kb = _KR_KB[matrix]
    kg = 1 - kr - kb
    return np.array(
        [
            [1, 0, 2 * (1 - kr)],
            [1, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg],
            [1, 2 * (1 - kb), 0],
        ]
    )
