from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from kernels.band import classify
from kernels.spread import cell_means, spread
from kernels.types import Rgb
from stream.backgrounds import Blur, Film, Solid, open_background, solid_planes
from stream.errors import SourceError, StreamError, UsageError
from stream.frame import Frame, Matte
from stream.render import Renderer
from tests import media

FORMATS = ["yuv420p", "yuv422p10le", "yuv444p", "yuvj420p", "gbrp", "gbrp10le"]
LOUD = (255, 0, 200)


def matte_of(frame: Frame, alpha: float = 0.5) -> Matte:
    coarse = np.full((12, 16), alpha, np.float32)
    fine = np.full((frame.height, frame.width), alpha, np.float32)
    kinds = classify(coarse, frame.height, frame.width)
    means = cell_means(frame.planes, frame.layout)
    prior = np.full(means.shape[:2], alpha, np.float32)
    return Matte(frame, fine, frame.planes, kinds, spread(means, prior))


def shown(matte: Matte, name: str) -> Frame:
    background = open_background(name)
    assert background is not None
    return replace(matte.frame, planes=background.planes(matte))


def blank_at(seconds: Fraction, name: str = "yuv420p") -> Matte:
    base = Fraction(1, 1000)
    frame = media.frame_of(name, 48, 64)
    return matte_of(replace(frame, pts=int(seconds / base), time_base=base))


@pytest.mark.parametrize("size", [(16, 16), (47, 65)])
@pytest.mark.parametrize("name", FORMATS)
def test_a_colour_is_that_colour_everywhere(name: str, size: tuple[int, int]) -> None:
    frame = shown(matte_of(media.frame_of(name, *size)), "#c83c78")
    rgb = frame.rgb(*size).astype(int)
    assert np.abs(rgb - (200, 60, 120)).max() <= 2
    assert (rgb == rgb[0, 0]).all()


def test_a_colour_follows_a_change_of_format() -> None:
    solid = Solid(LOUD)
    for name in ("yuv420p", "gbrp", "yuv420p"):
        matte = matte_of(media.frame_of(name, 32, 32))
        rgb = replace(matte.frame, planes=solid.planes(matte)).rgb(32, 32)
        assert np.abs(rgb.astype(int) - LOUD).max() <= 3


def test_gray_pictures_get_the_lightness_of_a_colour() -> None:
    frame = media.frame_of("gray", 16, 16)
    (plane,) = solid_planes((255, 255, 255), frame.layout, 16, 16)
    assert (plane == 255).all()


