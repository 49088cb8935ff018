"""On the first run other processes compile what a job needs."""

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from stream import preparing
from stream.live.rehearsal import PARTS
from stream.preparing import BY_COLOUR, FINISH, LAY, LOOK, REFINE, SETTLE, Part, prepare
from tests.test_live_rehearsal import compiled, new

ROOT = Path(__file__).resolve().parents[1]
MARK, WAIT, FAIL = (
    Part(name, "none._none")
    for name in ("tests.test_preparing:mark", "signal:pause", "tests.test_preparing:nowhere")
)
FOLDER = "HAIRLINE_TEST_FOLDER"
Started = list["subprocess.Popen[bytes]"]


def mark() -> None:
    """Leave a file that says who was here."""
    (Path(os.environ[FOLDER]) / str(os.getpid())).touch()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The processes that are started, where there are three cores."""
    found: Started = []
    popen = subprocess.Popen

    def start(*words: Any, **more: Any) -> "subprocess.Popen[bytes]":
        found.append(popen(*words, **more))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(preparing, "available", lambda: 3)
    return found


def test_each_core_takes_a_part_and_the_last_what_is_left() -> None:
    parts = list("abcd")
    shares = {cores: [list(each) for each in preparing._shares(parts, cores)] for cores in range(6)}
    assert shares[0] == shares[1] == []
    assert shares[2] == [["a"], ["b", "c", "d"]]
    assert shares[3] == [["a"], ["b"], ["c", "d"]]
    assert shares[4] == shares[5] == shares[3]
    assert preparing._shares(parts[:1], 4) == []


def test_all_parts_are_done_by_others_also_after_one_that_fails(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    prepare([MARK, MARK, FAIL, MARK], lambda: False)
    assert {path.name for path in tmp_path.iterdir()} == {str(each.pid) for each in started}
    assert len(started) == 3


def test_they_end_when_the_job_is_stopped(started: Started) -> None:
    asked: list[float] = []

    def is_stopped() -> bool:
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > 0.3

    prepare([WAIT, WAIT], is_stopped)
    assert [each.poll() is None for each in started] == [False, False]


def test_those_that_hang_are_given_up(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_LONGEST", 0.3)
    prepare([WAIT, WAIT], lambda: False)
    assert [each.poll() is None for each in started] == [False, False]


def test_they_end_with_the_job(tmp_path: Path) -> None:
    code = (
        "from stream import preparing; preparing.available = lambda: 2; import os, threading;"
        "begun = preparing._begun\n"
        "def tell(parts):\n"
        "    found = begun(parts); print(found.pid, flush=True); return found\n"
        "preparing._begun = tell; threading.Timer(3, lambda: os._exit(0)).start();"
        f"wait = preparing.Part({WAIT.function!r}, 'none._none');"
        "preparing.prepare([wait, wait], lambda: False)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    pids = [int(word) for word in told.stdout.split()]
    assert len(pids) == 2
    end = time.monotonic() + 20
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_running, pids))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended is there until somebody asks for its exit code.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_without_help_all_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: Any, **more: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(preparing, "available", lambda: 2)
    prepare([WAIT, WAIT], lambda: False)


def report(folder: str) -> None:
    """What a fresh process compiles for jobs after all parts, as JSON."""
    from stream.demo import _write_clip, photograph
    from stream.job import run
    from stream.settings import Settings

    settled = compiled_by(SETTLE)
    missing = [part for part in (REFINE, BY_COLOUR, LOOK, FINISH, LAY) if not compiled_by(part)]
    before = compiled()
    clip = Path(folder) / "clip.mp4"
    _write_clip(photograph(), clip)
    for name, background in (("cutout.webm", None), ("composite.mp4", "#203040")):
        out = str(Path(folder) / name)
        run(Settings(source=str(clip), out=out, background=background))
    twice = [name for name, kinds in settled.items() if before[name] != kinds and is_called(name)]
    print(json.dumps({"late": new(compiled(), before), "twice": twice, "missing": missing}))


def is_called(kernel: str) -> bool:
    """Whether it is Python that calls it: what kernels call is compiled for each of them anew."""
    module, name = kernel.split(".")
    return bool(getattr(import_module(f"kernels.{module}"), name).targetoptions.get("parallel"))


def compiled_by(part: Part) -> dict[str, list[str]]:
    """All that is compiled after it; nothing where its last kernel is not."""
    getattr(preparing, part.function.split(":")[1])()
    found = compiled()
    return found if part.last in found else {}


def test_a_job_compiles_nothing_after_all_parts(tmp_path: Path) -> None:
    code = f"from tests.test_preparing import report; report({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"late": [], "twice": [], "missing": []}


def test_what_is_compiled_is_not_prepared(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "is_compiled", lambda kernel: kernel == LOOK.last)
    prepare([LOOK, LOOK, LOOK, WAIT], lambda: False)  # which would not end
    assert started == []


@pytest.mark.parametrize("part", [*PARTS, REFINE, BY_COLOUR, LAY], ids=str)
def test_parts_and_kernels_have_these_names(part: Part) -> None:
    module, function = part.function.split(":")
    assert callable(getattr(import_module(module), function))
    module, kernel = part.last.split(".")
    assert hasattr(getattr(import_module(f"kernels.{module}"), kernel), "py_func")
