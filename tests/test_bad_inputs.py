from pathlib import Path

import pytest

import models.weights
from stream.cli import main
from tests import bad_inputs
from tests.bad_inputs import BAD, Bad
from tests.conftest import Ellipse

pytestmark = pytest.mark.usefixtures("no_thread_remains")


def entries(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def only_line(capfd: pytest.CaptureFixture[str]) -> str:
    """The one line that was printed; progress lines aside."""
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    progress = (" fps; ", " fps, ", ": preparing: ")
    lines = [line for line in err.splitlines() if not any(each in line for each in progress)]
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.situation)
def test_one_line_exit_one_and_nothing_left(
    bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if "segmenter" in bad.situation:
        from models.segmenter import open_segmenter

        monkeypatch.setattr("models.matting.open_segmenter", open_segmenter)
    monkeypatch.chdir(tmp_path)
    arguments = bad.make(tmp_path)
    before = entries(tmp_path)
    assert main(arguments) == 1
    assert bad.says in only_line(capfd)
    assert entries(tmp_path) - before == set(bad.leaves)
    assert not before - entries(tmp_path)


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.leaves], ids=lambda bad: bad.situation)
def test_damaged_input_is_cut_out_when_allowed(
    bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*bad.make(tmp_path), "--allow-truncated"]) == 0
    assert "warning: the input is not whole" in capfd.readouterr().err
    assert (tmp_path / bad_inputs.OUT).exists()
    assert not list(tmp_path.glob("*partial*"))


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize(
    "out", ["out.mkv", "out.mov", "out.webm", "pictures", "out.nut", "out.mp4"]
)
def test_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    bad_inputs.noisy_film(tmp_path / "in.mkv")
    with bad_inputs.full_disk(tmp_path) as mount:
        (mount / "filler").write_bytes(bytes(1_030_000))
        assert main(["cutout", "in.mkv", "-o", f"small/{out}"]) == 1
        line = only_line(capfd)
        assert f"small/{out}" in line
        assert "No space left" in line
        assert entries(mount) == {"filler"}


@pytest.mark.usefixtures("ellipse")
def test_a_read_only_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bad_inputs.film(tmp_path)
    (tmp_path / "locked").mkdir()
    if not bad_inputs.read_only(tmp_path / "locked"):
        pytest.skip("nothing is locked for root")
    assert main(["cutout", "in.mkv", "-o", "locked/out.mkv"]) == 1
    assert "locked/out.mkv" in only_line(capfd)


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize(
    ("out", "lacks"), [("out.webm", ["libvpx-vp9"]), ("out.mov", ["prores_aw", "prores_ks"])]
)
def test_a_missing_encoder_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    out: str,
    lacks: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    bad_inputs.film(tmp_path)
    bad_inputs.without_codecs(monkeypatch, *lacks)
    before = entries(tmp_path)
    assert main(["cutout", "in.mkv", "-o", out]) == 1
    line = only_line(capfd)
    assert all(name in line for name in lacks)
    assert entries(tmp_path) == before


@pytest.mark.parametrize("harm", ["spoil", "remove", "unlist"])
def test_spoilt_weights_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], harm: str
) -> None:
    monkeypatch.setattr(models.weights, "WEIGHTS", bad_inputs.spoil_weights(tmp_path, harm))
    monkeypatch.chdir(tmp_path)
    bad_inputs.film(tmp_path)
    before = entries(tmp_path)
    assert main(["cutout", "in.mkv", "-o", "out.mkv"]) == 1
    assert ".safetensors" in only_line(capfd)
    assert entries(tmp_path) == before


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize("command", ["inspect"])
def test_inspect_of_nonsense_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.mp4").write_text("Dear reader")
    for name in ("nowhere.mp4", "letter.mp4"):
        assert main([command, name]) == 1
        assert name in only_line(capfd)


def test_a_bug_shows_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ellipse: Ellipse
) -> None:
    monkeypatch.chdir(tmp_path)
    bad_inputs.film(tmp_path)
    monkeypatch.setattr(Ellipse, "__call__", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["cutout", "in.mkv", "-o", "out.mkv"])
