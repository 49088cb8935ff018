"""Cameras are told as their drivers tell them, and the one that is meant is found."""

import errno
import json
import os
import platform
import threading
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from stream.errors import SourceError
from stream.live import video_nodes
from stream.live.camera_list import Camera, listing_trouble
from stream.live.cameras import (
    Mode,
    as_json,
    choose_mode,
    device_of,
    find_camera,
    list_cameras,
    offered,
    report,
)
from stream.live.v4l2_modes import FORMATS
from tests.fake_v4l2 import (
    CAPTURE,
    LOOPBACK,
    META,
    OUTPUT,
    WEBCAM,
    Fake,
    Machine,
    Table,
    loopback_camera,
)

THIRTY = Fraction(30)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def modes_of(*rows: tuple[int, int, int, str]) -> Camera:
    modes = tuple(Mode(height, width, Fraction(rate), name) for width, height, rate, name in rows)
    return Camera("/dev/video0", "Webcam", modes)


def test_modes_are_read_as_the_driver_packs_them(machine: Machine) -> None:
    machine.plug("video0")
    (camera,) = list_cameras()
    assert (camera.name, camera.trouble) == ("Webcam", "")
    nearly_thirty = Fraction(10000000, 333333)
    assert camera.modes == (
        Mode(480, 640, nearly_thirty, "mjpeg"),
        Mode(480, 640, nearly_thirty, "yuyv422"),
        Mode(720, 1280, Fraction(5), "yuyv422"),
        Mode(720, 1280, Fraction(10), "yuyv422"),
        Mode(720, 1280, Fraction(30), "mjpeg"),
        Mode(720, 1280, Fraction(60), "mjpeg"),
    )


@pytest.mark.parametrize(
    "bounds, expected",
    [
        ((16, 640, 16, 16, 480, 16), {(480, 640), (240, 320), (144, 176), (288, 352)}),
        ((2, 8192, 1, 2, 8192, 1), {(720, 1280), (1080, 1920), (2160, 3840), (480, 640)}),
        ((648, 1936, 2, 486, 1216, 2), {(720, 1280), (1080, 1920), (540, 960)}),
        ((100, 100, 0, 90, 90, 0), {(90, 100)}),
        ((0, 0, 0, 0, 0, 0), set()),
    ],
)
def test_sizes_between_bounds_are_the_usual_ones_on_the_grid(
    bounds: tuple[int, ...], expected: set[tuple[int, int]], machine: Machine
) -> None:
    table: Table = {"NV12": {}}
    machine.plug("video0", Fake(table=table, bounds=bounds, rate_bounds=(1, 60, 1, 5, 1, 1)))
    (camera,) = list_cameras()
    sizes = {(mode.height, mode.width) for mode in camera.modes}
    assert expected <= sizes
    wide, high = (bounds[1] - bounds[0], bounds[4] - bounds[3])
    assert all(
        bounds[3] <= height <= bounds[3] + high and bounds[0] <= width <= bounds[0] + wide
        for height, width in sizes
    )
    assert {mode.rate for mode in camera.modes} <= {5, 10, 15, 20, 24, 25, 30, 50, 60}


def test_a_rate_between_bounds_that_hold_no_usual_one_is_the_fastest(machine: Machine) -> None:
    table: Table = {"GREY": {(8, 4): []}}
    machine.plug("video0", Fake(table=table, rate_bounds=(1, 7, 1, 6, 1, 1)))
    assert list_cameras()[0].modes == (Mode(4, 8, Fraction(7), "gray"),)


class Unlisted(dict[tuple[int, int], Sequence[tuple[int, int]]]):
    """No sizes to list, and no rates of any."""

    def __missing__(self, size: tuple[int, int]) -> list[tuple[int, int]]:
        return []


def test_a_device_that_lists_no_sizes_has_the_one_it_stands_at(machine: Machine) -> None:
    table: Table = {"YUYV": Unlisted(), "MJPG": Unlisted()}
    machine.plug("video0", Fake(table=table, current=(720, 576, "YUYV")))
    assert list_cameras()[0].modes == (Mode(576, 720, Fraction(0), "yuyv422"),)


