"""A look at the whole frame beside other work."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.finding import Finding

PROGRAM = """
import threading, time, numpy
from models.finding import Finding

def net(rgb):
    time.sleep(0.5)
    print("seen", flush=True)
    return rgb[..., 0]

begin = threading.Thread(target=Finding, args=(net, numpy.zeros((4, 4, 3))), daemon=True)
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
    def fail(rgb: object) -> None:
        raise ArithmeticError("no such number")

    finding = Finding(fail, np.zeros((4, 4, 3), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="failed") as raised:
        finding.alpha()
    assert isinstance(raised.value.__cause__, ArithmeticError)
