"""Procedural subjects, and the strokes and outlines they are made of."""

import numpy as np
import numpy.typing as npt
import pytest

from kernels.outline import fill_outline
from kernels.strokes import Strokes, paint_strokes
from models.training.layers import blank, curve, divided, lay, softened
from models.training.strands import Style, grow
from models.training.subjects import SMALLEST, Subject, draw_subject
from models.training.synthesis import synthesise

SIZES = [(1, 1), (7, 13), (40, 61)]


def stroke(
    points: list[list[float]], width: float, colour: tuple[float, ...] = (1, 1, 1, 1)
) -> Strokes:
    count = len(points)
    return Strokes(
        np.array(points, np.float32),
        np.full(count, width, np.float32),
        np.tile(np.array(colour, np.float32), (count, 1)),
        np.array([0, count]),
    )


def painted(strokes: Strokes, height: int, width: int) -> npt.NDArray[np.float32]:
    canvas = blank(height, width)
    paint_strokes(strokes, canvas)
    return canvas


def inside(points: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float64]:
    """Coverage by 32 x 32 points a pixel and the winding number, in float64."""
    fine = 32
    y, x = (np.mgrid[: height * fine, : width * fine] + 0.5) / fine
    winding = np.zeros(y.shape)
    start = np.roll(points, 1, axis=0).astype(np.float64)
    for (x0, y0), (x1, y1) in zip(start, points.astype(np.float64), strict=True):
        if y0 != y1:
            crosses = (y0 <= y) != (y1 <= y)
            left = x0 + (y - y0) * (x1 - x0) / (y1 - y0) < x
            winding += np.where(crosses & left, np.sign(y1 - y0), 0)
    cells = (winding != 0).reshape(height, fine, width, fine)
    return np.asarray(cells.mean(axis=(1, 3)))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_outline_covers_what_lies_within(height: int, width: int) -> None:
    random = np.random.default_rng(height)
    angles = np.sort(random.uniform(0, 2 * np.pi, 9))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * random.uniform(0.2, 1, (9, 1))
    for middle in ([0.5, 0.5], [0.0, 1.0], [1.2, 0.4]):
        points = ((ring + middle) * [width, height]).astype(np.float32)
        found = fill_outline(points, height, width)
        assert np.abs(found - inside(points, height, width)).max() < 0.03


def test_outline_area_is_exact() -> None:
    square = np.array([[3.25, 2.5], [30, 2.5], [30, 20.125], [3.25, 20.125]], np.float32)
    assert fill_outline(square, 37, 41).sum() == pytest.approx(26.75 * 17.625, abs=1e-3)
    assert fill_outline(square - 100, 37, 41).max() == 0
    assert fill_outline(np.float32(1000) * (square - 15), 37, 41).min() == 1


@pytest.mark.parametrize("width", [0.2, 0.7, 1.0, 3.3])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.1, np.pi / 2])
def test_stroke_covers_its_area(width: float, angle: float) -> None:
    way = np.array([np.cos(angle), np.sin(angle)])
    points = np.array([30.3, 30.6]) + np.linspace(-22, 22, 9)[:, None] * way
    total = painted(stroke(points.tolist(), width), 61, 61)[..., 3].sum()
    assert total == pytest.approx(44 * width + np.pi * width**2 / 4, rel=0.06)


def test_wide_stroke_is_opaque_and_thin_one_faint() -> None:
    line = [[5.0, 10.5], [40.0, 10.5]]
    assert painted(stroke(line, 5.0), 21, 45)[10, 20, 3] == 1
    assert painted(stroke(line, 0.3), 21, 45)[10, 20, 3] == pytest.approx(0.3, abs=1e-6)
    assert painted(stroke(line, 0.0), 21, 45).max() == 0


def test_joints_and_crossings_of_one_stroke_are_not_seen() -> None:
    line = [[5.0, 10.2], [40.0, 10.2]]
    many = [[x, 10.2] for x in np.linspace(5, 40, 100)]
    there_and_back = [*line, line[0]]
    one = painted(stroke(line, 1.4, (0.2, 0.5, 0.9, 0.6)), 21, 45)
    for other in (many, there_and_back):
        np.testing.assert_allclose(
            painted(stroke(other, 1.4, (0.2, 0.5, 0.9, 0.6)), 21, 45), one, atol=2e-5
        )


def test_later_stroke_lies_over_earlier() -> None:
    line = [[0.0, 5.5], [20.0, 5.5]]
    below, above = stroke(line, 3, (1, 0, 0, 0.5)), stroke(line, 3, (1, 1, 1, 0.5))
    points, widths, colours = (
        np.concatenate([getattr(below, name), getattr(above, name)])
        for name in ("points", "widths", "colours")
    )
    canvas = painted(Strokes(points, widths, colours, np.array([0, 2, 4])), 11, 21)
    np.testing.assert_allclose(canvas[5, 10], [0.75, 0.5, 0.5, 0.75], atol=1e-6)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_strokes_out_of_the_picture_change_nothing_in_it(height: int, width: int) -> None:
    away = stroke([[-50, -50], [-20, 500], [-9e6, 0]], 6)
    assert painted(away, height, width).max() == 0


