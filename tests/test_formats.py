"""Choosing formats: by name, by suffix, by what they hold."""

import av
import pytest

from stream.errors import UsageError
from stream.formats import FORMATS, choose_format, matte_format
from stream.pixels import parse

SOURCES = (
    "yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv420p10le",
    "yuv422p10le", "yuv444p12le", "yuv420p12le", "gray", "gray10le", "gbrp", "gbrp10le", "gbrp16le",
)  # fmt: skip


@pytest.mark.parametrize(
    ("out", "transparent", "name"),
    [
        ("a.mov", None, "prores4444"),
        ("a.WEBM", None, "webm"),
        ("a.mkv", None, "ffv1"),
        ("a.mp4", None, "mp4"),
        ("a.mp4", False, "mp4"),
        ("folder", None, "png"),
        ("folder.d/", None, "png"),
        ("a.png", None, "png"),
        ("-", None, "nut"),
        ("-", False, "y4m"),
    ],
)
def test_suffix_decides(out: str, transparent: bool | None, name: str) -> None:
    assert choose_format(out, None, transparent).name == name


def test_name_beats_suffix() -> None:
    assert choose_format("a.mp4", "stacked").name == "stacked"


def test_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'vhs'.*prores4444"):
        choose_format("a.mov", "vhs")


def test_unknown_suffix_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"\.xyz.*\.webm"):
        choose_format("a.xyz")


def test_transparency_is_refused_where_it_would_be_lost() -> None:
    with pytest.raises(UsageError, match="no transparency"):
        choose_format("a.mp4", None, transparent=True)


@pytest.mark.parametrize(
    ("out", "name"), [("m.mkv", "matte"), ("m.mp4", "matte-mp4"), ("m", "matte-png")]
)
def test_matte_goes_by_suffix(out: str, name: str) -> None:
    assert matte_format(out).name == name


def test_matte_with_a_strange_suffix_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\.mkv"):
        matte_format("m.webm")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("alpha", [True, False])
def test_encoder_takes_the_pixel_format(name: str, source: str, alpha: bool) -> None:
    form = FORMATS[name]
    pixel_format = parse(source)
    assert pixel_format is not None
    wanted = form.pixel_format(pixel_format, alpha and form.carries_alpha)
    for encoder in form.encoders:
        taken = [each.name for each in av.Codec(encoder.name, "w").video_formats or []]
        assert encoder.name == "rawvideo" or wanted in taken


@pytest.mark.parametrize("name", ["prores4444", "ffv1", "png", "nut"])
def test_ten_bits_stay_at_least_ten(name: str) -> None:
    pixel_format = parse("yuv420p10le")
    assert pixel_format is not None
    assert FORMATS[name].depth(pixel_format) >= 10
