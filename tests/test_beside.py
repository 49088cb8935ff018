"""What runs beside other work."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from kernels.threads import available, use_threads, used
from kernels.types import Alpha, Rgb
from models import search
from models.beside import Beside
from models.search import Search

PROGRAM = """
import threading, time
from models.beside import Beside

def look():
    time.sleep(0.5)
    print("seen", flush=True)

begin = threading.Thread(target=Beside, args=("look", look), daemon=True)
begin.start()
begin.join()
print("over", flush=True)
"""


def test_a_program_does_not_end_in_the_middle_of_a_look() -> None:
    words = [sys.executable, "-c", PROGRAM]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["over", "seen"]


def test_what_fails_is_raised_to_who_asked() -> None:
    def fail() -> None:
        raise ArithmeticError("no such number")

    beside = Beside("look", fail)
    with pytest.raises(RuntimeError, match="look") as raised:
        beside.result()
    assert isinstance(raised.value.__cause__, ArithmeticError)


def test_it_uses_as_many_threads_as_who_began_it() -> None:
    use_threads(1)
    try:
        assert Beside("few", used).result() == 1
    finally:
        use_threads(available())
    assert Beside("all", used).result() == available()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_search_beside_live_pictures_keeps_to_one_thread(
    shared: bool, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "may_be_shared", lambda: shared)
    before, threads = used(), list[int]()

    def net(rgb: Rgb) -> Alpha:
        threads.append(used())
        return np.full(rgb.shape[:2], 0.5, np.float32)

    looking = Search([net, net], np.zeros((4, 6, 3), np.uint8), at_once)
    found = [looking.result() for _ in range(1 if at_once else 2)]
    np.testing.assert_array_equal(found[-1], np.full((4, 6), 0.5, np.float32))
    assert threads == [1 if shared and not at_once else before] * 2
    assert used() == before


def _standing() -> tuple[int, bool, int]:
    """This thread's niceness, whether others always come first, and the threads it uses."""
    me = threading.get_native_id()
    return (
        os.getpriority(os.PRIO_PROCESS, me),
        os.sched_getscheduler(me) == os.SCHED_IDLE,
        used(),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="threads say so on Linux alone")
def test_who_is_not_equal_comes_later_and_keeps_to_one_thread() -> None:
    nice, _, threads = before = _standing()
    assert Beside("equal", _standing).result() == before
    later, last = (Beside(rank, _standing, rank) for rank in ("later", "last"))
    if threads > 1:
        assert later.result() == (nice + 10, False, 1)
        assert last.result() == (nice, True, 1)
        assert (later.rank, last.rank) == ("later", "last")
    for each in (later, last):
        each.join()
    assert _standing() == before
    use_threads(1)  # as where other programs hold the other cores
    try:
        for rank in ("later", "last"):
            beside = Beside(rank, _standing, rank)
            assert beside.result() == (nice, False, 1)
            assert beside.rank == "equal"
    finally:
        use_threads(available())


@pytest.mark.skipif(sys.platform != "linux", reason="threads say so on Linux alone")
def test_who_comes_last_leaves_no_thread_behind_that_does() -> None:
    names = list[str]()

    def net(rgb: Rgb) -> Alpha:
        names.append(threading.current_thread().name)
        return np.zeros(rgb.shape[:2], np.float32)

    def look() -> Search:
        return Search([net], np.zeros((4, 6, 3), np.uint8), at_once=False)

    begun = Beside("look", look, "last")
    assert begun.result().result() is not None
    assert names == [threading.current_thread().name if begun.rank == "last" else "find"]


@pytest.mark.skipif(sys.platform != "linux", reason="threads say so on Linux alone")
def test_where_nobody_may_come_last_it_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    nice, _, threads = _standing()
    assert Beside("last", _standing, "last").result() == (nice + 10 * (threads > 1), False, 1)
