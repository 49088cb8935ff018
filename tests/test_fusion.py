"""Several looks become one alpha."""

import numpy as np
import pytest

from models.fusion import fuse


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (300, 200)])
def test_middle_of_the_looks(count: int, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(count)
    alphas = [random.random(shape, np.float32) for _ in range(count)]
    ordered = np.sort(np.stack(alphas).astype(np.float64), axis=0)
    middle = np.sqrt(ordered[(count - 1) // 2] * ordered[count // 2])
    np.testing.assert_allclose(fuse(alphas), middle, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_agreement_is_kept_exactly(count: int) -> None:
    for value in (0, 1):
        alpha = np.full((3, 3), value, np.float32)
        np.testing.assert_array_equal(fuse([alpha] * count), alpha)


def test_what_one_of_two_looks_denies_is_dropped() -> None:
    assert fuse([np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)])[0, 0] == 0


def test_inputs_are_left_alone() -> None:
    alphas = [np.full((2, 2), value, np.float32) for value in (0.9, 0.1, 0.5)]
    fuse(alphas)
    assert [alpha[0, 0] for alpha in alphas] == [np.float32(value) for value in (0.9, 0.1, 0.5)]


def test_nothing_to_fuse_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fuse([])