def test_wrong_strokes_are_refused() -> None:
    good = stroke([[1, 1], [2, 2]], 1)
    with pytest.raises(ValueError, match="2 vertices"):
        paint_strokes(good._replace(widths=good.widths[:1]), blank(3, 3))
    with pytest.raises(ValueError, match="starts"):
        paint_strokes(good._replace(starts=np.array([0, 1])), blank(3, 3))
    with pytest.raises(ValueError, match="finite"):
        paint_strokes(good._replace(points=good.points * np.float32(np.nan)), blank(3, 3))
    with pytest.raises(ValueError, match="canvas"):
        paint_strokes(good, np.zeros((3, 3, 3), np.float32))
    with pytest.raises(ValueError, match="outline"):
        fill_outline(np.zeros((4, 3), np.float32), 3, 3)


def test_layers_keep_colour_and_alpha_apart() -> None:
    canvas = blank(5, 7)
    lay(canvas, np.full((5, 7), 0.5, np.float32), np.array([1.0, 0.0, 0.0]))
    lay(canvas, np.full((5, 7), 0.5, np.float32), np.array([0.0, 0.0, 1.0]))
    alpha, colour = divided(canvas)
    np.testing.assert_allclose(alpha, 0.75, atol=1e-6)
    np.testing.assert_allclose(colour, np.broadcast_to([1 / 3, 0, 2 / 3], (5, 7, 3)), atol=1e-6)


def test_colour_fades_in_where_nothing_is() -> None:
    canvas, alpha = blank(40, 33), np.zeros((40, 33), np.float32)
    alpha[:, :5] = 0.01
    lay(canvas, alpha, np.array([0.2, 0.4, 0.6]))
    _, colour = divided(canvas)
    np.testing.assert_allclose(colour, np.broadcast_to([0.2, 0.4, 0.6], (40, 33, 3)), atol=1e-4)


def test_sharp_outlines_stay_and_soft_ones_keep_their_area() -> None:
    coverage = np.zeros((64, 64), np.float32)
    coverage[20:40, 20:44] = 1
    assert (softened(coverage, np.zeros((64, 64), np.float32)) == coverage).all()
    soft = softened(coverage, np.full((64, 64), 2.5, np.float32))
    assert soft.sum() == pytest.approx(coverage.sum(), rel=0.01)
    assert 0 < soft[19, 30] < 1


def test_curve_goes_through_its_knots() -> None:
    knots = np.random.default_rng(1).uniform(0, 9, (6, 2))
    np.testing.assert_allclose(curve(knots, 8)[::8], knots, atol=1e-5)
    np.testing.assert_allclose(curve(knots, 8, closed=False)[[0, -1]], knots[[0, -1]], atol=1e-5)


def test_strands_start_near_their_roots_and_hang() -> None:
    random = np.random.default_rng(2)
    roots = random.uniform(0, 100, (20, 2))
    style = Style(60, 1, clump=5, spread=1, bend=0, sway=0, gravity=2, frizz=0)
    grown = grow(random, roots, np.zeros(20), style)
    assert grown.points.shape[0] == 100
    assert np.abs(grown.points[:, 0] - roots[grown.clump]).max() < 6
    assert (grown.points[:, -1, 1] > grown.points[:, 0, 1] + 10).all()


@pytest.mark.parametrize(("height", "width"), [(SMALLEST, SMALLEST), (33, 57), (120, 97)])
def test_subjects_are_finite_and_in_range_at_every_size(height: int, width: int) -> None:
    for seed in range(25):
        alpha, foreground = drawn(seed, height, width)
        assert alpha.shape == (height, width) and alpha.dtype == np.float32
        assert foreground.shape == (height, width, 3) and foreground.dtype == np.float32
        for array in (alpha, foreground):
            assert np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1


def test_equal_generators_draw_equal_subjects() -> None:
    for seed in range(6):
        first, second = drawn(seed, 64, 64), drawn(seed, 64, 64)
        assert (first.alpha == second.alpha).all()
        assert (first.foreground == second.foreground).all()


def test_most_subjects_have_sure_and_unsure_parts() -> None:
    alphas = [drawn(seed, 192, 192).alpha for seed in range(40)]
    sure = [(alpha > 0.99).mean() > 0.03 and (alpha < 0.01).mean() > 0.03 for alpha in alphas]
    soft = [((alpha > 0.05) & (alpha < 0.95)).mean() > 0.005 for alpha in alphas]
    assert np.mean(sure) > 0.8 and np.mean(soft) > 0.8


def test_a_subject_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="31 x 64"):
        drawn(0, 31, 64)


def drawn(seed: int, height: int, width: int) -> Subject:
    return draw_subject(np.random.default_rng(seed), height, width, synthesise)