def test_a_senseless_interval_is_an_unknown_rate(machine: Machine) -> None:
    machine.plug("video0", Fake(table={"YUYV": {(640, 480): [(0, 0), (0, 30)]}}))
    assert list_cameras()[0].modes == (Mode(480, 640, Fraction(0), "yuyv422"),)


def test_a_list_without_end_is_cut_short(machine: Machine) -> None:
    machine.plug("video0", Fake(table={"YUYV": {(640, 480): [(1, 30)]}}, endless=True))
    assert list_cameras()[0].modes == (Mode(480, 640, THIRTY, "yuyv422"),)


def test_every_format_has_a_name_that_ffmpeg_knows() -> None:
    for name in FORMATS.values():
        assert name in av.codecs_available or av.VideoFormat(name).name == name


def test_only_capture_nodes_are_cameras(machine: Machine) -> None:
    machine.plug("video0", Fake(abilities=CAPTURE, whole=META))
    machine.plug("video1", Fake(abilities=META, whole=CAPTURE))
    machine.plug("video2", Fake("Encoder", "bcm2835-codec", abilities=0x8000))
    machine.plug("video3", Fake("Output", "vivid", abilities=OUTPUT))
    assert [Path(camera.path).name for camera in list_cameras()] == ["video0"]


def test_cameras_come_in_the_order_of_their_numbers(machine: Machine) -> None:
    machine.plug("video10", Fake("Late"))
    machine.plug("video2", Fake("Early"))
    assert [camera.name for camera in list_cameras()] == ["Early", "Late"]


