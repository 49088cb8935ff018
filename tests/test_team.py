"""Threads that take parts of work from counters."""

import threading

import numba
import numpy as np

from kernels.team import SPREAD, count_on, counted, wait_until
from kernels.types import Indices

STEPS, PARTS, THREADS = 300, 7, 4


@numba.njit(nogil=True)
def take_part(counters: Indices, times: Indices, early: Indices) -> None:
    """Note each part that is done, and those that begin before the step before was done."""
    for step in range(STEPS):
        begun, done = 2 * step * SPREAD, (2 * step + 1) * SPREAD
        part = count_on(counters, begun)
        while part < PARTS:
            times[step, part] += 1
            if step and times[step - 1].sum() != PARTS:
                early[step] += 1
            count_on(counters, done)
            part = count_on(counters, begun)
        wait_until(counters, done, PARTS)


def test_each_part_is_done_once_and_no_step_begins_early() -> None:
    counters = np.zeros(2 * STEPS * SPREAD, np.int64)
    times, early = np.zeros((STEPS, PARTS), np.int64), np.zeros(STEPS, np.int64)
    given = counters, times, early
    threads = [threading.Thread(target=take_part, args=given) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert not any(each.is_alive() for each in threads)
    assert (times == 1).all()
    assert not early.any()


@numba.njit(nogil=True)
def count_often(counters: Indices, often: int) -> int:
    for _ in range(often):
        count_on(counters, 0)
    total: int = counted(counters, 0)
    return total


def test_counting_loses_nothing() -> None:
    counters = np.zeros(1, np.int64)
    threads = [threading.Thread(target=count_often, args=(counters, 100_000)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert count_often(counters, 0) == 200_000
