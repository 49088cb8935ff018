"""The doctor names what is missing, and never falls ill itself."""

import importlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models import weights
from stream import doctor, doctor_devices, doctor_machine
from stream.findings import Finding, report, works

REQUIRED = {"torch": "torch", "numba": "numba", "cv2": "opencv", "av": "PyAV"}


def named(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make importing `names` fail, as if they were not installed."""
    genuine = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name.split(".", maxsplit=1)[0] in names:
            raise ImportError(f"No module named '{name}'")
        return genuine(name, package)

    monkeypatch.setattr(importlib, "import_module", without)


@pytest.fixture(autouse=True)
def _bare_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine's own cameras take part in the tests."""
    for name, folder in (("DEVICES", "dev"), ("NAMES", "names"), ("VIRTUAL", "virtual")):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr(doctor_devices, name, tmp_path / folder)
    monkeypatch.setattr(doctor_devices, "MODULE", tmp_path / "module")
    monkeypatch.setattr(platform, "system", lambda: "Linux")


def plug(tmp_path: Path, device: str, name: str, virtual: bool = False) -> None:
    (tmp_path / "dev" / device).touch()
    (tmp_path / "names" / device).mkdir()
    (tmp_path / "names" / device / "name").write_text(name + "\n", encoding="utf-8")
    if virtual:
        (tmp_path / "virtual" / device).mkdir()


def test_this_machine_can_cut_out() -> None:
    findings = doctor.examine()
    assert works(findings), report(findings)
    assert {"processor", "python", "torch", "numba", "opencv", "PyAV"} <= named(findings).keys()
    assert report(findings).endswith("ready to cut out")


@pytest.mark.parametrize("module", sorted(REQUIRED))
def test_a_missing_package_is_named_with_its_cure(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, module)
    findings = doctor.examine()
    finding = named(findings)[REQUIRED[module]]
    assert finding.status == "missing"
    assert "install" in finding.hint
    assert not works(findings)
    assert "cannot cut out" in report(findings)


def test_everything_missing_at_once_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, *REQUIRED, "numpy", "models", "stream", "onnxruntime", "matplotlib")
    monkeypatch.setattr(doctor_machine, "_CPU_INFO", Path("/nowhere"))
    monkeypatch.setattr(doctor_machine, "_MEMORY_INFO", Path("/nowhere"))
    findings = doctor.examine()
    assert not works(findings)
    assert all(finding.detail for finding in findings)


def test_a_missing_extra_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "onnxruntime", "matplotlib")
    findings = doctor.examine()
    assert named(findings)["extra onnxruntime"].status == "warn"
    assert "[onnx]" in named(findings)["extra onnxruntime"].hint
    assert works(findings)


def test_a_library_that_opencv_misses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return genuine(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    finding = named(doctor.examine())["opencv"]
    assert finding.status == "missing"
    assert "libgl1" in finding.hint


def test_damaged_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(name: str) -> None:
        raise weights.WeightsError(f"weights file {name} is damaged: install again")

    monkeypatch.setattr(weights, "load_weights", damaged)
    findings = doctor.examine()
    finding = named(findings)["weights selfie_general"]
    assert (finding.status, finding.hint) == ("missing", "install again")
    assert not works(findings)


def test_damage_to_weights_that_nothing_runs_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine = weights.load_weights

    def damaged(name: str) -> Any:
        if name == "selfie_landscape":
            raise weights.WeightsError(f"weights file {name} is damaged: install again")
        return genuine(name)

    monkeypatch.setattr(weights, "load_weights", damaged)
    findings = doctor.examine()
    finding = named(findings)["weights selfie_landscape"]
    assert (finding.status, finding.hint) == ("warn", "install again")
    assert works(findings)


def test_a_missing_encoder_names_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libvpx-vp9"})
    findings = doctor.examine()
    assert named(findings)["format webm"].status == "warn"
    assert named(findings)["format png"].status == "ok"
    assert works(findings)


def test_a_check_that_breaks_becomes_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken_check() -> Iterator[Finding]:
        yield Finding("first", "ok", "seen before it broke")
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(doctor, "_CHECKS", (_broken_check,))
    first, second = doctor.examine()
    assert (first.name, second.status) == ("first", "warn")
    assert "unforeseen" in second.detail


def test_cameras_are_listed_by_name(tmp_path: Path) -> None:
    plug(tmp_path, "video10", "Late camera")
    plug(tmp_path, "video2", "Early camera")
    found = list(doctor_devices.cameras())
    assert [finding.detail for finding in found] == ["Early camera", "Late camera"]


def test_a_camera_without_permission_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(tmp_path, "video0", "Camera")
    monkeypatch.setattr(os, "access", lambda *_: False)
    (finding,) = doctor_devices.cameras()
    assert finding.status == "warn"
    assert "video" in finding.hint


def test_a_loopback_counts_as_virtual_alone(tmp_path: Path) -> None:
    plug(tmp_path, "video4", "Hairline", virtual=True)
    (camera,) = doctor_devices.cameras()
    (virtual,) = doctor_devices.virtual_cameras()
    assert camera.detail == "none"
    assert (virtual.status, virtual.detail) == ("ok", "Hairline")


def test_a_missing_loopback_names_each_systems_command() -> None:
    (finding,) = doctor_devices.virtual_cameras()
    assert all(word in finding.hint for word in ("apt", "dnf", "pacman", "modprobe"))


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_other_systems_are_pointed_to_obs(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    (finding,) = doctor_devices.virtual_cameras()
    assert "OBS" in finding.hint
    assert works(list(doctor_devices.cameras()))


def test_processor_features_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("model name\t: Fast One\nflags\t\t: fpu avx2 avx512f avx512_bf16\n")
    monkeypatch.setattr(doctor_machine, "_CPU_INFO", info)
    assert doctor_machine.model() == "Fast One"
    assert doctor_machine.features() == ["avx2", "avx512f", "avx512_bf16"]


def test_memory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:  8 kB\nMemAvailable:  2 kB\n")
    monkeypatch.setattr(doctor_machine, "_MEMORY_INFO", info)
    assert doctor_machine.memory() == (8192, 2048)


def test_a_graphics_card_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(is_available=lambda: True, get_device_name=lambda _: "Great Card")
    torch = SimpleNamespace(__version__="9", get_num_threads=lambda: 2, cuda=card)
    monkeypatch.setattr(importlib, "import_module", lambda _: torch)
    (finding,) = doctor._torch()
    assert "Great Card" in finding.detail


def test_it_starts_without_any_of_what_it_looks_for() -> None:
    code = (
        "import sys\n"
        f"for name in {sorted(REQUIRED)!r}: sys.modules[name] = None\n"
        "from stream.doctor import examine, works\n"
        "sys.exit(7 if not works(examine()) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 7, done.stderr.decode()