def test_a_busy_camera_still_tells_its_modes_and_who_holds_it(machine: Machine) -> None:
    path = machine.plug("video0", Fake(busy=True))
    assert list_cameras()[0].trouble == "in use by another program"
    machine.hold(path, 4711, "zoom")
    machine.hold(path, os.getpid(), "pytest")
    (camera,) = list_cameras()
    assert camera.trouble == "in use by this program, zoom (4711)"
    assert camera.modes


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.EACCES, "usermod -aG video"),
        (errno.EPERM, "--device"),
        (errno.ENODEV, "plug it in again"),
        (errno.EIO, "plug it in again"),
    ],
)
def test_a_device_that_cannot_be_opened_says_what_to_do(
    number: int, words: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = machine.plug("video0")
    machine.plug("video1", index="1")  # a webcam's metadata, which cannot be told apart now
    genuine = os.open

    def refuse(name: "str | os.PathLike[str]", *rest: int, **more: int) -> int:
        if str(name).startswith(str(path.parent)):
            raise OSError(number, os.strerror(number))
        return genuine(name, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    (camera,) = list_cameras()
    assert camera.name == "Webcam"
    assert words in camera.cure
    with pytest.raises(SourceError, match=words):
        find_camera([camera])


def test_a_device_that_refuses_everything_is_survived(machine: Machine) -> None:
    machine.plug("video0", Fake(refusal=errno.ENOTTY))
    (camera,) = list_cameras()
    assert camera.trouble == "not a video device"


def test_a_device_that_hangs_holds_nobody_up_and_is_asked_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_nodes, "PATIENCE", 0.2)
    release = threading.Event()
    hanging = Fake("Stuck", hangs=release)
    machine.plug("video0", hanging)
    machine.plug("video1", Fake("Fine"))
    try:
        for _ in range(3):
            stuck, fine = list_cameras()
            assert (stuck.name, stuck.trouble) == ("Stuck", "does not answer")
            assert (fine.name, fine.trouble) == ("Fine", "")
        assert len(hanging.asked) == 1
        assert find_camera([stuck, fine]).name == "Fine"
    finally:
        release.set()
        for thread in threading.enumerate():
            if thread.name.startswith("look at"):
                thread.join(10)
    assert list_cameras()[0].trouble == ""


@pytest.mark.parametrize(
    "abilities, state, trouble",
    [
        (CAPTURE, "capture", ""),
        (CAPTURE | OUTPUT, "capture", ""),
        (CAPTURE | OUTPUT, "output", "nothing writes to it"),
    ],
)
def test_a_loopback_is_a_camera_while_it_is_fed(
    abilities: int, state: str, trouble: str, machine: Machine
) -> None:
    machine.plug("video4", loopback_camera(abilities), state=state)
    (camera,) = list_cameras()
    assert (camera.virtual, camera.ours, camera.trouble) == (True, False, trouble)


def test_before_0_13_a_loopback_is_fed_while_it_has_a_format(machine: Machine) -> None:
    machine.plug("video4", loopback_camera(CAPTURE | OUTPUT), format="")
    machine.plug("video5", loopback_camera(CAPTURE | OUTPUT), format="YU12:640x480@30")
    assert [bool(camera.trouble) for camera in list_cameras()] == [True, False]


def test_our_own_output_is_an_input_only_by_its_path(machine: Machine) -> None:
    ours = machine.plug("video4", loopback_camera(CAPTURE, "Hairline"), state="capture")
    machine.plug("video6")
    cameras = list_cameras()
    assert [camera.name for camera in offered(cameras)] == ["Webcam"]
    assert find_camera(cameras).name == find_camera(cameras, "0").name == "Webcam"
    with pytest.raises(SourceError, match="no camera is called"):
        find_camera(cameras, "Hairline")
    assert find_camera(cameras, str(ours)).ours


def test_the_device_that_is_written_to_is_no_input(machine: Machine) -> None:
    path = str(machine.plug("video4", loopback_camera(CAPTURE), state="capture"))
    machine.plug("video6")
    cameras = list_cameras()
    assert find_camera(cameras, written=path).name == "Webcam"
    for wanted in ("0", "OBS"):
        with pytest.raises(SourceError):
            find_camera(cameras, wanted, written=path)


def test_a_real_camera_comes_before_another_programs(machine: Machine) -> None:
    machine.plug("video0", loopback_camera(CAPTURE), state="capture")
    assert find_camera(list_cameras()).name == "OBS"
    machine.plug("video1", Fake(busy=True))
    assert find_camera(list_cameras()).name == "OBS"
    machine.plug("video2", Fake("Second"))
    assert find_camera(list_cameras()).name == "Second"


def test_cameras_are_found_by_number_path_link_and_name(machine: Machine, tmp_path: Path) -> None:
    machine.plug("video0", Fake("Integrated Camera"))
    second = machine.plug("video2", Fake("HD Pro Webcam C920"))
    (tmp_path / "by-id").symlink_to(second)
    cameras = list_cameras()
    for wanted in ("1", str(second), str(tmp_path / "by-id"), "c920", "HD Pro Webcam C920"):
        assert find_camera(cameras, wanted) == cameras[1]


def test_a_whole_name_beats_a_part_of_another(machine: Machine) -> None:
    machine.plug("video0", Fake("Camera Two"))
    machine.plug("video1", Fake("Camera"))
    assert find_camera(list_cameras(), "camera").name == "Camera"


def test_several_of_one_name_are_told_with_their_paths(machine: Machine) -> None:
    paths = [str(machine.plug(f"video{number}")) for number in (0, 2)]
    with pytest.raises(SourceError) as caught:
        find_camera(list_cameras(), "web")
    assert all(path in str(caught.value) for path in paths)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["7", "Nikon"])
def test_what_is_not_there_is_told_with_what_is(wanted: str, machine: Machine) -> None:
    path = machine.plug("video0")
    with pytest.raises(SourceError, match=r"there is 0: Webcam") as caught:
        find_camera(list_cameras(), wanted)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", [None, "0", "Nikon"])
def test_no_camera_at_all_says_what_to_do(wanted: str | None, machine: Machine) -> None:
    with pytest.raises(SourceError, match="plug one in"):
        find_camera(list_cameras(), wanted)


