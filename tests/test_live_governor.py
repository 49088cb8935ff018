"""The governor against a machine that the test makes up."""

from collections.abc import Callable

import pytest

from stream.live.governor import STEPS, Governor

TARGET = 0.03


def run(governor: Governor, cost: Callable[[int, float], float], start: float, end: float) -> float:
    """Frames at 30 a second or as fast as they go; returns the share that was late."""
    now, late, frames = start, 0, 0
    while now < end:
        seconds = cost(governor.level, now)
        governor.note(now, seconds)
        now += max(seconds, 1 / 30)
        late += seconds > 1 / 30
        frames += 1
    return late / frames


def test_steps_go_from_dear_to_cheap_and_name_themselves() -> None:
    assert STEPS[0].tiles == 1
    kinds = ("learned", "fine", "fast")
    by_nets = [step.pass2 == "learned" for step in STEPS]
    by_colour = STEPS[sum(by_nets) :]
    assert by_nets == sorted(by_nets, reverse=True)
    for ranks in (
        [(step.beside > 0, -step.tiles) for step in STEPS[: sum(by_nets)]],
        [(step.beside > 0, kinds.index(step.pass2)) for step in by_colour],
        [max(step.every, step.beside) for step in STEPS],
        [-step.effects for step in STEPS],
        [step.glances for step in STEPS],
    ):
        assert ranks == sorted(ranks)
    assert len({str(step) for step in STEPS}) == len(STEPS)
    assert all(str(step) for step in STEPS)


def test_time_enough_keeps_full_quality() -> None:
    governor = Governor(TARGET)
    assert run(governor, lambda level, now: 0.02, 0, 20) == 0
    assert governor.level == 0
    assert governor.changes == 0


def test_load_is_met_within_two_seconds_and_held() -> None:
    governor = Governor(TARGET)

    def cost(level: int, now: float) -> float:
        return 0.045 - 0.004 * level

    run(governor, cost, 0, 2)
    assert run(governor, cost, 2, 60) <= 0.02
    assert 0 < governor.level < len(STEPS) - 1


def test_quality_comes_back_within_five_seconds_of_calm() -> None:
    governor = Governor(TARGET)
    run(governor, lambda level, now: 0.05 - 0.004 * level, 0, 5)
    assert governor.level > 2
    worst = governor.level
    run(governor, lambda level, now: 0.01, 5, 10)
    assert governor.level < worst


def test_a_step_up_that_was_too_much_is_tried_ever_more_seldom() -> None:
    governor = Governor(TARGET)

    def cliff(level: int, now: float) -> float:
        return 0.05 if level < 3 else 0.015

    run(governor, cliff, 0, 10)
    early = governor.changes
    run(governor, cliff, 10, 130)
    assert governor.changes - early < 10


def test_a_step_up_that_half_fits_is_left_before_many_frames_are_late() -> None:
    governor = Governor(TARGET)
    count = [0]

    def rough(level: int, now: float) -> float:
        count[0] += 1
        return (0.05 if count[0] % 4 == 0 else 0.02) if level < 3 else 0.015

    run(governor, lambda level, now: 0.05 if level < 3 else 0.015, 0, 10)
    assert run(governor, rough, 10, 190) < 0.006
    assert governor.level == 3


def test_one_slow_frame_is_no_load() -> None:
    governor = Governor(TARGET)
    for number in range(300):
        governor.note(number / 30, 0.035 if number % 50 == 0 else 0.02)
    assert governor.level == 0


def test_the_last_step_is_the_last() -> None:
    governor = Governor(TARGET)
    run(governor, lambda level, now: 0.2, 0, 30)
    assert governor.level == len(STEPS) - 2


def test_glances_are_for_machines_whose_cores_others_want() -> None:
    governor = Governor(TARGET)
    assert STEPS[-1].glances
    assert not any(step.glances for step in STEPS[:-1])
    governor.share(0, 2)
    run(governor, lambda level, now: 0.2, 0, 30)
    assert governor.level == governor.levels - 1 == len(STEPS) - 2
    governor.share(30, 1)
    run(governor, lambda level, now: 0.2, 30, 60)
    assert governor.level == governor.levels - 1 == len(STEPS) - 1
    assert governor.share(60, 2)
    assert governor.level == len(STEPS) - 2


