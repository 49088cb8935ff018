"""What runs beside other work."""

import subprocess
import sys
from pathlib import Path

import pytest

from kernels.threads import available, use_threads, used
from models.beside import Beside

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
