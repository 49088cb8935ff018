"""The doctor names what is missing, and never falls ill itself."""

import errno
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
from stream.live.virtual_outputs import list_virtual_outputs
from tests.fake_v4l2 import CAPTURE, OUTPUT, Fake, Machine, loopback_camera

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
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """No machine's own cameras take part in the tests."""
    return Machine(tmp_path, monkeypatch)


def test_this_machine_can_cut_out() -> None:
    findings = doctor.examine()
    assert works(findings), report(findings)
    told = {"processor", "python", "torch", "numba", "opencv", "PyAV"}
    assert told <= named(findings).keys()
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


def test_a_camera_is_told_with_its_largest_picture(machine: Machine) -> None:
    path = machine.plug("video2", Fake("Good Camera"))
    (finding,) = doctor_devices.cameras()
    assert (finding.name, finding.status) == (f"camera {path}", "ok")
    assert finding.detail == "Good Camera, up to 1280x720 at 60 fps"


def test_no_camera_says_what_to_do(machine: Machine) -> None:
    (finding,) = doctor_devices.cameras()
    assert (finding.status, finding.detail) == ("warn", "none")
    assert "--device" in finding.hint


def test_a_busy_camera_names_who_holds_it(machine: Machine) -> None:
    machine.hold(machine.plug("video0", Fake(busy=True)), 12, "zoom")
    (finding,) = doctor_devices.cameras()
    assert finding.status == "warn"
    assert "zoom (12)" in finding.detail


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int) -> None:
    """Let nothing in `folder` be opened."""
    genuine = os.open

    def opened(path: Any, *rest: Any, **more: Any) -> int:
        if str(path).startswith(str(folder)):
            raise OSError(number, os.strerror(number))
        return genuine(path, *rest, **more)

    monkeypatch.setattr(os, "open", opened)


