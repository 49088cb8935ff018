import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from stream.arguments import default_out, parser, seconds, settings_of
from stream.cli import main
from stream.errors import UsageError
from tests import media

pytestmark = pytest.mark.usefixtures("no_thread_remains")
ROOT = Path(__file__).resolve().parents[1]
SLOW = """
import sys, time
import numpy as np
import models.matting
from models.segmenter import coarse_size
class Slow:
    def __call__(self, picture, dt):
        time.sleep(0.05)
        return np.ones(coarse_size(picture.height, picture.width), np.float32)
    def reset(self): pass
models.matting.open_segmenter = lambda *_: Slow()
from stream.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short film, in the folder the program runs in."""
    monkeypatch.chdir(tmp_path)
    media.write_video(tmp_path / "in.mkv", 4)
    return tmp_path / "in.mkv"


@pytest.mark.usefixtures("ellipse")
def test_success_is_zero_and_quiet_on_standard_output(
    film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["cutout", "in.mkv", "-o", "out.mkv"]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "out.mkv: 4 frames" in err
    assert "checked: 4 frames" in err
    assert "error" not in err
    assert "Traceback" not in err
    assert "\x1b" not in err


@pytest.mark.usefixtures("ellipse")
def test_a_newcomer_types_only_the_input(film: Path) -> None:
    assert main(["cutout", "in.mkv"]) == 0
    assert (film.parent / "in-cutout.webm").exists()


@pytest.mark.usefixtures("ellipse")
def test_the_report_counts_frames_and_stages(film: Path) -> None:
    assert main(["cutout", "in.mkv", "-o", "out.mkv", "--json", "report.json"]) == 0
    report = json.loads((film.parent / "report.json").read_text())
    assert report["frames"] == 4
    assert report["outputs"] == ["out.mkv"]
    assert (report["width"], report["height"]) == (64, 48)
    assert report["interrupted"] is False
    assert report["truncated"] is None
    assert {"decode", "pass 1", "pass 2", "composite", "encode"} <= set(report["stages_ms"])
    assert all(spent["p99"] >= spent["median"] for spent in report["stages_ms"].values())
    assert [check["ok"] for check in report["checks"]] == [True]


@pytest.mark.usefixtures("ellipse")
def test_the_report_goes_to_standard_output_alone(
    film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["cutout", "in.mkv", "-o", "out.mkv", "--json", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["frames"] == 4


@pytest.mark.usefixtures("ellipse")
def test_a_report_and_a_film_cannot_share_standard_output(
    film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["cutout", "in.mkv", "-o", "-", "--json", "-"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ")


@pytest.mark.usefixtures("ellipse")
def test_a_report_that_cannot_be_written_is_one_line(
    film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["cutout", "in.mkv", "-o", "out.mkv", "--json", "nowhere/report.json"]) == 1
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error")]
    assert len(lines) == 1
    assert "nowhere/report.json" in lines[0]


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize("background", ["transparent", None])
def test_standard_output_is_nut_with_alpha(
    film: Path, capfdbinary: pytest.CaptureFixture[bytes], background: str | None
) -> None:
    more = ["--background", background] if background else []
    assert main(["cutout", "in.mkv", "-o", "-", *more]) == 0
    with av.open(io.BytesIO(capfdbinary.readouterr().out), format="nut") as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) == 4
    assert {picture.format.name for picture in pictures} == {"yuva420p"}


@pytest.mark.usefixtures("ellipse")
def test_standard_output_over_a_background_is_y4m(
    film: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["cutout", "in.mkv", "-o", "-", "--background", "#00ff00"]) == 0
    data = capfdbinary.readouterr().out
    assert data.startswith(b"YUV4MPEG2 W64 H48 F25:1")
    with av.open(io.BytesIO(data)) as container:
        pictures = [media.all_planes(picture) for picture in container.decode(video=0)]
    assert len(pictures) == 4
    assert np.abs(pictures[0][0][:8, :8].astype(int) - 145).max() <= 1


def test_a_reader_that_leaves_early_is_no_crash(film: Path) -> None:
    media.write_video(film, 60, 192, 256)
    command = [sys.executable, "-c", SLOW, "cutout", str(film), "-o", "-"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_calm()
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1000)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 1
    assert "Traceback" not in err
    assert err.count("error: standard output: Broken pipe") == 1


def _calm() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_plays_and_tells_how_far(film: Path, number: int) -> None:
    media.write_video(film, 2000)
    command = [sys.executable, "-c", SLOW, "cutout", str(film), "-o", str(film.parent / "out.mkv")]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_calm()
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate()
    assert "fps" in first
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("interrupted after")]
    count = int(line.split()[2])
    assert "out.partial.mkv" in line
    assert not (film.parent / "out.mkv").exists()
    assert len(media.read_pictures(film.parent / "out.partial.mkv")) == count


@pytest.mark.parametrize(
    ("text", "value"), [("12.5", "25/2"), ("1:02", "62"), ("1:02:03.25", "14893/4"), ("0", "0")]
)
def test_times_are_exact(text: str, value: str) -> None:
    assert str(seconds(text)) == value


@pytest.mark.parametrize("text", ["", "abc", "-1", "1:xx", "nan", "inf", "1:-2", "::"])
def test_what_is_no_time_is_one_line(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["cutout", "in.mkv", f"--start={text}"]) == 1
    err = capfd.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["cutout"], ["refine", "in.mkv"], ["cutout", "a", "--quality", "x"]],
)
def test_a_wrong_command_line_is_one_line(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["cutout", "--help"], ["bench", "--help"]])
def test_help_is_help(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert "usage: hairline" in capfd.readouterr().out


def test_inspect_tells_what_is_in_a_file(film: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "in.mkv"]) == 0
    out = capfd.readouterr().out
    assert "64" in out
    assert "48" in out
    assert main(["inspect", "in.mkv", "--json"]) == 0
    assert isinstance(json.loads(capfd.readouterr().out), dict)


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ("-", "-"),
        ("a/b/film.mp4", "film-cutout.webm"),
        ("http://x.org/film.mp4", "film-cutout.webm"),
    ],
)
def test_the_default_output_lies_beside_the_user(source: str, out: str) -> None:
    assert default_out(source) == out


