import av
import numpy as np
import pytest

from stream.colour import Colour
from stream.pixels import parse, planar_equivalent, planar_name

FORMATS = sorted(av.video.format.names)
HELD = [name for name in FORMATS if parse(name)]
# FFmpeg does not tell what these hold.
OPAQUE = ("bayer", "pal8", "xyz")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_ffmpeg_has_a_planar_equivalent(name: str) -> None:
    form = parse(planar_equivalent(name))
    assert form is not None
    assert form.name in av.video.format.names


@pytest.mark.parametrize("name", HELD)
def test_parts_agree_with_ffmpeg(name: str) -> None:
    form = parse(name)
    assert form is not None
    truth = av.VideoFormat(name)
    assert form.depth == truth.components[0].bits
    assert 8 <= form.depth <= 16
    assert (form.model == "rgb") == truth.is_rgb
    assert (form.model == "gray") == (len(truth.components) == 1)
    tall, wide = truth.chroma_height(64), truth.chroma_width(64)
    if form.model == "yuv":
        assert (tall, wide) == (64 >> form.shift_y, 64 >> form.shift_x)


@pytest.mark.parametrize("name", [n for n in FORMATS if not any(part in n for part in OPAQUE)])
def test_no_depth_or_chroma_is_lost(name: str) -> None:
    known, form = av.VideoFormat(name), parse(planar_equivalent(name))
    assert form is not None
    bits = max((c.bits for c in known.components), default=8)
    assert form.depth >= min(bits, 16)
    colourful = len({c.plane for c in known.components if not c.is_alpha}) > 1
    if form.model == "yuv" and colourful and not known.is_rgb:
        assert (known.chroma_height(64), known.chroma_width(64)) == (
            64 >> form.shift_y,
            64 >> form.shift_x,
        )


@pytest.mark.parametrize(
    ("size", "matrix", "expected"),
    [
        ((719, 1280), 2, "bt601"),
        ((720, 1280), 2, "bt709"),
        ((854, 480), 2, "bt601"),
        ((1920, 1080), 2, "bt709"),
        ((1080, 1920), 6, "bt601"),
        ((480, 854), 1, "bt709"),
        ((2160, 3840), 9, "bt2020"),
    ],
)
def test_untagged_pictures_count_as_709_from_720_lines_however_they_lie(
    size: tuple[int, int], matrix: int, expected: str
) -> None:
    assert Colour(matrix=matrix).matrix_name(*size) == expected


@pytest.mark.parametrize(
    ("name", "tag", "full"),
    [("yuv420p", None, False), ("yuv420p", True, True), ("yuv420p", False, False),
     ("yuvj420p", None, True), ("yuvj420p", False, True), ("gbrp", None, True),
     ("gbrp", False, True), ("gray", False, False), ("gray", True, True), ("gray", None, True)],
)  # fmt: skip
def test_range_follows_format_then_tag(name: str, tag: bool | None, full: bool) -> None:
    form = parse(name)
    assert form is not None
    assert form.layout(Colour(full_range=tag), 480, 640).full_range is full


@pytest.mark.parametrize("name", [name for name in HELD if "yuvj" not in name])
def test_names_are_built_from_their_parts(name: str) -> None:
    form = parse(name)
    assert form is not None
    assert planar_name(form.model, form.depth, form.shift_y, form.shift_x) == name
    assert np.dtype(form.layout(Colour(), 480, 640).dtype).itemsize == (1 if form.depth == 8 else 2)