def test_a_step_that_was_too_dear_before_the_start_is_not_tried_at_once() -> None:
    governor = Governor(TARGET)
    governor.remember(0, 2, {2: 0.04, 3: 0.015})
    governor.share(0, 2)
    governor.level = 3
    assert run(governor, lambda level, now: 0.04 if level < 3 else 0.015, 0, 200) == 0
    assert governor.changes == 0


def test_a_step_that_was_hardly_dearer_before_the_start_is_tried() -> None:
    governor = Governor(TARGET)
    governor.remember(0, 2, {2: 0.016, 3: 0.015})
    governor.share(0, 2)
    governor.level = 3
    run(governor, lambda level, now: 0.016, 0, 5)
    assert governor.level < 3


def test_a_dear_step_is_gone_up_to_where_more_time_is_left_than_the_last_ones_want() -> None:
    tight = [number for number, step in enumerate(STEPS) if step.most * TARGET < 0.0215]
    starts = len(STEPS) - 2, tight[-1] - 1
    for first in starts:
        governor = Governor(TARGET)
        governor.level = first
        assert governor.fits(STEPS[first].most * TARGET - 1e-6)
        assert not governor.fits(STEPS[first].most * TARGET + 1e-6)
        run(governor, lambda level, now: 0.0215, 0, 60)
        assert governor.level == max(each for each in tight if each < first) + 1 < first


def test_when_a_neighbour_leaves_the_step_that_fitted_before_it_came_is_back() -> None:
    governor = Governor(TARGET)
    governor.share(0, 2)
    run(governor, lambda level, now: 0.05 if level < 2 else 0.02, 0, 12)
    before = governor.level
    assert before == 2
    run(governor, lambda level, now: 0.06, 12, 12.5)  # it has come, and is not yet noticed
    assert governor.level > before
    governor.share(12.5, 1)
    run(governor, lambda level, now: 0.02, 12.5, 13)
    governor.share(13, 2)
    assert governor.level == before


def test_a_step_too_dear_for_fewer_threads_is_left_once() -> None:
    governor = Governor(TARGET)
    governor.share(0, 2)
    run(governor, lambda level, now: 0.05 if level < 2 else 0.018, 0, 30)
    assert governor.level == 2
    governor.share(30, 1)
    before = governor.changes
    run(governor, lambda level, now: 0.04 if level < 3 else 0.018, 30, 120)
    assert (governor.level, governor.changes - before) == (3, 1)
    # What it was so dear for is over.
    run(governor, lambda level, now: 0.016 if level < 3 else 0.007, 120, 124)
    assert governor.level < 3


def test_a_step_left_for_its_spikes_is_not_gone_back_to_for_its_usual_frames() -> None:
    governor = Governor(TARGET)
    governor.share(0, 2)

    def spiky(level: int, now: float) -> float:
        return 0.06 if level < 3 and int(now * 30) % 4 == 0 else 0.015

    run(governor, spiky, 0, 19)
    assert governor.level == 3
    governor.share(20, 1)
    run(governor, lambda level, now: 0.02, 20, 22)
    governor.share(22, 2)
    assert governor.level >= 3


@pytest.mark.parametrize("slow", [0.2, 0.05])
def test_a_load_that_goes_without_taking_threads_leaves_no_memory(slow: float) -> None:
    governor = Governor(TARGET)
    governor.share(0, 2)
    run(governor, lambda level, now: slow, 0, 1.2 if slow < 0.1 else 30)
    assert governor.level > 1
    run(governor, lambda level, now: 0.005, 30, 50)
    assert governor.level == 0


@pytest.mark.parametrize(("usual", "is_left"), [(0.015, False), (0.024, True)])
def test_now_and_then_a_late_frame_ends_a_step_with_little_time_over(
    usual: float, is_left: bool
) -> None:
    governor = Governor(TARGET)

    def now_and_then(level: int, now: float) -> float:
        return 0.04 if level < 3 and round(now * 30) % 12 == 0 else usual

    run(governor, now_and_then, 0, 10)
    assert governor.level == (3 if is_left else 0)


def test_a_step_tried_in_vain_is_tried_again_once_there_is_time_for_it() -> None:
    governor = Governor(TARGET)
    speed = [1.0]

    def cost(level: int, now: float) -> float:
        return speed[0] * (0.036 if level < 4 else 0.02)

    run(governor, cost, 0, 60)
    assert governor.level == 4
    changes = governor.changes
    run(governor, cost, 60, 240)
    assert governor.changes == changes
    speed[0] = 0.6
    run(governor, cost, 240, 330)
    assert governor.level < 4
