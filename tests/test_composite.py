import numpy as np
import numpy.typing as npt
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE, TILE, lattice
from kernels.composite import composite, cut
from kernels.layout import Layout
from kernels.types import Alpha, Kinds, Planes

SIZES = [(1, 1), (17, 33), (50, 70)]
SHIFTS = [(0, 0), (0, 1), (1, 1), (1, 0), (2, 2), (0, 2)]
DEPTHS = [8, 10, 16]


def noise(layout: Layout, size: tuple[int, int], seed: int) -> Planes:
    rng = np.random.default_rng(seed)
    return tuple(
        rng.integers(0, layout.peak + 1, layout.plane_shape(n, *size), layout.dtype)
        for n in range(layout.count)
    )


def soft(size: tuple[int, int], seed: int = 5) -> Alpha:
    alpha = np.random.default_rng(seed).uniform(-0.3, 1.3, size)
    return np.clip(alpha, 0, 1).astype(np.float32)


def band(size: tuple[int, int]) -> Kinds:
    return np.full(lattice(*size), BAND, np.uint8)


def covered(alpha: Alpha, shift_y: int, shift_x: int) -> npt.NDArray[np.float64]:
    """Means of the alphas under each chroma sample, borders cut short."""
    tall, wide = -(-alpha.shape[0] >> shift_y), -(-alpha.shape[1] >> shift_x)
    out = np.empty((tall, wide))
    for y in range(tall):
        for x in range(wide):
            rows = slice(y << shift_y, y + 1 << shift_y)
            out[y, x] = alpha[rows, x << shift_x : x + 1 << shift_x].astype(np.float64).mean()
    return out


def yuv(depth: int = 8, shifts: tuple[int, int] = (1, 1)) -> Layout:
    return Layout("yuv", depth, *shifts, "bt601", False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shifts", SHIFTS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_interior_agrees_with_the_float_truth(
    size: tuple[int, int], shifts: tuple[int, int], depth: int
) -> None:
    layout = yuv(depth, shifts)
    front, back, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    found = composite(front, back, alpha, band(size), layout)
    for number, plane in enumerate(found):
        a = covered(alpha, *layout.shifts(number))
        truth = a * front[number] + (1 - a) * back[number].astype(np.float64)
        assert np.abs(plane - truth).max() <= 0.5 + layout.peak * 1e-6


@pytest.mark.parametrize("kind", [BAND, INSIDE])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("size", SIZES)
def test_alpha_one_returns_the_foreground(size: tuple[int, int], depth: int, kind: int) -> None:
    layout = yuv(depth)
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    kinds = np.full(lattice(*size), kind, np.uint8)
    found = composite(front, back, np.ones(size, np.float32), kinds, layout)
    assert all(np.array_equal(a, b) for a, b in zip(found, front, strict=True))


@pytest.mark.parametrize("kind", [BAND, OUTSIDE])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("size", SIZES)
def test_alpha_zero_returns_the_background(size: tuple[int, int], depth: int, kind: int) -> None:
    layout = yuv(depth)
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    kinds = np.full(lattice(*size), kind, np.uint8)
    found = composite(front, back, np.zeros(size, np.float32), kinds, layout)
    assert all(np.array_equal(a, b) for a, b in zip(found, back, strict=True))


def test_samples_whose_alpha_is_one_pass_exactly_within_the_band() -> None:
    layout, size = yuv(10), (48, 64)
    front, back, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    found = composite(front, back, alpha, band(size), layout)
    for number, plane in enumerate(found):
        whole = covered(alpha, *layout.shifts(number))
        assert np.array_equal(plane[whole == 1], front[number][whole == 1])
        assert np.array_equal(plane[whole == 0], back[number][whole == 0])


def test_rounding_has_no_bias() -> None:
    layout, size = Layout("gray", 8, 0, 0, "bt601", True), (200, 200)
    front, back, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    (found,) = composite(front, back, alpha, band(size), layout)
    truth = back[0] + alpha.astype(np.float64) * (front[0].astype(np.float64) - back[0])
    assert abs((found - truth).mean()) < 0.01


