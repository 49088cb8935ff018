"""With real devices: what is told of a camera is how it opens, and looking disturbs nobody."""

import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import pyvirtualcam

from stream import doctor_devices
from stream.errors import SourceError
from stream.live.camera_list import Camera
from stream.live.cameras import (
    Mode,
    choose_mode,
    device_of,
    find_camera,
    list_cameras,
    report,
)
from stream.live.virtual_outputs import VirtualOutput, list_virtual_outputs
from tests.camera.devices import (
    CAMERA,
    INSIDE,
    IS_FED,
    VIRTUAL,
    VIVID,
    as_nobody,
    do,
    reading,
    writing,
)

pytestmark = pytest.mark.skipif(not INSIDE, reason="runs inside camera-vm")
PICTURE = np.full((480, 640, 3), 90, np.uint8)


def camera_at(path: str) -> Camera:
    (camera,) = [camera for camera in list_cameras() if camera.path == path]
    return camera


def output_at(path: str) -> VirtualOutput:
    (output,) = [output for output in list_virtual_outputs() if output.path == path]
    return output


def opened(camera: Camera, mode: Mode) -> av.container.InputContainer:
    device = device_of(camera, mode)
    return av.open(device.path, format=device.demuxer, options=device.options)


@pytest.mark.parametrize("height, width", [(480, 640), (720, 1280), (1080, 1920), (180, 320)])
def test_a_camera_opens_as_it_is_told(height: int, width: int) -> None:
    camera = camera_at(VIVID)
    mode = choose_mode(camera, height, width, Fraction(30))
    assert mode == Mode(height, width, mode.rate, "yuyv422")
    with opened(camera, mode) as container:
        frame = next(container.decode(video=0))
        assert (frame.height, frame.width, frame.format.name) == (height, width, "yuyv422")
        assert container.streams.video[0].average_rate == mode.rate


def test_every_format_that_is_told_can_be_read() -> None:
    camera = camera_at(VIVID)
    usual = choose_mode(camera, 480, 640, Fraction(30))
    names = {mode.pixel_format for mode in camera.modes}
    assert {"yuyv422", "nv12", "yuv420p", "uyvy422", "rgb24"} <= names
    for name in sorted(names):
        with opened(camera, replace(usual, pixel_format=name)) as container:
            assert next(container.decode(video=0)).format.name == name


@pytest.mark.skipif(not IS_FED, reason="no clip is played into a camera")
def test_a_camera_that_another_program_feeds_is_a_camera() -> None:
    camera = find_camera(list_cameras(), CAMERA)
    assert camera.virtual
    (mode,) = camera.modes
    assert mode == Mode(480, 640, Fraction(30), mode.pixel_format)
    assert find_camera(list_cameras()).path == VIVID
    with opened(camera, mode) as container:
        frame = next(container.decode(video=0))
        assert (frame.height, frame.width, frame.format.name) == (480, 640, mode.pixel_format)
    output = output_at(CAMERA)
    assert not output.usable
    assert f"ffmpeg ({os.environ['CAMERA_VM_FEED_PID']})" in output.trouble


def test_looking_at_a_running_camera_does_not_stop_it() -> None:
    camera = camera_at(VIVID)
    with opened(camera, choose_mode(camera, 480, 640, Fraction(30))) as container:
        frames = container.decode(video=0)
        next(frames)
        seen = camera_at(VIVID)
        assert seen.trouble == "in use by this program"
        assert seen.modes == camera.modes
        assert [next(frames).width for _ in range(3)] == [640] * 3
    assert camera_at(VIVID) == camera


def test_a_camera_in_use_names_the_program() -> None:
    with reading(VIVID) as process:
        camera = camera_at(VIVID)
        assert f"({process})" in camera.trouble
        with pytest.raises(SourceError, match=rf"{VIVID}.*in use by python.*close it"):
            find_camera([camera], VIVID)
        (finding,) = [f for f in doctor_devices.cameras() if VIVID in f.name]
        assert (finding.status, finding.hint) == ("warn", "close it there")
    assert not camera_at(VIVID).trouble


def test_an_idle_virtual_camera_takes_pictures_and_gives_none() -> None:
    assert output_at(VIRTUAL) == VirtualOutput(VIRTUAL, "cutout")
    assert VIRTUAL not in {camera.path for camera in list_cameras()}
    with pytest.raises(SourceError, match="nothing writes to it"):
        find_camera(list_cameras(), VIRTUAL)


def test_a_virtual_camera_is_an_input_only_for_others() -> None:
    for _ in range(2):
        with pyvirtualcam.Camera(640, 480, 30, device=VIRTUAL) as camera:
            camera.send(PICTURE)
            assert output_at(VIRTUAL).trouble == "in use by this program"
            cameras = list_cameras()
            assert find_camera(cameras, "cutout").virtual
            with pytest.raises(SourceError):
                find_camera(cameras, "cutout", written=VIRTUAL)
            camera.send(PICTURE)
        if not output_at(VIRTUAL).usable:
            assert "before 0.13" in output_at(VIRTUAL).trouble
            pytest.skip("this v4l2loopback forgets that it takes pictures")


def test_another_writer_is_named() -> None:
    if not output_at(VIRTUAL).usable:
        pytest.skip("this v4l2loopback forgets that it takes pictures")
    with writing(VIRTUAL) as process:
        output = output_at(VIRTUAL)
        assert not output.usable
        assert f"({process})" in output.trouble
        assert output.cure == "close it there"
        assert "in use by python" in report()


@pytest.fixture
def _forbidden() -> Iterator[None]:
    """Devices as a system sets them up: for root and the group video."""
    do(f"chgrp video {VIVID} {VIRTUAL} && chmod 660 {VIVID} {VIRTUAL}")
    yield
    do(f"chmod 666 {VIVID} {VIRTUAL}; gpasswd -d nobody video || true")


@pytest.mark.usefixtures("_forbidden")
def test_permission_that_lacks_comes_with_what_the_hint_says() -> None:
    def refused() -> list[tuple[str, str]]:
        found = [*doctor_devices.cameras(), *doctor_devices.virtual_cameras()]
        return [(f.name, f.hint) for f in found if "no permission" in f.detail]

    told = as_nobody(refused)
    assert {name.split()[-1] for name, _ in told} == {VIVID, VIRTUAL}
    (hint,) = {hint for _, hint in told}
    do(hint.replace("$USER", "nobody").split(",")[0])
    assert as_nobody(refused) == []


def test_the_report_names_every_device() -> None:
    text = report()
    assert all(path in text for path in (VIVID, VIRTUAL, CAMERA))


def test_links_lead_to_cameras(tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to(VIVID)
    assert find_camera(list_cameras(), str(tmp_path / "by-id")).path == VIVID
