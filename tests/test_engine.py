"""What runs the nets of pass 1: both engines, and sizes that are got ready beside."""

import ctypes
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import numpy.typing as npt
import pytest
import torch

from kernels.threads import available, use_threads
from kernels.types import Rgb
from models import person_runner, sized_engine
from models.engine import Engine, TorchEngine, open_engine
from models.person_net import no_memory
from models.person_runner import PersonRunner, open_look
from models.ready_sizes import ReadySizes
from models.sized_engine import SizedEngine
from tests.test_person_net import chance_model, pictures

SIZES = [(32, 32), (48, 80), (144, 256), (208, 176)]
EXAMPLE = torch.zeros(1, 64, 64, 3, dtype=torch.uint8), *no_memory(1, 64, 64)
Opened = type[TorchEngine] | type[SizedEngine]


@pytest.fixture(autouse=True)
def chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_runner, "load_weights", lambda _: chance_model().state_dict())


@pytest.fixture
def all_cores() -> Iterator[None]:
    yield
    use_threads(available())


def sized(dtype: torch.dtype = torch.float32) -> SizedEngine:
    return SizedEngine(open_look("", torch.float32, True), EXAMPLE, dtype)


def plain() -> TorchEngine:
    return TorchEngine(open_look("", torch.float32), EXAMPLE)


def alphas(engine: Engine, shown: list[Rgb]) -> list[npt.NDArray[np.float32]]:
    """Of pictures that follow one another, with memory."""
    net, memory, found = PersonRunner("", engine=engine), None, []
    for each in shown:
        alpha, memory = net(each, memory)
        found.append(alpha)
    return found


def test_both_engines_find_the_same() -> None:
    first, other = sized(), plain()
    for size in SIZES:
        shown = pictures(*size)
        found = alphas(first, shown)
        assert np.std(found) > 1e-3
        np.testing.assert_allclose(found, alphas(other, shown), atol=1e-4)


def test_in_bfloat16_alpha_is_the_same_within_what_is_seen() -> None:
    shown = pictures(96, 96)
    difference = np.abs(np.subtract(alphas(sized(torch.bfloat16), shown), alphas(plain(), shown)))
    assert difference.mean() < 0.002
    assert difference.max() < 0.02


@pytest.mark.parametrize("make", [sized, plain])
def test_what_was_found_stays(make: Opened) -> None:
    engine, shown = make(), pictures(32, 48)  # type: ignore[call-arg]
    given = shown[0][None], *(each.numpy() for each in no_memory(1, 32, 48))
    found = engine(*given)
    kept = [each.copy() for each in found]
    engine(shown[1][None], *given[1:])
    for each, before in zip(found, kept, strict=True):
        np.testing.assert_array_equal(each, before)


def test_two_threads_may_look_at_once() -> None:
    engine, shown = sized(), pictures(48, 48, 12)
    expected = alphas(engine, shown)
    found: dict[int, list[npt.NDArray[np.float32]]] = {}

    def look(number: int) -> None:
        found[number] = alphas(engine, shown)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for number in range(2):
        np.testing.assert_array_equal(found[number], expected)


def test_no_more_graphs_are_kept_than_are_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sized_engine, "_MOST", 2)
    net = PersonRunner("", engine=sized())
    for width in (32, 48, 64):
        net.prepare(32, width)
    assert [net.is_prepared(32, width) for width in (32, 48, 64)] == [False, True, True]


@pytest.mark.usefixtures("all_cores")
@pytest.mark.skipif(available() < 2, reason="there is one core")
def test_a_graph_for_more_threads_serves_until_there_is_one_for_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who has to leave a core to others has no time to wait for a compiler."""
    engine, picture = sized(), pictures(32, 32, 1)
    expected = alphas(engine, picture)
    begun = list[tuple[object, ...]]()

    class Never:
        def __init__(self, *given: object) -> None:
            begun.append(given)

        def is_alive(self) -> bool:
            return True

    monkeypatch.setattr(sized_engine, "Beside", Never)
    use_threads(1)
    for _ in range(2):
        np.testing.assert_allclose(alphas(engine, picture), expected, atol=1e-4)
    assert len(begun) == 1


def test_without_openvino_torch_runs_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(dtype: torch.dtype, planar: bool) -> torch.nn.Module:
        return open_look("", dtype, planar)

    assert isinstance(open_engine(look, EXAMPLE, torch.float32), SizedEngine)
    monkeypatch.setitem(sys.modules, "models.sized_engine", None)
    engine = open_engine(look, EXAMPLE, torch.float32)
    assert isinstance(engine, TorchEngine)
    net = PersonRunner("", engine=engine)
    net.prepare(32, 32)
    assert net.is_prepared(96, 96)
    assert net(pictures(32, 32, 1)[0])[0].shape == (32, 32)


def test_nobody_is_told_that_openvino_is_imported(tmp_path: Path) -> None:
    """Its package reports that, and marks the home folder."""
    home = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    for name in ("CI", "GITHUB_ACTIONS", "JENKINS_URL", "TF_BUILD"):
        home.pop(name, None)  # where it would keep quiet by itself
    code = """
