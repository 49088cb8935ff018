"""Pass 1's own net as functions of arrays: sizes, memory, threads."""

import threading

import numpy as np
import numpy.typing as npt
import pytest
import torch

from kernels.threads import may_be_shared
from kernels.types import Floats, Rgb
from models import person_runner
from models.person_memory import Memories
from models.person_model import PersonModel
from models.person_net import PersonNet, no_memory
from models.person_runner import Memory, PersonRunner
from models.person_shape import STATES, STEPS
from models.person_sight import SEEN, People, Things, nothing_seen
from models.plan import Plan
from models.sizes import Sized, Sizes
from models.weights import load_weights
from models.window import Window
from tests.golden.make_selfie import drawn_person

SIZES = [(32, 32), (48, 80), (144, 256), (256, 144)]


def chance_model() -> PersonModel:
    """Of chance weights, which a lost state or a changed size shows in."""
    torch.manual_seed(3)
    model = PersonModel()
    for each in model.parameters():
        torch.nn.init.normal_(each, 0, 0.05)
    return model.eval().requires_grad_(False)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> PersonRunner:
    def loaded(name: str) -> dict[str, Floats]:
        if name != "person":
            return load_weights(name)
        return {key: each.numpy() for key, each in chance_model().state_dict().items()}

    monkeypatch.setattr(person_runner, "load_weights", loaded)
    return PersonRunner("person")


def pictures(height: int, width: int, count: int = 3) -> list[Rgb]:
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def seen(runner: PersonRunner, shown: list[Rgb]) -> list[npt.NDArray[np.float32]]:
    memory, alphas = None, []
    for each in shown:
        alpha, memory = runner(each, memory)
        alphas.append(alpha.copy())
    return alphas


@pytest.mark.parametrize("size", SIZES)
def test_what_is_seen_has_the_shapes_that_are_told(size: tuple[int, int]) -> None:
    rgb = torch.zeros(2, *size, 3)
    with torch.inference_mode():
        found = [*People().eval()(rgb), *Things().eval()(rgb)]
    assert [each.shape for each in found] == [each.shape for each in nothing_seen(2, *size)]
    assert [each.shape[1] for each in found] == list(SEEN)


@pytest.mark.parametrize("size", SIZES)
def test_alpha_has_the_pictures_size(runner: PersonRunner, size: tuple[int, int]) -> None:
    alpha, memory = runner(pictures(*size, 1)[0])
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert np.ptp(alpha) > 0
    assert [each.shape for each in memory] == [each.shape for each in remembered(*size, 0)]


def by_torch(shown: list[Rgb]) -> npt.NDArray[np.float32]:
    """Alphas of a clip from its beginning, as training has them."""
    rgb = torch.from_numpy(np.stack(shown))[:, None].float() / 255
    with torch.inference_mode():
        logits = chance_model()(rgb, People().eval()(rgb.flatten(0, 1)))
        return np.asarray(logits.sigmoid()[:, 0, 0].numpy())


@pytest.mark.parametrize("size", [*SIZES, (208, 176)])
def test_kernels_find_what_torch_finds(runner: PersonRunner, size: tuple[int, int]) -> None:
    shown = pictures(*size)
    expected = by_torch(shown)
    assert np.std(expected) > 1e-3
    assert not np.array_equal(expected[1], by_torch(shown[1:])[0])  # memory counts
    np.testing.assert_allclose(seen(runner, shown), expected, atol=1e-4)


def test_what_was_found_stays(runner: PersonRunner) -> None:
    shown = pictures(32, 48)
    alpha, memory = runner(shown[0])
    kept = [each.copy() for each in (alpha, *memory)]
    runner(shown[1], memory)
    for each, before in zip((alpha, *memory), kept, strict=True):
        np.testing.assert_array_equal(each, before)


@pytest.mark.parametrize("size", [(33, 32), (32, 40), (16, 32)])
def test_other_sizes_are_refused(runner: PersonRunner, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="multiples"):
        runner(np.zeros((*size, 3), np.uint8))