@pytest.mark.parametrize("name", ["yuv420p", "gbrp"])
@pytest.mark.parametrize("size", [(48, 64), (64, 48), (30, 100)])
def test_a_picture_covers_the_frame_about_its_middle(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    (path,) = media.write_pictures(tmp_path / "p", 1, 96, 128)
    picture = Frame.from_rgb(np.stack(_rgb(media.planes_of("gbrp", 96, 128)), -1))
    frame = shown(matte_of(media.frame_of(name, *size)), str(path))
    scale = min(96 / size[0], 128 / size[1])
    tall, wide = round(size[0] * scale), round(size[1] * scale)
    box = (96 - tall) // 2, (128 - wide) // 2, tall, wide
    truth = picture.rgb(*size, box).astype(int)  # type: ignore[arg-type]
    gaps = np.abs(frame.rgb(*size) - truth)
    # 4:2:0 cannot hold the picture's colour edges; their means it must.
    assert gaps.mean() < (25 if name == "yuv420p" else 1)
    assert np.abs((frame.rgb(*size) - truth).mean((0, 1))).max() < 1.5


def _rgb(planes: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    green, blue, red = planes
    return [red, green, blue]


def flat_film(path: Path, count: int, time_step: int = 40) -> list[Rgb]:
    """A film each of whose pictures is one gray level, 20 apart; its levels."""
    levels = [20 + 20 * number for number in range(count)]
    folder = path.with_suffix("")
    folder.mkdir()
    with media.av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", media.RATE)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "gray"
        stream.codec_context.time_base = media.BASE
        for number, level in enumerate(levels):
            picture = media.picture_of((np.full((48, 64), level, np.uint8),), "gray")
            picture.pts, picture.time_base = 500 + number * time_step, media.BASE
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return levels


def level_at(film: Film, seconds: Fraction) -> int:
    matte = blank_at(seconds, "gray")
    return int(film.planes(matte)[0][20, 30])


def test_a_film_keeps_its_own_pace_and_loops(tmp_path: Path) -> None:
    levels = flat_film(tmp_path / "loop.mkv", 4)
    film = Film(str(tmp_path / "loop.mkv"))
    for step in range(30):  # at 60 frames a second in front of 25 behind
        seconds = Fraction(step, 60)
        expected = levels[int(seconds * 25) % 4]
        assert level_at(film, seconds) == expected


def test_a_film_skips_ahead_after_a_gap(tmp_path: Path) -> None:
    levels = flat_film(tmp_path / "loop.mkv", 4)
    film = Film(str(tmp_path / "loop.mkv"))
    assert level_at(film, Fraction(0)) == levels[0]
    assert level_at(film, Fraction(101, 100)) == levels[int(1.01 * 25) % 4]


def test_a_film_of_one_picture_stands_still(tmp_path: Path) -> None:
    (level,) = flat_film(tmp_path / "loop.mkv", 1)
    film = Film(str(tmp_path / "loop.mkv"))
    assert [level_at(film, Fraction(n, 10)) for n in range(5)] == [level] * 5


def test_a_folder_of_pictures_is_a_film(tmp_path: Path) -> None:
    media.write_pictures(tmp_path / "p", 3)
    background = open_background(str(tmp_path / "p"))
    assert isinstance(background, Film)
    assert background.planes(blank_at(Fraction(0)))[0].shape == (48, 64)


def test_transparent_is_no_background() -> None:
    assert open_background("transparent") is None


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("strength", ["blur", "blur:0.05", "blur:1"])
def test_blur_keeps_the_rooms_brightness(name: str, strength: str) -> None:
    frame = media.frame_of(name, 64, 96)
    blurred = shown(matte_of(frame, 0.0), strength)
    for before, after in zip(frame.planes, blurred.planes, strict=True):
        assert abs(before.mean() - after.mean()) < 0.02 * frame.layout.peak
        assert after.std() < before.std()


@pytest.mark.parametrize("strength", [0, -1, 1.5, float("nan")])
def test_impossible_blur_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="strength"):
        Blur(strength)


@pytest.mark.parametrize(
    "name",
    [
        "#12345",
        "#gggggg",
        "#1234567",
        "blur:0",
        "blur:2",
        "blur:x",
        "blur:nan",
        "nowhere.png",
        "green",
    ],
)
def test_unknown_backgrounds_are_one_line(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_background(name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["broken.png", "broken.mp4", "empty.mp4", "folder"])
def test_unreadable_backgrounds_are_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if name.startswith("empty") else b"this is no picture")
    with pytest.raises((SourceError, StreamError), match=name) as caught:
        open_background(str(path))
    assert "\n" not in str(caught.value)


def test_straight_colour_keeps_no_room() -> None:
    frame = media.frame_of("yuv420p", 48, 64)
    rendered = Renderer(None)(matte_of(frame, 0.0))
    assert rendered.alpha is not None
    assert rendered.frame.rgb(48, 64).max() == 0
    assert (rendered.frame.pts, rendered.frame.time_base) == (frame.pts, frame.time_base)


def test_straight_colour_keeps_no_room_where_haze_is_empty() -> None:
    frame = media.frame_of("yuv420p", 48, 64)
    matte = matte_of(frame, 0.3)
    matte.alpha[:, :32] = 0
    rendered = Renderer(None)(matte).frame
    # The reader blends chroma with the neighbour's, so the last columns may be tinted.
    assert rendered.rgb(48, 64)[:, :30].max() == 0
    assert np.array_equal(rendered.planes[0][:, 32:], frame.planes[0][:, 32:])


def test_a_renderer_with_a_background_gives_no_alpha() -> None:
    frame = media.frame_of("yuv420p", 48, 64)
    rendered = Renderer(Solid(LOUD))(matte_of(frame, 1.0))
    assert rendered.alpha is None
    for found, own in zip(rendered.frame.planes, frame.planes, strict=True):
        np.testing.assert_array_equal(found, own)
