"""What was compiled is used again, until any kernel changes."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import kernels, numpy as np
from kernels.first import first
print(first(2.0), sum(first.stats.cache_hits.values()))
"""
FIRST = """
import numba
from kernels.second import second
@numba.njit(cache=True)
def first(x):
    return 10 * second(x)
"""
SECOND = """
import numba
BY = {}
@numba.njit(cache=True)
def second(x):
    return BY * x
"""


def found(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_a_kernel_calls_may_change(tmp_path: Path) -> None:
    package = tmp_path / "kernels"
    package.mkdir()
    for name in ("__init__.py", "keeping.py"):
        shutil.copy(ROOT / "kernels" / name, package)
    (package / "first.py").write_text(FIRST)
    (package / "second.py").write_text(SECOND.format(3))
    assert found(tmp_path) == "60.0 0"
    assert found(tmp_path) == "60.0 1"
    (package / "second.py").write_text(SECOND.format(4))
    assert found(tmp_path) == "80.0 0"
    assert found(tmp_path) == "80.0 1"