def test_tile_kinds_rule_where_they_are_not_band() -> None:
    layout, size = yuv(), (2 * TILE, 3 * TILE)
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    kinds = np.array([[INSIDE, OUTSIDE, BAND], [OUTSIDE, BAND, INSIDE]], np.uint8)
    alpha = np.full(size, 0.5, np.float32)
    found = composite(front, back, alpha, kinds, layout)
    for number, plane in enumerate(found):
        step = TILE >> layout.shifts(number)[0]
        assert np.array_equal(plane[:step, :step], front[number][:step, :step])
        assert np.array_equal(plane[step:, :step], back[number][step:, :step])
        mixed = (front[number].astype(int) + back[number] + 1) // 2
        assert np.array_equal(plane[:step, 2 * step :], mixed[:step, 2 * step :])


def test_out_is_written_and_may_be_the_foreground() -> None:
    layout, size = yuv(), (33, 35)
    front, back, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    fresh = composite(front, back, alpha, band(size), layout)
    found = composite(front, back, alpha, band(size), layout, out=front)
    for plane, expected, target in zip(found, fresh, front, strict=True):
        assert plane is target
        assert np.array_equal(plane, expected)


def test_decoder_padding_is_not_touched() -> None:
    layout, size = Layout("gray", 8, 0, 0, "bt601", True), (20, 20)
    whole = np.full((20, 32), 7, np.uint8)
    front, back = noise(layout, size, 1), noise(layout, size, 2)
    composite(front, back, soft(size), band(size), layout, out=[whole[:, :20]])
    assert (whole[:, 20:] == 7).all()


def test_cut_keeps_the_foreground_in_the_band_and_blanks_the_room() -> None:
    layout, size = yuv(), (2 * TILE, 3 * TILE)
    front, blank = noise(layout, size, 1), noise(layout, size, 2)
    kinds = np.array([[INSIDE, OUTSIDE, BAND], [OUTSIDE, BAND, INSIDE]], np.uint8)
    found = cut(front, blank, np.zeros(size, np.float32), kinds, layout)
    for number, plane in enumerate(found):
        step = TILE >> layout.shifts(number)[0]
        kept = (kinds != OUTSIDE).repeat(step, 0).repeat(step, 1)
        assert np.array_equal(plane, np.where(kept, front[number], blank[number]))


@pytest.mark.parametrize("shifts", SHIFTS)
@pytest.mark.parametrize("size", SIZES)
def test_cut_blanks_empty_samples_of_an_unknown_foreground(
    size: tuple[int, int], shifts: tuple[int, int]
) -> None:
    layout = Layout("yuv", 8, *shifts, "bt709", False)
    front, blank, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    kinds = np.full(lattice(*size), BAND, np.uint8)
    alpha[: size[0] // 2] = 0
    kinds[-1, -1] = INSIDE
    found = cut(front, blank, alpha, kinds, layout, foreground_known=False)
    inside = kinds.repeat(TILE, 0).repeat(TILE, 1)[: size[0], : size[1]] == INSIDE
    for number, plane in enumerate(found):
        shift_y, shift_x = layout.shifts(number)
        kept = (covered(alpha, shift_y, shift_x) > 0) | inside[:: 1 << shift_y, :: 1 << shift_x]
        assert np.array_equal(plane, np.where(kept, front[number], blank[number]))


def test_wrong_shapes_are_named() -> None:
    layout, size = yuv(), (32, 32)
    front, back, alpha = noise(layout, size, 1), noise(layout, size, 2), soft(size)
    with pytest.raises(ValueError, match=r"kinds must be \(2, 2\)"):
        composite(front, back, alpha, band((64, 64)), layout)
    with pytest.raises(ValueError, match=r"plane 0 must be \(32, 32\)"):
        composite(front, noise(layout, (30, 32), 2), alpha, band(size), layout)
    with pytest.raises(ValueError, match=r"plane 0 .* uint8, got .* uint16"):
        composite(noise(yuv(10), size, 1), back, alpha, band(size), layout)