def test_two_threads_may_look_at_once(runner: PersonRunner) -> None:
    if not may_be_shared():
        pytest.skip("kernels run in one thread at a time here")
    shown = [pictures(48, 48, 12), pictures(64, 48, 12)]
    expected = [seen(runner, each) for each in shown]
    found: dict[int, list[npt.NDArray[np.float32]]] = {}

    def look(number: int) -> None:
        found[number] = seen(runner, shown[number // 2])

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for number in range(4):
        np.testing.assert_array_equal(found[number], expected[number // 2])


def test_no_more_sizes_are_kept_than_are_of_use() -> None:
    planned = list[tuple[int, int]]()

    def plan(height: int, width: int) -> Sized:
        planned.append((height, width))
        return Sized(Plan().program(np.zeros(0, np.float32)))

    kept = Sizes(plan, most=2)
    sized = kept(32, 32)
    for width in (48, 32, 64, 48):
        kept(32, width)
    assert planned == [(32, 32), (32, 48), (32, 64), (32, 48)]
    assert kept(32, 48) is kept(32, 48)
    assert kept(32, 32) is not sized


def test_memory_counts_and_nothing_else_is_remembered(runner: PersonRunner) -> None:
    shown = pictures(48, 80)
    first, again = seen(runner, shown), seen(runner, shown)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(runner(shown[1])[0], first[1])


def test_clips_are_judged_as_picture_after_picture() -> None:
    """Training computes a clip's pictures together, but for the memory."""
    model, people = chance_model(), People().eval()
    rgb = torch.rand(3, 2, 48, 80, 3, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        together = model(rgb, people(rgb.flatten(0, 1)))
        memory: tuple[torch.Tensor, ...] = no_memory(2, 48, 80)
        for picture, logits in zip(rgb, together, strict=True):
            given = picture.permute(0, 3, 1, 2), *memory, *people(picture), *model.things(picture)
            found, *memory = model.net(*given)
            torch.testing.assert_close(found, logits, atol=1e-5, rtol=1e-4)


def test_bfloat16_says_what_float32_says() -> None:
    """Training computes in it."""
    model, people = chance_model(), People().eval()
    rgb = torch.from_numpy(drawn_person(96, 96)).float().div(255)[None]
    with torch.inference_mode():
        picture, memory = rgb.permute(0, 3, 1, 2), no_memory(1, 96, 96)
        full = model.net(picture, *memory, *people(rgb), *model.things(rgb))[0].sigmoid()
        given = picture, *memory, *people(rgb)
        model = model.bfloat16()
        things = model.things(rgb.bfloat16())
        half = model.net(*(each.bfloat16() for each in given), *things)[0].float().sigmoid()
    assert full.std() > 1e-3
    assert (full - half).abs().max() < 0.02


def remembered(height: int, width: int, value: float) -> Memory:
    eighth, sixteenth = (
        np.full((height // step, width // step, own), value, np.float32)
        for own, step in zip(STATES, STEPS, strict=True)
    )
    return Memory(eighth, sixteenth)


def test_a_window_recalls_what_was_seen_at_its_place() -> None:
    memories = Memories()
    left, right = Window(0, 0, 100, 100), Window(0, 300, 100, 100)
    assert memories.recall(left, 64, 64) is None
    memories.keep(left, remembered(64, 64, 1))
    memories.keep(right, remembered(64, 64, 2))
    memories.turn()
    moved = memories.recall(Window(5, 310, 100, 100), 64, 64)
    assert moved is not None
    assert moved.eighth.mean() == 2
    assert memories.recall(Window(0, 150, 100, 100), 64, 64) is None
    memories.turn()
    assert memories.recall(left, 64, 64) is None


def test_what_is_recalled_fits_a_window_of_another_shape() -> None:
    memories, random = Memories(), np.random.default_rng(2)
    shapes = ((64 // step, 64 // step, own) for own, step in zip(STATES, STEPS, strict=True))
    kept = Memory(*(random.random(shape, np.float32) for shape in shapes))
    memories.keep(Window(0, 0, 100, 100), kept)
    memories.turn()
    for size in ((112, 96), (96, 112), (64, 80)):
        found = memories.recall(Window(0, 0, 100, 120), *size)
        assert found is not None
        for state, step, given in zip(found, STEPS, kept, strict=True):
            shape = size[0] // step, size[1] // step
            maps = torch.from_numpy(given).permute(2, 0, 1)[None]
            area = torch.nn.functional.interpolate(maps, shape, mode="area")[0].permute(1, 2, 0)
            np.testing.assert_allclose(state, area.numpy(), atol=1e-6)
    assert found.eighth.shape == (8, 10, STATES[0])
    assert found.sixteenth.shape == (4, 5, STATES[1])


def test_there_are_fewer_parameters_than_two_million() -> None:
    count = sum(each.numel() for each in PersonModel().parameters())
    eye = sum(each.numel() for each in People().parameters())
    assert count + eye < 2_000_000
    assert count > sum(each.numel() for each in PersonNet().parameters())


def test_what_was_kept_last_can_be_seen_while_more_is_kept() -> None:
    memories, window = Memories(), Window(0, 0, 100, 100)
    for value in (1, 2):
        memories.keep(window, remembered(64, 64, value))
        seen = memories.peek(window, 64, 64)
        assert seen is not None
        assert seen.eighth.mean() == value
        memories.turn()
    seen = memories.peek(window, 64, 64)
    assert seen is not None
    assert seen.eighth.mean() == 2


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (96, 112), (208, 32)])
def test_a_memory_of_another_size_is_means_of_what_each_place_touches(
    size: tuple[int, int],
) -> None:
    random, memories = np.random.default_rng(4), Memories()
    given = remembered(64, 96, 0)
    for state in given:
        state[:] = random.random(state.shape)
    memories.keep(Window(0, 0, 100, 100), given)
    memories.turn()
    recalled = memories.recall(Window(0, 0, 100, 100), *size)
    assert recalled is not None
    for state, found, step in zip(given, recalled, STEPS, strict=True):
        planes = torch.from_numpy(state).permute(2, 0, 1)[None]
        shape = size[0] // step, size[1] // step
        wanted = torch.nn.functional.interpolate(planes, shape, mode="area")[0].permute(1, 2, 0)
        np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5)


def test_a_net_apart_says_the_same_and_has_memory_of_its_own() -> None:
    runner = PersonRunner("person")
    apart, rgb = runner.apart(), drawn_person(64, 64)
    np.testing.assert_array_equal(apart(rgb)[0], runner(rgb)[0])
    ours, theirs = (each._sizes(64, 64) for each in (runner, apart))
    assert ours.running is not theirs.running
    assert not np.shares_memory(ours.program.memory, theirs.program.memory)
