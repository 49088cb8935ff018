import numpy as np
import numpy.typing as npt
import pytest

from kernels.layout import Layout
from kernels.move import move_subject
from kernels.resample import Move
from kernels.types import Alpha, Plane
from tests.edges import LAYOUTS, SIZES, blob, covering, lattice_of, noise

MOVES = [(0.2, 0.1, -0.2), (0.5, 0, 0), (0.73, -0.3, 0.1), (1, 0.2, 0), (1.7, 0, 0.3), (3, -0.1, 0)]
Matrix = npt.NDArray[np.float64]


def move_of(size: tuple[int, int], scale: float, x: float, y: float) -> Move:
    height, width = size
    return Move(scale, (height, width / 2), (round(y * height), round(x * width)))


def matrix(size: int, shift: int, samples: int, move: Move, axis: int) -> tuple[Matrix, Matrix]:
    """What each sample is made of, of all there are, and how much of it lies inside."""
    side, out, inside = 1 << shift, np.zeros((samples, samples)), np.zeros(samples)
    each = np.arange(samples)
    for n in range(samples):
        ends = []
        for luma in (n * side, (n + 1) * side):
            anchor, offset = move.anchor[axis], move.offset[axis]
            ends.append(((luma - anchor - offset) / move.scale + anchor) / side)
        low, high = ends
        inside[n] = max(0, min(high, size / side) - max(low, 0)) / (high - low)
        if move.scale < 1:
            out[n] = (np.minimum(high, each + 1) - np.maximum(low, each)).clip(0, None)
        else:
            at = min(max((low + high) / 2 - 0.5, 0), samples - 1)
            out[n] = (1 - np.abs(at - each)).clip(0, None)
        if out[n].sum() > 0:
            out[n] /= out[n].sum()
    return out, np.minimum(inside, 1)


def moved(values: Plane | Alpha, rows: Matrix, columns: Matrix) -> Matrix:
    return rows @ values.astype(np.float64) @ columns.T


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(LAYOUTS))
@pytest.mark.parametrize("how", MOVES)
def test_subject_agrees_with_the_float_truth(
    size: tuple[int, int], name: str, how: tuple[float, float, float]
) -> None:
    layout, alpha, move = LAYOUTS[name], blob(size), move_of(size, *how)
    front = noise(layout, size, 1)
    planes, found, kinds = move_subject(front, alpha, lattice_of(alpha), layout, move)
    np.testing.assert_array_equal(kinds, lattice_of(found))
    for number, plane in enumerate(front):
        shifts = layout.shifts(number)
        rows, in_y = matrix(size[0], shifts[0], plane.shape[0], move, 0)
        columns, in_x = matrix(size[1], shifts[1], plane.shape[1], move, 1)
        weight = covering(alpha, *shifts)
        total = moved(weight, rows, columns)
        sure = total > 1e-3
        value = moved(weight * plane, rows, columns)[sure] / total[sure]
        seen = np.outer(in_y, in_x)[sure] > 1e-6
        assert np.abs(planes[number][sure] - value)[seen].max(initial=0) <= 0.5 + 1e-3 * layout.peak
        if number == 0:
            np.testing.assert_allclose(found, total * np.outer(in_y, in_x), atol=1e-4)


@pytest.mark.parametrize("how", MOVES)
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_nothing_of_the_room_comes_along(name: str, how: tuple[float, float, float]) -> None:
    layout, size = LAYOUTS[name], (97, 131)
    alpha = np.zeros(size, np.float32)
    alpha[20:70, 30:100] = 1
    loud = layout.peak
    front = tuple(
        np.where(covering(alpha, *layout.shifts(n)) > 0, loud // 4, loud).astype(layout.dtype)
        for n in range(layout.count)
    )
    planes, found, _ = move_subject(front, alpha, lattice_of(alpha), layout, move_of(size, *how))
    for number, plane in enumerate(planes):
        seen = covering(found, *layout.shifts(number)) > 0
        assert set(np.unique(plane[seen])) <= {loud // 4, 1 << layout.depth - 1}
        assert (plane != loud).all()


def test_whole_samples_are_kept_as_they_are() -> None:
    layout, size = LAYOUTS["yuv420p"], (98, 130)
    alpha = blob(size)
    front = noise(layout, size, 1)
    move = Move(1, (size[0], size[1] / 2), (-6, 10))
    planes, found, _ = move_subject(front, alpha, lattice_of(alpha), layout, move)
    np.testing.assert_array_equal(found[:-6, 10:], alpha[6:, :-10])
    assert not found[-6:].any()
    for number, plane in enumerate(planes):
        down, right = (6, 10) if number == 0 else (3, 5)
        kept = covering(alpha, *layout.shifts(number))[down:, :-right] > 0
        np.testing.assert_array_equal(
            plane[:-down, right:][kept], front[number][down:, :-right][kept]
        )


@pytest.mark.parametrize("scale", [0.3, 0.77, 1.4, 3])
def test_the_bottom_stays_at_the_bottom(scale: float) -> None:
    layout, size = Layout("gray", 8, 0, 0, "bt601", True), (64, 96)
    alpha = np.zeros(size, np.float32)
    alpha[32:, 40:56] = 1
    move = move_of(size, scale, 0, 0)
    _, found, _ = move_subject(noise(layout, size, 1), alpha, lattice_of(alpha), layout, move)
    assert (found[-1, 47:49] == 1).all()
    assert found[-1].sum() == pytest.approx(16 * scale, abs=0.3)
    assert found[:, 48].sum() == pytest.approx(min(32 * scale, 64), abs=0.3)


def test_impossible_moves_are_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        Move(0, (1, 1), (0, 0))
    with pytest.raises(ValueError, match="offset"):
        Move(1, (1, 1), (0, float("nan")))
    layout, alpha = LAYOUTS["yuv420p"], blob((50, 70))
    with pytest.raises(ValueError, match="plane 0"):
        move_subject(
            noise(layout, (48, 70), 1), alpha, lattice_of(alpha), layout, Move(1, (0, 0), (0, 0))
        )
