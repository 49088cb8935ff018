"""A patch of colour looks the same in every output as in its source."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from kernels.layout import Layout
from stream.colour import Colour
from stream.formats import FORMATS, Format
from stream.frame import Frame
from stream.pixels import parse, planar_equivalent
from stream.sinks import open_sink
from stream.source_info import SourceInfo
from tests.output_media import TIME_BASE, info_of, read_back, samples

PATCHES = np.array(
    [
        [0.80, 0.58, 0.48], [0.45, 0.32, 0.27], [0.85, 0.10, 0.12], [0.10, 0.55, 0.20],
        [0.12, 0.20, 0.70], [0.90, 0.85, 0.20], [0.50, 0.50, 0.50], [0.95, 0.95, 0.95],
    ]
)  # fmt: skip
SIDE = 32
COLOURS = {
    "601 limited": Colour(6, 6, 6, False),
    "709 limited": Colour(1, 1, 1, False),
    "601 full": Colour(5, 5, 6, True),
    "709 full": Colour(1, 1, 1, True),
    "untagged": Colour(),
    "2020 limited": Colour(9, 9, 14, False),
}
SOURCES = ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le", "gbrp", "yuv444p12le")
PICTURES = [each for each in FORMATS.values() if each.content != "matte"]


def patches_in(info: SourceInfo) -> tuple[Frame, npt.NDArray[np.float64]]:
    """A row of patches, and the RGB in [0, 1] that its samples stand for."""
    layout = info.pixel_format.layout(info.colour, info.height, info.width)
    matrix, offset = layout.from_rgb()
    # Levels that eight bits can hold: rounding deeper ones is a loss of depth, not of colour.
    step = 1 << layout.depth - 8
    values = np.rint((PATCHES @ matrix.T + offset) / step) * step
    back, shift = layout.to_rgb()
    planes = []
    for number in range(layout.count):
        tall, wide = layout.plane_shape(number, SIDE, SIDE)
        row = np.repeat(values[:, number], wide).astype(layout.dtype)
        planes.append(np.tile(row, (tall, 1)))
    frame = Frame(tuple(planes), info.pixel_format, info.colour, 0, TIME_BASE, 3003)
    return frame, np.clip(values @ back.T + shift, 0, 1)


def shown(picture: av.VideoFrame, fallback: Colour) -> npt.NDArray[np.float64]:
    """The patches' RGB in [0, 1] as a player sees them, by the file's own tags."""
    packed = {"rgba": (4, 0), "argb": (4, 1), "bgra": (4, 0), "rgb24": (3, 0)}
    deep = {"rgba64be": 4, "rgb48be": 3}
    name = picture.format.name
    if name in packed or name in deep:
        count, first = packed.get(name, (deep.get(name, 4), 0))
        rows: Any = np.frombuffer(picture.planes[0], ">u2" if name in deep else np.uint8)
        grid = rows.reshape(picture.height, -1)[:, : picture.width * count]
        grid = grid.reshape(picture.height, -1, count)[..., first : first + 3]
        rgb = np.stack([patch_means(grid[..., channel]) for channel in range(3)], 1)
        return rgb[:, :: -1 if name == "bgra" else 1] / (65535 if name in deep else 255)
    layout = layout_of(picture, fallback)
    values = [
        patch_means(samples(picture, number), picture.height > SIDE)
        for number in range(layout.count)
    ]
    matrix, offset = layout.to_rgb()
    return np.clip(np.stack(values, 1) @ matrix.T + offset, 0, 1)


def patch_means(plane: Any, stacked: bool = False) -> npt.NDArray[np.float64]:
    """The mean of each patch's inner half, in a plane of any subsampling."""
    wide = plane.shape[1] // len(PATCHES)
    # A stacked picture's lower half is its matte.
    rows = plane[: plane.shape[0] // 2] if stacked else plane
    height = rows.shape[0]
    starts = [wide * number + wide // 4 for number in range(len(PATCHES))]
    inner = [rows[height // 4 : -height // 4, at : at + wide // 2] for at in starts]
    return np.array([float(each.mean()) for each in inner])


def layout_of(picture: av.VideoFrame, fallback: Colour) -> Layout:
    parsed = parse(planar_equivalent(picture.format.name))
    assert parsed is not None
    full = {1: False, 2: True}.get(picture.color_range)
    tags = Colour(picture.colorspace, 2, 2, full)
    if picture.colorspace == 2:
        tags = Colour(fallback.matrix, 2, 2, full)
    return parsed.layout(tags, SIDE, SIDE)


def lab(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIE L*a*b* under D65 of sRGB values."""
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = linear @ np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ).T / np.array([0.95047, 1.0, 1.08883])  # fmt: skip
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1
    )  # fmt: skip


def difference(one: npt.NDArray[np.float64], two: npt.NDArray[np.float64]) -> Any:
    """CIEDE2000 of rows of L*a*b*, after Sharma, Wu and Dalal (2005)."""
    c7 = ((np.hypot(one[:, 1], one[:, 2]) + np.hypot(two[:, 1], two[:, 2])) / 2) ** 7
    g = 1.5 - 0.5 * np.sqrt(c7 / (c7 + 25.0**7))
    c1, c2 = np.hypot(one[:, 1] * g, one[:, 2]), np.hypot(two[:, 1] * g, two[:, 2])
    h1 = np.degrees(np.arctan2(one[:, 2], one[:, 1] * g)) % 360
    h2 = np.degrees(np.arctan2(two[:, 2], two[:, 1] * g)) % 360
    turn = np.where(c1 * c2 > 1e-6, (h2 - h1 + 180) % 360 - 180, 0)
    dl, dc = two[:, 0] - one[:, 0], c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lightness, chroma, hue = (one[:, 0] + two[:, 0]) / 2, (c1 + c2) / 2, h1 + turn / 2
    t = (
        1 - 0.17 * np.cos(np.radians(hue - 30)) + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6)) - 0.20 * np.cos(np.radians(4 * hue - 63))
    )  # fmt: skip
    sl = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rt = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rt *= np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc * dh / sc / sh)


def test_difference_agrees_with_the_published_pairs() -> None:
    one = np.array([[50, 2.6772, -79.7751], [2.0776, 0.0795, -1.1350]])
    two = np.array([[50, 0, -82.7485], [0.9033, -0.0636, -0.5514]])
    np.testing.assert_allclose(difference(one, two), [2.0425, 0.9082], atol=1e-4)


@pytest.mark.parametrize("tags", COLOURS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", PICTURES, ids=lambda form: form.name)
def test_patches_keep_their_colour(form: Format, source: str, tags: str, tmp_path: Path) -> None:
    colour = Colour(0, 1, 13, True) if source == "gbrp" else COLOURS[tags]
    info = info_of(source, colour, SIDE, SIDE * len(PATCHES))
    frame, sent = patches_in(info)
    out = tmp_path / f"out{form.suffix}"
    opaque = form.needs_background
    with open_sink(str(out), form, info) as sink:
        sink.write(frame, None if opaque else np.ones((frame.height, frame.width), np.float32))
    _, picture = read_back(out)[0]
    guess = Colour(6) if colour.matrix in {0, 2} else colour
    assert difference(lab(shown(picture, guess)), lab(sent)).max() < 1


@pytest.mark.parametrize("form", PICTURES, ids=lambda form: form.name)
def test_tags_are_written_as_they_were_read(form: Format, tmp_path: Path) -> None:
    if form.container in {"nut", "yuv4mpegpipe"} or form.range == "full":
        pytest.skip("holds no matrix")
    info = info_of("yuv420p", Colour(9, 9, 16, False), SIDE, SIDE * len(PATCHES))
    frame, _ = patches_in(info)
    out = tmp_path / f"out{form.suffix}"
    with open_sink(str(out), form, info) as sink:
        sink.write(frame, None if form.needs_background else np.ones((SIDE, 256), np.float32))
    with av.open(str(out)) as container:
        read: Any = container.streams.video[0].codec_context
        found = (read.colorspace, read.color_primaries, read.color_trc, read.color_range)
    assert found == (9, 9, 16, 1)
