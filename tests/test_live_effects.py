from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from kernels.band import TILE
from kernels.foreground import foreground_planes
from kernels.spread import cell_means, spread
from kernels.types import Alpha
from stream.backgrounds import Solid
from stream.colour import Colour
from stream.frame import Frame, Matte
from stream.live.effects import Effects, reshaped
from stream.live.look import Look
from stream.pixels import parse
from stream.render import Renderer
from tests.edges import SIZES, covering, lattice_of

FORMATS = ["yuv420p", "yuv444p", "gbrp", "gray", "yuv420p10le"]
BACK = (90, 90, 90)


def matte_of(name: str, size: tuple[int, int], alpha: Alpha | None = None) -> Matte:
    """A dark subject of whole cells before a room whose every sample is the brightest there is."""
    form = parse(name)
    assert form is not None
    layout = form.layout(Colour(), *size)
    if alpha is None:
        alpha = np.zeros(size, np.float32)
        alpha[size[0] // 8 * 4 :, size[1] // 16 * 4 : size[1] // 16 * 12] = 1
    planes = tuple(
        np.where(covering(alpha, *layout.shifts(n)) > 0, layout.peak // 4, layout.peak).astype(
            layout.dtype
        )
        for n in range(layout.count)
    )
    frame = Frame(planes, form, Colour(), 1234, Fraction(1, 1000), 33)
    means = cell_means(planes, layout)
    prior = np.zeros(means.shape[:2], np.float32)
    for y, x in np.ndindex(*prior.shape):
        prior[y, x] = alpha[y * 4 : y * 4 + 4, x * 4 : x * 4 + 4].mean()
    colours, kinds = spread(means, prior), lattice_of(alpha)
    foreground = foreground_planes(planes, layout, alpha, kinds, colours)
    return Matte(frame, alpha, foreground, kinds, colours)


def random_look(rng: np.random.Generator, background: str = "#5a5a5a") -> Look:
    def some(low: float, high: float, off: float) -> float:
        return float(rng.uniform(low, high)) if rng.random() < 0.6 else off

    return Look(
        background,
        softness=some(0, 20, 0),
        shift=some(-20, 20, 0),
        wrap=some(0, 1, 0),
        scale=some(0.2, 3, 1),
        x=some(-0.5, 0.5, 0),
        y=some(-0.5, 0.5, 0),
    )


@pytest.fixture
def effects(no_thread_remains: None) -> Iterator[Effects]:
    with closing(Effects()) as made:
        yield made


def same(frame: Frame, other: Frame) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(frame.planes, other.planes, strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_plain_look_is_the_plain_composite(
    effects: Effects, name: str, size: tuple[int, int]
) -> None:
    matte = matte_of(name, size)
    frame = effects.render(matte, Look("#5a5a5a"))
    assert same(frame, Renderer(Solid(BACK))(matte).frame)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FORMATS)
def test_alpha_zero_is_the_background_bit_for_bit(
    effects: Effects, name: str, size: tuple[int, int]
) -> None:
    matte, rng = matte_of(name, size), np.random.default_rng(1)
    layout = matte.frame.layout
    behind = Solid(BACK).planes(matte)
    for _ in range(12):
        look = random_look(rng)
        frame, changed = effects.render(matte, look), reshaped(matte, look)
        for number, plane in enumerate(frame.planes):
            hidden = covering(changed.alpha, *layout.shifts(number)) == 0
            np.testing.assert_array_equal(plane[hidden], behind[number][hidden])


@pytest.mark.parametrize("size", [(97, 131), (180, 240)])
@pytest.mark.parametrize("name", FORMATS)
def test_no_look_shows_the_room(effects: Effects, name: str, size: tuple[int, int]) -> None:
    """Its samples are brighter than the subject's and the background's, so they would stand out."""
    matte, rng = matte_of(name, size), np.random.default_rng(2)
    layout = matte.frame.layout
    behind = Solid(BACK).planes(matte)
    limits = [max(int(plane.max()), layout.peak // 4) + 1 for plane in behind]
    for _ in range(25):
        frame = effects.render(matte, random_look(rng))
        for plane, limit in zip(frame.planes, limits, strict=True):
            assert plane.max() <= limit


@pytest.mark.parametrize("size", [(50, 70), (97, 131)])
@pytest.mark.parametrize("name", FORMATS)
def test_the_lattice_is_right_whatever_the_look(name: str, size: tuple[int, int]) -> None:
    matte, rng = matte_of(name, size), np.random.default_rng(3)
    for _ in range(10):
        changed = reshaped(matte, random_look(rng))
        for row, column in np.ndindex(*changed.kinds.shape):
            tile = changed.alpha[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            kind = changed.kinds[row, column]
            assert kind == 2 or (tile == kind).all()
        assert changed.alpha.min() >= 0
        assert changed.alpha.max() <= 1


@pytest.mark.parametrize("name", FORMATS)
def test_unknown_colours_never_move_outward(name: str) -> None:
    matte = matte_of(name, (97, 131))
    unknown = replace(matte, colours=replace(matte.colours, foreground_known=False))
    for look in (Look(shift=9), Look(softness=9), Look(shift=9, softness=20), Look(shift=-3)):
        changed = reshaped(unknown, look)
        assert (changed.alpha <= matte.alpha).all()
        for plane, own in zip(changed.foreground, matte.foreground, strict=True):
            np.testing.assert_array_equal(plane, own)


@pytest.mark.parametrize("name", FORMATS)
def test_outward_the_subjects_own_colour_shows(effects: Effects, name: str) -> None:
    matte = matte_of(name, (200, 160))
    layout = matte.frame.layout
    look = Look("#ffffff", shift=20)
    fresh = (reshaped(matte, look).alpha == 1) & (matte.alpha == 0)
    assert fresh.any()
    frame = effects.render(matte, look)
    for number, plane in enumerate(frame.planes):
        inside = covering(fresh.astype(np.float32), *layout.shifts(number)) == 1
        assert np.abs(plane[inside].astype(int) - layout.peak // 4).max() <= 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FORMATS)
def test_time_size_and_format_are_the_frames(
    effects: Effects, name: str, size: tuple[int, int]
) -> None:
    matte, rng = matte_of(name, size), np.random.default_rng(4)
    for look in (random_look(rng), Look("blur", view="matte"), Look("blur", mirror=True)):
        frame = effects.render(matte, look)
        given = matte.frame
        assert (frame.pts, frame.time_base, frame.duration) == (1234, Fraction(1, 1000), 33)
        assert (frame.height, frame.width) == (given.height, given.width)
        assert (frame.pixel_format, frame.colour) == (given.pixel_format, given.colour)


def test_pictures_sent_before_are_not_written_to(effects: Effects) -> None:
    matte, rng = matte_of("yuv420p", (97, 131)), np.random.default_rng(5)
    given = [plane.copy() for plane in (*matte.foreground, matte.alpha)]
    sent = [effects.render(matte, random_look(rng)) for _ in range(6)]
    copies = [[plane.copy() for plane in frame.planes] for frame in sent]
    for _ in range(6):
        effects.render(matte, random_look(rng))
    for frame, kept in zip(sent, copies, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(frame.planes, kept, strict=True))
    for plane, before in zip((*matte.foreground, matte.alpha), given, strict=True):
        np.testing.assert_array_equal(plane, before)


@pytest.mark.parametrize("name", FORMATS)
def test_only_the_camera_is_mirrored(effects: Effects, name: str) -> None:
    matte = matte_of(name, (50, 70))
    look = Look("#5a5a5a", mirror=True)
    assert effects.camera(matte.frame, Look()) is matte.frame
    mirrored = effects.camera(matte.frame, look)
    for plane, own in zip(mirrored.planes, matte.frame.planes, strict=True):
        np.testing.assert_array_equal(plane, own[:, ::-1])
    assert same(effects.camera(mirrored, look), matte.frame)
    assert same(effects.render(matte, look), effects.render(matte, Look("#5a5a5a")))


@pytest.mark.parametrize("name", FORMATS)
def test_the_matte_view_shows_the_reshaped_alpha(effects: Effects, name: str) -> None:
    matte = matte_of(name, (97, 131))
    look = Look("#ff0000", shift=-8, softness=12, scale=0.7, x=0.1, view="matte")
    rgb = effects.render(matte, look).rgb(97, 131).astype(float) / 255
    for channel in range(3):
        np.testing.assert_allclose(rgb[..., channel], reshaped(matte, look).alpha, atol=0.012)


def test_light_is_wrapped_unless_plain(effects: Effects) -> None:
    matte, lit = matte_of("yuv420p", (97, 131)), Look("#ffffff", wrap=1)
    unlit = effects.render(matte, Look("#ffffff"))
    assert not same(effects.render(matte, lit), unlit)
    effects.plain = True
    assert same(effects.render(matte, lit), unlit)


def test_a_blurred_background_stays_when_the_subject_moves(effects: Effects) -> None:
    matte = matte_of("yuv420p", (96, 128))
    away = effects.render(matte, Look("blur", x=1))
    behind = effects.render(replace(matte, alpha=np.zeros_like(matte.alpha),
                                    kinds=np.zeros_like(matte.kinds)), Look("blur"))  # fmt: skip
    assert same(away, behind)


@pytest.mark.parametrize("name", FORMATS)
def test_warming_up_changes_nothing(effects: Effects, name: str) -> None:
    matte = matte_of(name, (50, 70))
    before = effects.render(matte, Look("#5a5a5a"))
    effects.warm_up(matte)
    assert same(effects.render(matte, Look("#5a5a5a")), before)
    assert effects.trouble == ""
