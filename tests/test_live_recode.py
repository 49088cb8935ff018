"""Planar pictures made into the kind that live work is done on, beside the same in floats."""

import cv2
import numpy as np
import pytest

from kernels.layout import Layout, Matrix
from kernels.types import Planes
from stream.live.normal import LIVE_LAYOUT
from stream.live.recode import SHIFTS, recode

HEIGHT, WIDTH = 48, 64
MATRICES: tuple[Matrix, ...] = ("bt601", "bt709", "bt2020")


def smooth(layout: Layout) -> Planes:
    """A picture of colours that change slowly, within what samples may be."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    rgb = np.stack([0.2 + 0.6 * x, 0.3 + 0.5 * y, 0.7 - 0.4 * x * y], -1)
    matrix, offset = layout.from_rgb()
    samples = rgb @ matrix.T.astype(float) + offset
    planes = []
    for number in range(3):
        down, across = layout.shifts(number)
        size = WIDTH >> across, HEIGHT >> down
        small = cv2.resize(samples[..., number], size, interpolation=cv2.INTER_AREA)
        planes.append(np.round(small).astype(np.uint8))
    return tuple(planes)


@pytest.mark.parametrize("shifts", SHIFTS)
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full_range", [False, True])
def test_pictures_look_as_they_did(
    shifts: tuple[int, int], matrix: Matrix, full_range: bool
) -> None:
    made = recode(*_of(Layout("yuv", 8, *shifts, matrix, full_range)), LIVE_LAYOUT)
    true = smooth(LIVE_LAYOUT)
    for found, expected in zip(made, true, strict=True):
        assert found.dtype == np.uint8 and found.flags.c_contiguous
        assert found.shape == expected.shape
        # Rounded once before it and up to thrice in it.
        assert np.abs(found.astype(int) - expected).max() <= 2


def test_gray_keeps_its_middle_and_both_ends() -> None:
    for full_range, ends in ((True, (0, 255)), (False, (16, 235))):
        layout = Layout("yuv", 8, 1, 1, "bt709", full_range)
        for end, expected in zip(ends, (16, 235), strict=True):
            luma = np.full((HEIGHT, WIDTH), end, np.uint8)
            chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
            made = recode((luma, chroma, chroma), layout, LIVE_LAYOUT)
            assert [set(plane.ravel().tolist()) for plane in made] == [{expected}, {128}, {128}]


def test_planes_with_gaps_between_their_rows_are_read() -> None:
    planes, layout = _of(Layout("yuv", 8, 0, 1, "bt601", full_range=True))
    wide = tuple(np.pad(plane, ((0, 0), (0, 16)))[:, : plane.shape[1]] for plane in planes)
    made = (recode(each, layout, LIVE_LAYOUT) for each in (wide, planes))
    for found, expected in zip(*made, strict=True):
        assert (found == expected).all()


def _of(layout: Layout) -> tuple[Planes, Layout]:
    return smooth(layout), layout
