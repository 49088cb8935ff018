import math

import numpy as np
import pytest

from kernels.grow import shift_edge
from kernels.types import Alpha
from tests.edges import SIZES, blob, lattice_of

SHIFTS = [0.3, 1, 2.7, 5, 17.2, -0.3, -1, -2.5, -18]


def dilated(alpha: Alpha, radius: int) -> Alpha:
    """The largest alpha within a disc, pixel by pixel."""
    out = alpha.copy()
    height, width = alpha.shape
    for down in range(-radius, radius + 1):
        for across in range(-radius, radius + 1):
            too_far = abs(down) >= height or abs(across) >= width
            if too_far or down * down + across * across > (radius + 0.3) ** 2:
                continue
            rows = slice(max(0, -down), min(height, height - down))
            columns = slice(max(0, -across), min(width, width - across))
            moved = alpha[
                max(0, down) : min(height, height + down),
                max(0, across) : min(width, width + across),
            ]
            if moved.size:
                np.maximum(out[rows, columns], moved, out=out[rows, columns])
    return out


def truth(alpha: Alpha, pixels: float) -> Alpha:
    if pixels < 0:
        return 1 - truth(1 - alpha, -pixels)
    low = math.floor(pixels)
    return dilated(alpha, low) * (1 - pixels + low) + dilated(alpha, math.ceil(pixels)) * (
        pixels - low
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixels", SHIFTS)
def test_the_edge_moves_as_discs_say(size: tuple[int, int], pixels: float) -> None:
    alpha = blob(size)
    found, kinds = shift_edge(alpha, lattice_of(alpha), pixels)
    np.testing.assert_allclose(found, truth(alpha, pixels), atol=1e-6)
    np.testing.assert_array_equal(kinds, lattice_of(found))


@pytest.mark.parametrize("pixels", [3.4, -3.4])
def test_a_wide_band_changes_nothing_but_the_cost(pixels: float) -> None:
    alpha = blob((97, 131))
    exact = lattice_of(alpha)
    found, kinds = shift_edge(alpha, exact, pixels)
    wide, wide_kinds = shift_edge(alpha, np.full_like(exact, 2), pixels)
    np.testing.assert_array_equal(found, wide)
    np.testing.assert_array_equal(kinds, wide_kinds)


def test_a_hard_edge_moves_by_the_pixels_asked_for() -> None:
    alpha = np.zeros((40, 64), np.float32)
    alpha[:, :20] = 1
    for pixels in (0.25, 4, 7.75, -3.5, -10):
        found, _ = shift_edge(alpha, lattice_of(alpha), pixels)
        np.testing.assert_allclose(found.sum(axis=1), 20 + pixels, atol=1e-4)


def test_a_border_that_cuts_the_subject_is_no_edge() -> None:
    alpha = np.ones((30, 40), np.float32)
    found, kinds = shift_edge(alpha, lattice_of(alpha), -9)
    assert (found == 1).all()
    assert (kinds == 1).all()


def test_out_is_written_and_the_alpha_is_not() -> None:
    alpha = blob((50, 70))
    before, out = alpha.copy(), np.empty_like(alpha)
    found, _ = shift_edge(alpha, lattice_of(alpha), 2, out)
    assert found is out
    np.testing.assert_array_equal(alpha, before)


def test_wrong_input_is_named() -> None:
    alpha = blob((50, 70))
    with pytest.raises(ValueError, match=r"kinds must be \(4, 5\)"):
        shift_edge(alpha, np.zeros((3, 3), np.uint8), 1)
    with pytest.raises(ValueError, match="float32"):
        shift_edge(alpha.astype(np.float64), lattice_of(alpha), 1)
    with pytest.raises(ValueError, match="nan"):
        shift_edge(alpha, lattice_of(alpha), math.nan)
