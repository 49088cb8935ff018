"""Each hint about virtual cameras, in the situation it is for, ends that situation."""

import fcntl
import os
import platform
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvirtualcam

from stream import doctor_devices
from stream.errors import SourceError
from stream.live.cameras import find_camera, list_cameras, report
from stream.live.loopback import create_command
from stream.live.virtual_outputs import VirtualOutput, list_virtual_outputs, why_no_output
from tests.camera.devices import INSIDE, IS_FED, MODULES, VIRTUAL, do, writing

pytestmark = pytest.mark.skipif(
    not INSIDE or IS_FED, reason="runs inside camera-vm, without --camera"
)
DISK = Path("/lib/modules") / platform.release()
REMOVE = 0x4C81
"""V4L2LOOPBACK_CTL_REMOVE, whose argument is the number of the device."""
VIVID_PARAMETERS = "n_devs=1 node_types=0x1 num_inputs=1 input_types=0 vid_cap_nr=0"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    shutil.rmtree(DISK, ignore_errors=True)
    load("exclusive_caps=1 card_label=cutout")


def load(parameters: str) -> None:
    do(
        f"rmmod v4l2loopback; insmod {MODULES}/v4l2loopback.ko video_nr=10 {parameters} "
        f"&& chmod 666 {VIRTUAL}"
    )


def install() -> None:
    """Put the module where modprobe finds it."""
    DISK.mkdir(parents=True, exist_ok=True)
    shutil.copy(MODULES / "v4l2loopback.ko", DISK)
    do("depmod")


def trouble() -> tuple[str, str]:
    """What the doctor says, which the report says too."""
    (finding,) = doctor_devices.virtual_cameras()
    assert finding.status == "warn"
    assert finding.hint in report()
    return finding.detail, finding.hint


def is_cured() -> bool:
    (output,) = list_virtual_outputs()
    with pyvirtualcam.Camera(64, 48, 30, device=output.path) as camera:
        camera.send(np.zeros((48, 64, 3), np.uint8))
    return output == VirtualOutput(output.path, "Hairline")


def test_a_module_that_is_not_installed_names_the_systems_command() -> None:
    do("rmmod v4l2loopback")
    text, cure = trouble()
    assert text == "v4l2loopback is not installed"
    assert cure == create_command()
    assert shutil.which(cure.split()[1]), "this system's own package program is named"


def test_a_module_that_is_not_loaded_is_loaded_by_the_hint() -> None:
    do("rmmod v4l2loopback")
    install()
    text, cure = trouble()
    assert text == "v4l2loopback is not loaded"
    do(cure)
    assert is_cured()


def test_a_module_without_a_device_gets_one_by_the_hint() -> None:
    if not Path("/dev/v4l2loopback").exists():
        pytest.skip("this v4l2loopback always has a device")
    install()
    control = os.open("/dev/v4l2loopback", os.O_RDWR)
    fcntl.ioctl(control, REMOVE, int(VIRTUAL.removeprefix("/dev/video")))
    os.close(control)
    text, cure = trouble()
    assert text == "v4l2loopback is loaded without a device"
    do(cure)
    assert is_cured()


def test_a_device_that_chrome_does_not_see_is_made_visible_by_the_hint() -> None:
    install()
    load("exclusive_caps=0 card_label=cutout")
    assert capabilities(VIRTUAL) & 1, (
        "Chrome takes a device that captures and outputs for no camera"
    )
    text, cure = trouble()
    assert "exclusive_caps" in text
    assert list_virtual_outputs()[0].usable
    with pytest.raises(SourceError, match="nothing writes to it"):
        find_camera(list_cameras(), VIRTUAL)
    do(cure)
    (output,) = list_virtual_outputs()
    assert capabilities(output.path) & 3 == 2
    assert is_cured()


def test_without_exclusive_caps_another_writer_is_seen_all_the_same() -> None:
    load("exclusive_caps=0 card_label=cutout")
    with writing(VIRTUAL) as process:
        text, _ = trouble()
        assert "in use by python" in text
        assert f"({process})" in text
        assert find_camera(list_cameras(), "cutout").path == VIRTUAL
    assert list_virtual_outputs()[0].usable


def test_our_own_label_comes_first_and_is_no_input() -> None:
    do(
        f"rmmod v4l2loopback; insmod {MODULES}/v4l2loopback.ko video_nr=10,11 "
        "card_label=other,Hairline exclusive_caps=1,1"
    )
    assert [output.name for output in list_virtual_outputs()] == ["Hairline", "other"]
    assert why_no_output(list_virtual_outputs()) == ("", "")
    with writing("/dev/video11"):
        with pytest.raises(SourceError, match="no camera is called"):
            find_camera(list_cameras(), "Hairline")
        assert find_camera(list_cameras(), "/dev/video11").ours
        assert [f.status for f in doctor_devices.virtual_cameras()] == ["ok", "ok"]
    do("rmmod v4l2loopback")


def test_a_module_that_forgets_its_output_is_reloaded_by_the_hint() -> None:
    install()
    with pyvirtualcam.Camera(64, 48, 30, device=VIRTUAL) as camera:
        camera.send(np.zeros((48, 64, 3), np.uint8))
    if list_virtual_outputs()[0].usable:
        pytest.skip("this v4l2loopback does not forget")
    text, cure = trouble()
    assert "before 0.13" in text
    do(cure)
    assert is_cured()


def test_a_machine_without_any_device_says_what_to_do() -> None:
    do("rmmod v4l2loopback; rmmod vivid")
    assert list_cameras() == []
    with pytest.raises(SourceError, match="plug one in"):
        find_camera(list_cameras())
    (finding,) = doctor_devices.cameras()
    assert finding.hint.startswith("plug one in")
    do(f"insmod {MODULES}/vivid.ko {VIVID_PARAMETERS}; chmod 666 /dev/video0")
    assert find_camera(list_cameras()).name == "vivid"


def capabilities(device: str) -> int:
    """The device_caps of VIDIOC_QUERYCAP."""
    number = os.open(device, os.O_RDWR)
    answer = bytearray(104)
    fcntl.ioctl(number, 0x80685600, answer)
    os.close(number)
    return int(struct.unpack_from("=I", answer, 88)[0])
