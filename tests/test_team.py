"""Threads that take parts of work from counters."""

import threading

import numba
import numpy as np
import pytest

from kernels.team import SPREAD, count_on, counted, wait_until
from kernels.threads import available
from kernels.types import Floats, Indices

STEPS, PARTS, THREADS, WORK = 2000, 7, 2, 2000


@numba.njit(nogil=True)
def take_part(counters: Indices, times: Indices, early: Indices, scratch: Floats) -> int:
    """Note each part that is done, and those that begin before the step before was done.

    Gives how many parts this thread did.
    """
    own = 0
    for step in range(len(times)):
        begun, done = 2 * step * SPREAD, (2 * step + 1) * SPREAD
        part = count_on(counters, begun)
        while part < PARTS:
            if step and times[step - 1].sum() != PARTS:
                early[step] += 1
            for n in range(len(scratch)):
                scratch[n] = np.sqrt(scratch[n] + part)
            times[step, part] += 1
            own += 1
            count_on(counters, done)
            part = count_on(counters, begun)
        wait_until(counters, done, PARTS)
    return own


@pytest.mark.skipif(available() < 2, reason="there is one core")
def test_each_part_is_done_once_and_no_step_begins_early() -> None:
    def given(steps: int) -> tuple[Indices, Indices, Indices]:
        counters = np.zeros(2 * steps * SPREAD, np.int64)
        return counters, np.zeros((steps, PARTS), np.int64), np.zeros(steps, np.int64)

    assert take_part(*given(2), np.ones(WORK, np.float32)) == 2 * PARTS  # which compiles it
    shared, start, own = given(STEPS), threading.Barrier(THREADS), list[int]()

    def work() -> None:
        scratch = np.ones(WORK, np.float32)
        start.wait()
        own.append(take_part(*shared, scratch))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    _, times, early = shared
    assert (times == 1).all()
    assert not early.any()
    assert sum(own) == STEPS * PARTS
    assert min(own) > 0


@numba.njit(nogil=True)
def count_often(counters: Indices, often: int) -> int:
    for _ in range(often):
        count_on(counters, 0)
        if counted(counters, 0) < 0:  # or the compiler may count all at once
            break
    total: int = counted(counters, 0)
    return total


def test_counting_loses_nothing() -> None:
    counters, start, often = np.zeros(1, np.int64), threading.Barrier(2), 3_000_000
    count_often(counters, 0)  # which compiles it

    def work() -> None:
        start.wait()
        count_often(counters, often)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert count_often(counters, 0) == 2 * often
