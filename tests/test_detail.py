"""How closely looks beside other work may look."""

from itertools import pairwise

import pytest

from models.detail import SHARES, Detail

MOST = 0.066


def looked(detail: Detail, times: int, pace: float) -> list[float]:
    """Shares of looks that take `pace` seconds for the pixels of the quickest."""
    shares = []
    for _ in range(times):
        shares.append(detail.share)
        detail.note(pace * detail.share, MOST)
    return shares


def test_looks_come_closer_one_by_one_while_they_are_over_in_time() -> None:
    shares = looked(Detail(), 60, 0.03)
    assert shares[0] == SHARES[0] == 1
    assert shares == sorted(shares)
    assert set(shares) == {*SHARES}
    assert shares[20:] == [SHARES[-1]] * 40


@pytest.mark.parametrize(("pace", "closest"), [(0.048, 0), (0.04, 1), (0.03, 2)])
def test_no_look_comes_closer_than_there_is_time_for(pace: float, closest: int) -> None:
    assert max(looked(Detail(), 200, pace)) == SHARES[closest]


def test_a_late_look_now_and_then_is_nothing_but_most_are_too_many() -> None:
    detail = Detail()
    looked(detail, 60, 0.03)
    for _ in range(10):
        looked(detail, 2, 0.05)
        looked(detail, 3, 0.03)
    assert detail.share == SHARES[-1]
    looked(detail, 20, 0.05)
    assert detail.share == SHARES[0]


def test_what_was_in_vain_is_tried_ever_more_seldom() -> None:
    detail, times = Detail(), []
    for number in range(2000):
        is_close = detail.share > 1
        detail.note(0.1 if is_close else 0.02, MOST)
        if detail.share > 1 and not is_close:
            times.append(number)
    apart = [later - sooner for sooner, later in pairwise(times)]
    assert apart == sorted(apart)
    assert apart[0] < 40
    assert apart[-1] > 200
