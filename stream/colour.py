"""Colour tags of a stream: read, guessed where missing, written back unchanged."""

from dataclasses import dataclass

from kernels.layout import Matrix

UNSPECIFIED = 2
"""FFmpeg's value for an absent matrix, primaries or transfer tag (H.273)."""
_MATRICES: dict[int, Matrix] = {
    1: "bt709", 4: "bt601", 5: "bt601", 6: "bt601", 7: "bt709", 9: "bt2020", 10: "bt2020",
}  # fmt: skip
RGB_MATRIX = 0
HD_HEIGHT = 720
LIMITED, FULL = 1, 2


@dataclass(frozen=True, slots=True)
class Colour:
    """The four colour tags as H.273 code points, plus range; what was absent stays absent.

    matrix, primaries, transfer: H.273 numbers, 2 where the stream is silent. full_range: None
    where the stream is silent.
    """

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    full_range: bool | None = None

    def matrix_name(self, height: int, width: int) -> Matrix:
        """The luma matrix of a picture of that size, however it lies.

        Where it is untagged, BT.709 from 720 lines up and BT.601 below: a film that stands upright
        counts its short side.
        """
        if self.matrix in _MATRICES:
            return _MATRICES[self.matrix]
        return "bt709" if min(height, width) >= HD_HEIGHT else "bt601"

    @property
    def is_full(self) -> bool:
        """Whether samples use the full range; untagged YUV does not."""
        return bool(self.full_range)
