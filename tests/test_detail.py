"""How closely looks beside other work may look."""

from itertools import pairwise

import pytest

from models.detail import DETAILS, Detail
from models.person_segmenter import RECIPES

MOST = 0.066


def looked(detail: Detail, times: int, pace: float) -> list[float]:
    """Details of looks that take `pace` seconds for the pixels of the quickest."""
    details = []
    for _ in range(times):
        details.append(detail.now)
        detail.note(pace * detail.now, MOST)
    return details


def test_looks_come_closer_one_by_one_while_they_are_over_in_time() -> None:
    details = looked(Detail(), 60, 0.03)
    assert details[0] == DETAILS[0] == 1
    assert details == sorted(details)
    assert {*details} == {*DETAILS}
    assert details[20:] == [DETAILS[-1]] * 40


def test_the_closest_are_as_close_as_those_of_the_next_recipe() -> None:
    assert RECIPES["balanced"].area / RECIPES["fast"].area == pytest.approx(DETAILS[-1])


@pytest.mark.parametrize(("pace", "closest"), [(0.048, 0), (0.04, 1), (0.03, 2)])
def test_no_look_comes_closer_than_there_is_time_for(pace: float, closest: int) -> None:
    assert max(looked(Detail(), 200, pace)) == DETAILS[closest]


def test_a_late_look_now_and_then_is_nothing_but_most_are_too_many() -> None:
    detail = Detail()
    looked(detail, 60, 0.03)
    for _ in range(10):
        looked(detail, 2, 0.05)
        looked(detail, 3, 0.03)
    assert detail.now == DETAILS[-1]
    looked(detail, 20, 0.05)
    assert detail.now == DETAILS[0]


def test_what_was_in_vain_is_tried_ever_more_seldom() -> None:
    detail, times = Detail(), []
    for number in range(2000):
        is_close = detail.now > 1
        detail.note(0.1 if is_close else 0.02, MOST)
        if detail.now > 1 and not is_close:
            times.append(number)
    apart = [later - sooner for sooner, later in pairwise(times)]
    assert apart == sorted(apart)
    assert apart[0] < 40
    assert apart[-1] > 100
    # After a long while in which all went well it is as at first.
    looked(detail, 5000, 0.02)
    assert looked(detail, 30, 0.1)[-1] == DETAILS[0]
    assert looked(detail, 120, 0.02)[-1] == DETAILS[-1]
