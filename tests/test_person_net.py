"""Pass 1's own net as functions of arrays: sizes, memory, precision."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from kernels.types import Rgb
from models import person_runner
from models.person_net import PersonNet, no_memory
from models.person_runner import PersonRunner
from models.person_sight import SEEN, Sight, nothing_seen
from tests.golden.make_selfie import drawn_person

SIZES = [(32, 32), (48, 80), (144, 256), (256, 144)]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> PersonRunner:
    """A net of chance weights, which a lost state or a changed size shows in."""
    torch.manual_seed(3)
    net = PersonNet()
    for each in net.parameters():
        torch.nn.init.normal_(each, 0, 0.05)
    monkeypatch.setattr(person_runner, "load_weights", lambda _: net.state_dict())
    return PersonRunner("person")


def pictures(height: int, width: int, count: int = 3) -> list[Rgb]:
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def seen(runner: PersonRunner, shown: list[Rgb]) -> list[npt.NDArray[np.float32]]:
    return [runner(each).copy() for each in shown]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_seen_has_the_shapes_that_are_told(size: tuple[int, int]) -> None:
    with torch.inference_mode():
        found = Sight().eval()(torch.zeros(2, *size, 3))
    assert [each.shape for each in found] == [each.shape for each in nothing_seen(2, *size)]
    assert [each.shape[1] for each in found] == list(SEEN)


@pytest.mark.parametrize("size", SIZES)
def test_alpha_has_the_pictures_size(runner: PersonRunner, size: tuple[int, int]) -> None:
    alpha = runner(pictures(*size, 1)[0])
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert np.ptp(alpha) > 0


def test_memory_counts_until_it_is_reset(runner: PersonRunner) -> None:
    shown = pictures(48, 80)
    first = seen(runner, shown)
    assert not np.array_equal(runner(shown[0]), first[0])
    runner.reset()
    for one, again in zip(first, seen(runner, shown), strict=True):
        np.testing.assert_array_equal(one, again)


def test_another_size_is_a_beginning(runner: PersonRunner) -> None:
    small, large = pictures(48, 80, 1)[0], pictures(64, 64, 1)[0]
    first = runner(small).copy()
    runner(large)
    np.testing.assert_array_equal(runner(small), first)


def test_bfloat16_says_what_float32_says() -> None:
    torch.manual_seed(1)
    net = PersonNet().eval()
    rgb = torch.from_numpy(drawn_person(96, 96)).float().div(255)[None]
    with torch.inference_mode():
        given = rgb.permute(0, 3, 1, 2), *no_memory(1, 96, 96), *Sight().eval()(rgb)
        full = net(*given)[0].sigmoid()
        half = net.bfloat16()(*(each.bfloat16() for each in given))[0].float().sigmoid()
    assert (full - half).abs().max() < 0.02
