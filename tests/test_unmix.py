"""Both sides' colours on cells, beside the same written down plainly."""

import numpy as np
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE
from kernels.spread import SpreadColours
from kernels.types import Alpha, Kinds
from kernels.unmix import unmix_cells

STEPS, LEAST = 8, 1e-5
SHAPE = (37, 50)
PEAK = 255


def lattice_of(step: int) -> Kinds:
    """Kinds of SHAPE cells: OUTSIDE above, INSIDE below, one BAND tile inwards of the left edge."""
    side = 16 // step
    kinds = np.full((-(-SHAPE[0] // side), -(-SHAPE[1] // side)), OUTSIDE, np.uint8)
    kinds[kinds.shape[0] // 2 :] = INSIDE
    kinds[kinds.shape[0] // 2, 1] = BAND
    return kinds


def some_colours(seed: int, **known: bool) -> tuple[SpreadColours, np.ndarray, Alpha]:
    """Colours of both sides, mixed by an alpha and a little off it, and that alpha."""
    random = np.random.default_rng(seed)
    front, back = (random.uniform(20, 200, (*SHAPE, 4)).astype(np.float32) for _ in range(2))
    alpha = random.choice(np.array([0, 0.2, 0.5, 0.9, 1], np.float32), SHAPE)
    share = alpha[..., None]
    means = share * front + (1 - share) * back + random.normal(0, 20, front.shape)
    return SpreadColours(front, back, 4, **known), means.clip(0, PEAK).astype(np.float32), alpha


def plainly(front: np.ndarray, back: np.ndarray, means: np.ndarray, alpha: np.ndarray) -> None:
    """What unmix_cells does to all cells of a picture, a system of equations for each."""
    rows, columns = alpha.shape
    for _ in range(STEPS):
        before = front.copy(), back.copy()
        for y in range(rows):
            for x in range(columns):
                mix = np.array([alpha[y, x], 1 - alpha[y, x]])
                left, right = np.outer(mix, mix), np.outer(mix, means[y, x])
                for i, j in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if 0 <= i < rows and 0 <= j < columns:
                        weight = LEAST + abs(alpha[y, x] - alpha[i, j])
                        left = left + weight * np.eye(2)
                        right += weight * np.stack([before[0][i, j], before[1][i, j]])
                front[y, x], back[y, x] = np.linalg.solve(left, right).clip(0, PEAK)


@pytest.mark.parametrize("step", [4, 8, 16])
def test_cells_around_the_band_are_unmixed_as_written_down(step: int) -> None:
    colours, means, alpha = some_colours(step)
    colours = SpreadColours(colours.foreground, colours.background, step)
    kinds, side = lattice_of(step), 16 // step
    top, left = kinds.shape[0] // 2 * side - STEPS, side - STEPS
    around = (
        slice(max(top, 0), top + side + 2 * STEPS),
        slice(max(left, 0), left + side + 2 * STEPS),
    )
    sides = colours.foreground, colours.background
    expected = [each.copy() for each in sides]
    front, back = (each[around][..., :3].astype(np.float64) for each in sides)
    plainly(front, back, means[around][..., :3].astype(np.float64), alpha[around])
    expected[0][around][..., :3], expected[1][around][..., :3] = front, back
    unmix_cells(colours, means, alpha, kinds, PEAK)
    for found, true in zip(sides, expected, strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-3, atol=0.05)


def test_flat_colours_that_were_mistaken_are_found() -> None:
    kinds = np.full((-(-SHAPE[0] // 4), -(-SHAPE[1] // 4)), BAND, np.uint8)
    alpha = np.repeat(np.linspace(1, 0, SHAPE[1], dtype=np.float32)[None], SHAPE[0], axis=0)
    true = np.array([200, 40, 60, 0], np.float32), np.array([30, 90, 180, 0], np.float32)
    means = alpha[..., None] * true[0] + (1 - alpha[..., None]) * true[1]
    mistaken = [np.broadcast_to(each, (*SHAPE, 4)) + np.float32(25) for each in true]
    colours = SpreadColours(mistaken[0].copy(), mistaken[1].copy(), 4)
    unmix_cells(colours, means, alpha, kinds, PEAK)
    for found, each in ((colours.foreground, true[0]), (colours.background, true[1])):
        off = np.abs(found[:, 15:35, :3] - each[:3])
        assert off.max() < 12.5 and off.mean() < 6.25


@pytest.mark.parametrize("side", ["foreground_known", "background_known"])
def test_colours_are_left_where_one_side_is_unknown(side: str) -> None:
    colours, means, alpha = some_colours(1, **{side: False})
    before = colours.foreground.copy(), colours.background.copy()
    unmix_cells(colours, means, alpha, lattice_of(4), PEAK)
    assert (colours.foreground == before[0]).all() and (colours.background == before[1]).all()


def test_colours_are_left_where_there_is_no_band() -> None:
    colours, means, alpha = some_colours(2)
    before = colours.foreground.copy()
    kinds = lattice_of(4)
    kinds[kinds == BAND] = INSIDE
    unmix_cells(colours, means, alpha, kinds, PEAK)
    assert (colours.foreground == before).all()


def test_shapes_that_disagree_are_refused() -> None:
    colours, means, alpha = some_colours(3)
    with pytest.raises(ValueError, match="do not fit"):
        unmix_cells(colours, means[1:], alpha, lattice_of(4), PEAK)
    with pytest.raises(ValueError, match="does not fit"):
        unmix_cells(colours, means, alpha[1:], lattice_of(4), PEAK)
