import math
from itertools import pairwise

import numpy as np
import pytest

from kernels.soften import bell, soften_edge
from kernels.types import Alpha
from tests.edges import SIZES, blob, lattice_of


def truth(alpha: Alpha, pixels: float) -> Alpha:
    weights = bell(pixels).astype(np.float64)
    reach = len(weights) // 2
    height, width = alpha.shape
    wide = np.pad(alpha.astype(np.float64), reach, mode="edge")
    down = sum(w * wide[k : k + height] for k, w in enumerate(weights))
    return sum(w * down[:, k : k + width] for k, w in enumerate(weights))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixels", [0.4, 1, 3.3, 9, 21.6])
def test_the_edge_is_blurred_as_the_weights_say(size: tuple[int, int], pixels: float) -> None:
    alpha = blob(size)
    found, kinds = soften_edge(alpha, lattice_of(alpha), pixels)
    np.testing.assert_allclose(found, truth(alpha, pixels), atol=2e-5)
    np.testing.assert_array_equal(kinds, lattice_of(found))


def test_a_hard_edge_fades_over_the_pixels_asked_for() -> None:
    alpha = np.zeros((40, 96), np.float32)
    alpha[:, :48] = 1
    found, _ = soften_edge(alpha, lattice_of(alpha), 10)
    row = found[20]
    assert (row[:38] == 1).all()
    assert (row[58:] == 0).all()
    assert (np.diff(row[37:59]) < 0).all()
    assert row[47] + row[48] == pytest.approx(1)


def test_softness_grows_without_a_jump() -> None:
    alpha = blob((50, 70))
    kinds = lattice_of(alpha)
    steps = [soften_edge(alpha, kinds, 0.02 * step)[0] for step in range(120)]
    assert max(np.abs(a - b).max() for a, b in pairwise(steps)) < 0.03


@pytest.mark.parametrize("pixels", [2.0, 12.5])
def test_inward_never_reaches_beyond_the_subject(pixels: float) -> None:
    alpha = blob((97, 131))
    found, kinds = soften_edge(alpha, lattice_of(alpha), pixels, inward=True)
    assert (found <= alpha).all()
    np.testing.assert_allclose(found, np.minimum(alpha, truth(alpha, pixels)), atol=2e-5)
    np.testing.assert_array_equal(kinds, lattice_of(found))


def test_nothing_to_soften_changes_nothing() -> None:
    alpha = blob((50, 70))
    found, _ = soften_edge(alpha, lattice_of(alpha), 0)
    np.testing.assert_array_equal(found, alpha)
    nobody = np.zeros((50, 70), np.float32)
    found, kinds = soften_edge(nobody, lattice_of(nobody), 9)
    assert not found.any()
    assert not kinds.any()


@pytest.mark.parametrize("pixels", [-1, math.inf, math.nan])
def test_impossible_softness_is_refused(pixels: float) -> None:
    alpha = blob((17, 33))
    with pytest.raises(ValueError, match="fade"):
        soften_edge(alpha, lattice_of(alpha), pixels)