def test_a_picture_becomes_a_picture(tmp_path: Path) -> None:
    (path,) = media.write_pictures(tmp_path / "p", 1)
    assert default_out(str(path)) == "frame1-cutout.png"
    assert default_out(str(tmp_path / "p")) == "p-cutout.webm"


def test_options_become_settings() -> None:
    words = "cutout a.mp4 -o b.mov --start 1:00 --duration 2.5 --no-audio --smoothing 0"
    settings = settings_of(parser().parse_args(words.split()))
    assert (settings.source, settings.out, settings.audio) == ("a.mp4", "b.mov", False)
    assert (settings.trim.start, settings.trim.end) == (60, 62.5)
    assert settings.smoothing == 0
    assert settings.masks is None
    assert settings.confidence_out is None


@pytest.mark.parametrize("words", ["cutout a.mp4", "refine a.mp4 --masks m"])
def test_the_confidence_has_a_place_of_its_own(words: str) -> None:
    settings = settings_of(parser().parse_args([*words.split(), "--confidence-out", "c.mkv"]))
    assert (settings.confidence_out, settings.matte_out) == ("c.mkv", None)


def test_confidence_is_refused_where_it_cannot_be_told(
    film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["cutout", "in.mkv", "--quality", "fast", "--confidence-out", "c.mkv"]) == 1
    expected = "error: --confidence-out needs quality balanced or best\n"
    assert capfd.readouterr().err == expected
    assert list(film.parent.iterdir()) == [film]


@pytest.mark.parametrize("value", ["-1", "nan"])
def test_impossible_smoothing_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="smoothing"):
        settings_of(parser().parse_args(["cutout", "a.mp4", f"--smoothing={value}"]))
