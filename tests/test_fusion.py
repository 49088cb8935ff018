"""Several looks become one alpha."""

import numpy as np
import pytest

from models.fusion import agreed, fuse


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


def test_two_opinions_add_their_logits() -> None:
    random = np.random.default_rng(3)
    one, other = (random.uniform(0.01, 0.99, (40, 30)).astype(np.float32) for _ in range(2))
    odds = [np.float64(each) / (1 - np.float64(each)) for each in (one, other)]
    expected = odds[0] * odds[1] / (1 + odds[0] * odds[1])
    np.testing.assert_allclose(agreed(one, other), expected, atol=1e-5)


def test_two_opinions_that_are_sure_of_opposite_things_are_unsure() -> None:
    zero, one = np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)
    np.testing.assert_allclose(agreed(zero, one), 0.5, atol=1e-5)
    np.testing.assert_allclose(agreed(one, one), 1, atol=1e-6)
    np.testing.assert_allclose(agreed(zero, zero), 0, atol=1e-6)
    assert agreed(one, one).max() <= 1


def test_nothing_to_fuse_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fuse([])
