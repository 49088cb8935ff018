"""The end of the process, with a thread at work that nobody waits for."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUSY = """
import sys, threading
import torch
from stream.leaving import leave
begun = threading.Event()
def work():
    while True:
        torch.nn.functional.conv2d(torch.ones(1, 3, 400, 400), torch.ones(8, 3, 3, 3))
        begun.set()
"""
AT_WORK = "threading.Thread(target=work, daemon=True).start(); begun.wait()\n"


def ended(code: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", BUSY + code]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("at_work", ["", AT_WORK])
@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_kept_and_what_was_printed_too(at_work: str, code: int) -> None:
    done = ended(f"{at_work}print('out'); print('err', file=sys.stderr); leave({code})")
    assert (done.returncode, done.stdout, done.stderr) == (code, "out\n", "err\n")


def test_no_console_does_not_matter() -> None:
    assert ended(f"{AT_WORK}sys.stdout = None; leave(0)").returncode == 0