@pytest.mark.parametrize(
    "number, hint", [(errno.EACCES, "usermod -aG video"), (errno.EPERM, "--device")]
)
def test_a_device_without_permission_says_how_to_get_it(
    number: int, hint: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.plug("video0")
    machine.plug("video10", loopback_camera(OUTPUT))
    refuse(monkeypatch, machine.root / "dev", number)
    (camera,) = doctor_devices.cameras()
    (virtual,) = doctor_devices.virtual_cameras()
    for finding in (camera, virtual):
        assert finding.status == "warn"
        assert hint in finding.hint


def test_a_loopback_counts_as_virtual_alone(machine: Machine) -> None:
    machine.plug("video4", loopback_camera(OUTPUT, "Hairline"), state="output")
    (camera,) = doctor_devices.cameras()
    (virtual,) = doctor_devices.virtual_cameras()
    assert camera.detail == "none"
    assert (virtual.status, virtual.detail, virtual.hint) == ("ok", "Hairline", "")


def test_a_loopback_that_chrome_does_not_see_is_told(machine: Machine) -> None:
    machine.plug("video4", loopback_camera(OUTPUT | CAPTURE, "Hairline"), state="output")
    (virtual,) = doctor_devices.virtual_cameras()
    assert virtual.status == "warn"
    assert "Chrome" in virtual.detail
    assert "exclusive_caps=1" in virtual.hint
    assert list_virtual_outputs()[0].usable


@pytest.mark.parametrize("abilities", [CAPTURE, CAPTURE | OUTPUT])
def test_a_loopback_with_another_writer_names_it(abilities: int, machine: Machine) -> None:
    path = machine.plug("video4", loopback_camera(abilities), state="capture")
    (virtual,) = doctor_devices.virtual_cameras()
    assert "in use by another program" in virtual.detail
    assert "modprobe -r" in virtual.hint
    machine.hold(path, 77, "obs")
    (virtual,) = doctor_devices.virtual_cameras()
    assert (virtual.status, virtual.hint) == ("warn", "close it there")
    assert "obs (77)" in virtual.detail


def test_another_writer_beside_a_free_device_is_no_trouble(machine: Machine) -> None:
    machine.plug("video4", loopback_camera(CAPTURE), state="capture")
    machine.plug("video5", loopback_camera(OUTPUT, "Hairline"), state="output")
    findings = list(doctor_devices.virtual_cameras())
    assert [finding.status for finding in findings] == ["ok", "ok"]
    assert [output.name for output in list_virtual_outputs()] == ["Hairline", "OBS"]


def test_the_old_module_that_forgets_its_output_is_reloaded(machine: Machine) -> None:
    machine.plug("video4", loopback_camera(0))
    (virtual,) = doctor_devices.virtual_cameras()
    assert virtual.status == "warn"
    assert "before 0.13" in virtual.detail
    assert "modprobe -r v4l2loopback" in virtual.hint


@pytest.mark.parametrize(
    "release, command",
    [
        ("ID=debian", "apt install v4l2loopback-dkms linux-headers"),
        ('ID=zorin\nID_LIKE="ubuntu debian"', "apt install"),
        ("ID=fedora", "dnf install akmod-v4l2loopback"),
        ("ID=endeavouros\nID_LIKE=arch", "pacman -S v4l2loopback-dkms"),
    ],
)
def test_a_missing_loopback_names_this_systems_command_alone(
    release: str, command: str, machine: Machine
) -> None:
    (machine.root / "os-release").write_text(release + "\n", encoding="utf-8")
    (finding,) = doctor_devices.virtual_cameras()
    assert finding.detail == "v4l2loopback is not installed"
    assert command in finding.hint
    assert sum(word in finding.hint for word in ("apt", "dnf", "pacman")) == 1
    assert 'modprobe v4l2loopback exclusive_caps=1 card_label="Hairline"' in finding.hint


@pytest.mark.parametrize("release", [None, "ID=nixos", "gibberish"])
def test_on_an_unknown_system_all_commands_are_named(release: str | None, machine: Machine) -> None:
    if release is not None:
        (machine.root / "os-release").write_text(release, encoding="utf-8")
    (finding,) = doctor_devices.virtual_cameras()
    assert all(word in finding.hint for word in ("apt", "dnf", "pacman", "modprobe"))


def test_a_loopback_that_is_not_loaded_is_only_to_be_loaded(machine: Machine) -> None:
    folder = machine.root / "modules" / platform.release()
    folder.mkdir(parents=True)
    (folder / "modules.dep").write_text("updates/dkms/v4l2loopback.ko.zst:\n", encoding="utf-8")
    (finding,) = doctor_devices.virtual_cameras()
    assert finding.detail == "v4l2loopback is not loaded"
    assert finding.hint.startswith("sudo modprobe v4l2loopback")
    assert "install" not in finding.hint
    (machine.root / "secure-boot").write_bytes(b"\6\0\0\0\1")
    (finding,) = doctor_devices.virtual_cameras()
    assert "mokutil" in finding.hint


def test_a_loopback_loaded_without_a_device_is_reloaded(machine: Machine) -> None:
    (machine.root / "module").mkdir()
    (finding,) = doctor_devices.virtual_cameras()
    assert finding.detail == "v4l2loopback is loaded without a device"
    assert "modprobe -r v4l2loopback" in finding.hint


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_other_systems_are_pointed_to_obs(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    (finding,) = doctor_devices.virtual_cameras()
    assert "OBS" in finding.hint
    assert works(list(doctor_devices.cameras()))


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_an_installed_obs_camera_is_a_virtual_camera(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    found = SimpleNamespace(name="1", description="OBS Virtual Camera", media_types=["video"])
    monkeypatch.setattr(av, "enumerate_input_devices", lambda _: [found], raising=False)
    monkeypatch.setattr(platform, "system", lambda: system)
    (finding,) = doctor_devices.virtual_cameras()
    assert (finding.status, finding.detail) == ("ok", "OBS Virtual Camera")


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