import socket, sys, threading

def refuse(*_):
    print("a call home")

socket.socket.connect = refuse
before = threading.active_count()
import models.sized_engine
from stream.doctor import _openvino
assert [finding.status for finding in _openvino()] == ["ok"]
assert "openvino_telemetry" not in sys.modules
assert threading.active_count() == before
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, check=False, env=home, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not (tmp_path / "intel").exists()


def test_nobody_is_told_that_a_net_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO's own converter reports its use."""
    telemetry = pytest.importorskip("openvino_telemetry")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a call home")

    monkeypatch.setattr(telemetry.Telemetry, "__init__", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert alphas(sized(), pictures(32, 32))


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_signals_find_the_stack_that_they_had() -> None:
    """OpenVINO changes it where it compiles, and frees what it was changed to."""

    class Stack(ctypes.Structure):
        _fields_ = (
            ("place", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t),
        )  # fmt: skip

    def now() -> tuple[int | None, int, int]:
        stack = Stack()
        assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack)) == 0
        return stack.place, stack.flags, stack.size

    before = now()
    assert alphas(sized(), pictures(32, 32))
    assert now() == before


class Prepared:
    """A net that notes what it is prepared for."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.go = threading.Event()
        self.go.set()

    def prepare(self, height: int, width: int) -> None:
        if threading.current_thread().name == "prepare":
            assert self.go.wait(30)
        self.sizes.append((height, width))

    def is_prepared(self, height: int, width: int) -> bool:
        return (height, width) in self.sizes


def test_the_nearest_size_serves_while_another_is_prepared() -> None:
    net = Prepared()
    ready = ReadySizes(net)  # type: ignore[arg-type]
    full, quick, wide, strip = (192, 192), (144, 144), (152, 240), (96, 320)
    assert ready.nearest(full, soon=quick) == full  # for the first one this waited
    _wait_for(net, quick)
    net.go.clear()
    assert ready.nearest(wide, soon=wide) == full
    assert ready.nearest((152, 152), soon=quick) == quick
    assert ready.nearest((480, 480), soon=full) == full  # coarse, but nothing is squashed
    net.go.set()
    _wait_for(net, wide)
    assert ready.nearest(wide, soon=quick) == wide
    assert ready.nearest(strip, soon=strip) is None  # nothing ready has such an aspect
    _wait_for(net, strip)
    assert ready.nearest(strip, soon=strip) == strip


def test_a_size_like_one_that_is_ready_is_not_prepared() -> None:
    net = Prepared()
    ready = ReadySizes(net)  # type: ignore[arg-type]
    for size in ((192, 192), (192, 208), (176, 208), (208, 176), (192, 192)):
        assert ready.nearest(size, soon=size) == (192, 192)
    assert net.sizes == [(192, 192)]


def test_that_a_size_cannot_be_prepared_is_told() -> None:
    net = Prepared()
    ready = ReadySizes(net)  # type: ignore[arg-type]
    ready.nearest((192, 192), soon=(192, 192))
    net.prepare = Mock(side_effect=MemoryError)  # type: ignore[method-assign]
    assert ready.nearest((96, 320), soon=(96, 320)) is None
    _join()
    with pytest.raises(RuntimeError, match="prepare"):
        ready.nearest((96, 320), soon=(96, 320))


def _wait_for(net: Prepared, size: tuple[int, int]) -> None:
    _join()
    assert net.is_prepared(*size)


def _join() -> None:
    for thread in threading.enumerate():
        if thread.name == "prepare":
            thread.join(30)
