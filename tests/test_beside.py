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


@pytest.mark.skipif(sys.platform != "linux", reason="threads say so on Linux alone")
def test_what_gives_way_comes_last_and_keeps_to_one_thread() -> None:
    def told() -> tuple[int, int]:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), used()

    before, later = told(), 10 if available() > 1 else 0
    beside = Beside("last", told, gives_way=True)
    assert beside.result() == (before[0] + later, 1)
    assert beside.is_over
    assert told() == before
    use_threads(1)  # as where other programs hold the other cores
    try:
        assert Beside("last", told, gives_way=True).result() == (before[0], 1)
    finally:
        use_threads(available())
