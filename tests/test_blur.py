import numpy as np
import pytest

from kernels.blur import blur_background
from kernels.layout import Layout
from kernels.picture import resized
from kernels.spread import SpreadColours, cell_means, spread
from kernels.types import Alpha, Planes
from tests.media import planes_of

YUV = Layout("yuv", 8, 1, 1, "bt601", False)
NAMES = {
    "yuv420p": YUV,
    "yuv422p10le": Layout("yuv", 10, 0, 1, "bt709", False),
    "yuv444p": Layout("yuv", 8, 0, 0, "bt601", True),
    "gbrp": Layout("rgb", 8, 0, 0, "bt601", True),
    "gray": Layout("gray", 8, 0, 0, "bt601", True),
}


def room_of(planes: Planes, layout: Layout, alpha: Alpha, step: int = 4) -> SpreadColours:
    means = cell_means(planes, layout, step)
    prior = resized(alpha, *means.shape[:2])
    return spread(means, prior, step)


def disc(height: int, width: int) -> Alpha:
    y, x = np.mgrid[0:height, 0:width]
    return (np.hypot(y - height / 2, x - width / 2) < height / 4).astype(np.float32)


@pytest.mark.parametrize("step", [2, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (33, 47), (64, 96)])
@pytest.mark.parametrize("name", list(NAMES))
def test_planes_keep_shape_and_depth(name: str, size: tuple[int, int], step: int) -> None:
    planes, layout = planes_of(name, *size), NAMES[name]
    soft = blur_background(planes, layout, room_of(planes, layout, disc(*size), step), 4.0)
    for plane, blurred in zip(planes, soft, strict=True):
        assert (blurred.shape, blurred.dtype) == (plane.shape, plane.dtype)
        assert blurred.min() >= plane.min() - 1
        assert blurred.max() <= plane.max() + 1


@pytest.mark.parametrize("step", [2, 4, 8])
def test_a_flat_room_stays_what_it_is(step: int) -> None:
    planes = tuple(np.full(YUV.plane_shape(n, 48, 64), 60 + 50 * n, np.uint8) for n in range(3))
    soft = blur_background(planes, YUV, room_of(planes, YUV, disc(48, 64), step), 6.0)
    for plane, blurred in zip(planes, soft, strict=True):
        assert np.abs(blurred.astype(int) - plane).max() <= 1


def test_the_subject_casts_no_halo() -> None:
    size = (96, 128)
    alpha = disc(*size)
    luma = np.where(alpha > 0, 235, 40).astype(np.uint8)
    chroma = np.full((48, 64), 128, np.uint8)
    planes = (luma, chroma, chroma)
    soft = blur_background(planes, YUV, room_of(planes, YUV, alpha), 8.0)[0]
    plain = np.full(size, 40)
    # A cell that the edge crosses may leak a little; a plain blur leaks by 97 levels.
    assert np.abs(soft[alpha == 0] - plain[alpha == 0]).max() <= 6


def test_a_stronger_blur_is_smoother() -> None:
    planes, layout = planes_of("gray", 96, 128), NAMES["gray"]
    nobody = np.zeros((96, 128), np.float32)
    colours = room_of(planes, layout, nobody)
    rough = [
        float(
            np.abs(np.diff(blur_background(planes, layout, colours, sigma)[0].astype(float))).mean()
        )
        for sigma in (2.0, 6.0, 12.0)
    ]
    assert rough[0] > 1.5 * rough[1] > 2 * rough[2]


def test_chroma_stays_with_its_luma() -> None:
    """A step edge blurs about the same place in every plane, whatever the subsampling."""
    nobody = np.zeros((64, 96), np.float32)
    edges = []
    for shifts in ((0, 0), (0, 1), (1, 1)):
        layout = Layout("yuv", 8, *shifts, "bt601", False)
        planes = []
        for number in range(3):
            tall, wide = layout.plane_shape(number, 64, 96)
            planes.append(np.where(np.arange(wide) < wide // 2, 50, 200)[None].repeat(tall, 0))
        made = tuple(plane.astype(np.uint8) for plane in planes)
        soft = blur_background(made, layout, room_of(made, layout, nobody), 5.0)
        for number, plane in enumerate(soft):
            crossing = np.interp(125, plane[10].astype(float), np.arange(plane.shape[1]) + 0.5)
            edges.append(crossing * (1 << layout.shifts(number)[1]))
    np.testing.assert_allclose(edges, 48, atol=0.6)
