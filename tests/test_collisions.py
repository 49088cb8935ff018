"""No output takes the place of an input or of another output; nothing is touched before."""

from pathlib import Path
from typing import Any

import pytest

from stream.collisions import check_paths
from stream.errors import UsageError
from stream.live.look import Look
from stream.live.settings import LiveSettings
from stream.settings import Settings


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a film, a link to it, and a folder of pictures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.mp4").write_bytes(b"film")
    (tmp_path / "link.mp4").symlink_to("talk.mp4")
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "000001.png").write_bytes(b"picture")
    (tmp_path / "frames" / "out.mkv").write_bytes(b"film")
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("source", "out", "more", "says"),
    [
        ("talk.mp4", "./talk.mp4", {}, "source"),
        ("talk.mp4", "link.mp4", {}, "source"),
        ("link.mp4", "talk.mp4", {}, "source"),
        ("file://talk.mp4", "talk.mp4", {}, "source"),
        ("frames", "frames/", {}, "source"),
        ("frames", "frames/000001.png", {}, "source"),
        ("frames/000001.png", "frames", {}, "source"),
        ("frames/*.png", "frames", {}, "source"),
        ("talk.mp4", "frames", {"masks": "frames"}, "masks"),
        ("in.mp4", "talk.mp4", {"background": "talk.mp4"}, "background"),
        ("talk.mp4", "o.mkv", {"matte_out": "link.mp4"}, "source"),
        ("talk.mp4", "o.mkv", {"matte_out": "frames/../o.mkv"}, "own"),
        ("talk.mp4", "o", {"matte_out": "o/matte.png"}, "own"),
        ("talk.mp4", "o.mkv", {"matte_out": ""}, "name"),
        ("talk.mp4", "", {}, "name"),
        ("talk.mp4", "o.mkv", {"matte_out": "-"}, "takes no matte"),
        ("talk.mp4", "o.mkv", {"confidence_out": "-"}, "takes no confidence"),
        ("talk.mp4", "o.mkv", {"confidence_out": ""}, "name"),
        ("talk.mp4", "o.mkv", {"confidence_out": "link.mp4"}, "source"),
        ("talk.mp4", "o.mkv", {"confidence_out": "./o.mkv"}, "output too; .* confidence its own"),
        ("talk.mp4", "-", {"matte_out": "m.mkv", "confidence_out": "m.mkv"}, "matte too"),
        ("talk.mp4", "o.mkv", {"matte_out": "m/1.png", "confidence_out": "m"}, "matte too"),
    ],
)
def test_what_would_destroy_is_refused(
    source: str, out: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        check_paths(Settings(source, out, overwrite=True, **more))
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("source", "out", "more"),
    [
        ("talk.mp4", "talk.webm", {"matte_out": "matte.mkv"}),
        ("talk.mp4", "-", {"matte_out": "matte.mkv"}),
        ("talk.mp4", "talk.webm", {"matte_out": "m.mkv", "confidence_out": "c.mkv"}),
        ("talk.mp4", "-", {"confidence_out": "c.mkv"}),
        ("-", "-", {}),
        ("https://example.org/talk.mp4", "talk.mp4", {}),
        ("frames", "frames/out.mkv", {}),
        ("talk.mp4", "blur", {"background": "blur"}),
        ("talk.mp4", "x" * 300, {}),
    ],
)
def test_what_harms_nothing_is_allowed(source: str, out: str, more: dict[str, Any]) -> None:
    check_paths(Settings(source, out, **more))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("live", "says"),
    [
        (LiveSettings("talk.mp4", record="link.mp4"), "camera"),
        (LiveSettings("file://talk.mp4", record="talk.mp4"), "camera"),
        (LiveSettings("0", record="talk.mp4", look=Look("link.mp4")), "background"),
        (LiveSettings("0", record="talk.mp4", config="talk.mp4"), "settings file"),
        (LiveSettings("0", record=""), "name"),
    ],
)
def test_a_recording_destroys_nothing_that_live_reads(live: LiveSettings, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        check_paths(live)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "live",
    [
        LiveSettings(),
        LiveSettings("talk.mp4", record="call.mp4"),
        LiveSettings("talk.mp4", record="blur", look=Look("blur")),
        LiveSettings("rtsp://cam/talk.mp4", record="talk.mp4"),
    ],
)
def test_a_recording_that_harms_nothing_is_allowed(live: LiveSettings) -> None:
    check_paths(live)