@pytest.mark.parametrize(
    "device, fake, words",
    [
        ("video3", None, "no such device"),
        ("video4", loopback_camera(OUTPUT), "nothing writes to it"),
        ("video5", Fake("Output", "vivid", OUTPUT), "not a camera"),
    ],
)
def test_a_path_that_is_no_camera_says_why(
    device: str, fake: Fake | None, words: str, machine: Machine, tmp_path: Path
) -> None:
    path = tmp_path / "dev" / device if fake is None else machine.plug(device, fake)
    with pytest.raises(SourceError, match=words):
        find_camera(list_cameras(), str(path))


WEBCAM_MODES = modes_of(
    (320, 240, 30, "yuyv422"), (640, 480, 30, "yuyv422"), (640, 480, 30, "mjpeg"),
    (1280, 720, 10, "yuyv422"), (1280, 720, 30, "mjpeg"), (1280, 720, 60, "mjpeg"),
    (1920, 1080, 5, "yuyv422"), (1920, 1080, 30, "mjpeg"), (1920, 1080, 5, "mjpeg"),
)  # fmt: skip


@pytest.mark.parametrize(
    "height, width, rate, expected",
    [
        (480, 640, 30, (480, 640, 30, "yuyv422")),
        (720, 1280, 30, (720, 1280, 30, "mjpeg")),
        (720, 1280, 10, (720, 1280, 10, "yuyv422")),
        (720, 1280, 50, (720, 1280, 60, "mjpeg")),
        (720, 1280, 90, (720, 1280, 60, "mjpeg")),
        (1080, 1920, 4, (1080, 1920, 5, "yuyv422")),
        (540, 960, 30, (720, 1280, 30, "mjpeg")),
        (720, 720, 30, (720, 1280, 30, "mjpeg")),
        (2160, 3840, 30, (1080, 1920, 30, "mjpeg")),
        (1, 1, 30, (240, 320, 30, "yuyv422")),
    ],
)
def test_the_nearest_size_then_rate_then_format_is_chosen(
    height: int, width: int, rate: int, expected: tuple[int, int, int, str]
) -> None:
    mode = choose_mode(WEBCAM_MODES, height, width, Fraction(rate))
    assert mode == Mode(expected[0], expected[1], Fraction(expected[2]), expected[3])


def test_a_large_raw_picture_too_slow_for_the_rate_gives_way_to_mjpeg() -> None:
    rows = [(1920, 1080, 15, "yuyv422"), (1920, 1080, 15, "mjpeg"), (640, 480, 15, "yuyv422")]
    camera = modes_of(*rows, (640, 480, 15, "mjpeg"))
    assert choose_mode(camera, 1080, 1920, THIRTY).pixel_format == "mjpeg"
    assert choose_mode(camera, 480, 640, THIRTY).pixel_format == "yuyv422"
    assert choose_mode(camera, 1080, 1920, Fraction(15)).pixel_format == "yuyv422"


def test_29_97_is_as_good_as_30_but_30_is_better() -> None:
    ntsc = Mode(720, 1280, Fraction(30000, 1001), "mjpeg")
    fast = Mode(720, 1280, Fraction(60), "mjpeg")
    even = Mode(720, 1280, THIRTY, "mjpeg")
    assert choose_mode(Camera("", "", (ntsc, fast)), 720, 1280, THIRTY) == ntsc
    assert choose_mode(Camera("", "", (ntsc, even)), 720, 1280, THIRTY) == even
    raw = Mode(720, 1280, Fraction(10000000, 333333), "nv12")
    assert choose_mode(Camera("", "", (even, raw)), 720, 1280, THIRTY) == raw


def test_unknown_modes_are_asked_for_as_wanted() -> None:
    assert choose_mode(Camera("0", "FaceTime"), 720, 1280, THIRTY) == Mode(720, 1280, THIRTY, "")


def test_a_mode_is_opened_as_it_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    camera, mode = modes_of((640, 480, 30, "yuyv422")), Mode(480, 640, THIRTY, "yuyv422")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    device = device_of(camera, mode)
    expected = {"video_size": "640x480", "framerate": "30", "input_format": "yuyv422"}
    assert (device.path, device.demuxer, device.options) == ("/dev/video0", "v4l2", expected)
    unknown = device_of(camera, Mode(480, 640, Fraction(0), "yuyv422"))
    assert "framerate" not in unknown.options
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert device_of(camera, mode).demuxer == "avfoundation"


class _Foreign:
    """FFmpeg's list on a system that is not this one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
        self.asked: list[str] = []
        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(av, "enumerate_input_devices", self.list, raising=False)

    def list(self, format_name: str) -> Iterator[SimpleNamespace]:
        self.asked.append(format_name)
        for name, description, kinds in (
            ("0", "FaceTime HD Camera", ["video"]),
            ("1", "OBS Virtual Camera", ["video"]),
            ("2", "Capture screen 0", ["video"]),
            ("0", "Microphone", ["audio"]),
        ):
            yield SimpleNamespace(name=name, description=description, media_types=kinds)


@pytest.mark.parametrize(
    "system, format_name, path", [("Darwin", "avfoundation", "0"), ("Windows", "dshow", "video=0")]
)
def test_other_systems_are_listed_by_ffmpeg(
    system: str, format_name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = _Foreign(monkeypatch, system)
    cameras = list_cameras()
    assert foreign.asked == [format_name]
    assert [camera.name for camera in cameras] == ["FaceTime HD Camera", "OBS Virtual Camera"]
    assert find_camera(cameras).path == path
    assert "OBS Virtual Camera" in report()


def test_a_pyav_too_old_to_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.delattr(av, "enumerate_input_devices", raising=False)
    assert list_cameras() == []
    assert "pip install -U av" in listing_trouble()
    with pytest.raises(SourceError, match="pip install -U av"):
        find_camera([])


def test_an_unknown_system_has_no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Plan 9")
    assert list_cameras() == []
    assert "Plan 9" in report()


def test_the_report_groups_sizes_rates_and_formats(machine: Machine) -> None:
    table = {**WEBCAM, "NV12": WEBCAM["YUYV"]}
    machine.plug("video0", Fake(table=table))
    machine.plug("video4", loopback_camera(OUTPUT, "Hairline"), state="output")
    lines = report().splitlines()
    assert any(line.split()[:2] == ["0", "Webcam"] for line in lines)
    rows = [line.split() for line in lines if "fps" in line]
    assert rows == [
        ["1280x720", "60", "30", "fps", "mjpeg"],
        ["1280x720", "10", "5", "fps", "nv12", "yuyv422"],
        ["640x480", "30", "fps", "mjpeg", "nv12", "yuyv422"],
    ]
    assert any("Hairline" in line and "ready" in line for line in lines)
    assert "modprobe" not in report()


def test_the_report_of_a_bare_machine_says_how_to_get_an_output(machine: Machine) -> None:
    assert "none" in report()
    assert "modprobe v4l2loopback exclusive_caps=1" in report()


def test_the_json_holds_what_the_report_holds(machine: Machine) -> None:
    machine.plug("video0")
    found = json.loads(json.dumps(as_json()))
    (camera,) = found["cameras"]
    assert (camera["number"], camera["name"], len(camera["modes"])) == (0, "Webcam", 6)
    assert camera["modes"][-1] == {
        "height": 720, "width": 1280, "rate": 60.0, "pixel_format": "mjpeg",
    }  # fmt: skip
    assert found["virtual_outputs"] == []
    assert "v4l2loopback" in found["trouble"]


def test_no_loopback_is_asked_for_buffers(machine: Machine) -> None:
    fake = loopback_camera(CAPTURE)
    assert fake.driver == LOOPBACK
    machine.plug("video4", fake, state="capture")
    list_cameras()
    assert fake.asked
    assert 0xC0145608 not in fake.asked
