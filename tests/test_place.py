"""What an output may replace, what it leaves alone, and how it is named on the way."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from stream.errors import SinkError
from stream.formats import FORMATS
from stream.place import Partial
from stream.sinks import open_sink
from tests.output_media import info_of


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(place: Partial, content: bytes, *pictures: str) -> None:
    for picture in pictures or [""]:
        (place.path / picture).write_bytes(content)


def test_the_working_name_is_hidden_new_and_ends_alike(tmp_path: Path) -> None:
    places = [Partial(tmp_path / "out.webm", False) for _ in range(20)]
    assert len({place.path for place in places}) == 20
    for place in places:
        assert place.path.name.startswith(".out.") and place.path.suffix == ".webm"
        place.discard()
    assert names(tmp_path) == []


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_named_like_a_part_survives_every_ending(tmp_path: Path, folder: bool) -> None:
    final, old = tmp_path / "out", tmp_path / "out.partial"
    old.mkdir() if folder else old.write_bytes(b"old")
    mine = ("000001.png",) if folder else ()
    Partial(final, False, folder).discard()
    for expected in ("out.partial-2", "out.partial-3"):
        place = Partial(final, False, folder)
        fill(place, b"new", *mine)
        place.keep()
        assert place.path == tmp_path / expected
    place = Partial(final, False, folder)
    fill(place, b"whole", *mine)
    place.commit()
    assert names(tmp_path) == ["out", "out.partial", "out.partial-2", "out.partial-3"]
    assert names(old) == [] if folder else old.read_bytes() == b"old"


def test_a_folder_of_pictures_is_replaced_whole(tmp_path: Path) -> None:
    final = tmp_path / "out"
    final.mkdir()
    for number in (1, 2, 3):
        (final / f"00000{number}.png").write_bytes(b"old")
    with pytest.raises(SinkError, match="already exists"):
        Partial(final, False, folder=True)
    place = Partial(final, True, folder=True)
    fill(place, b"new", "000001.png", "000002.png")
    place.commit()
    assert names(tmp_path) == ["out"] and names(final) == ["000001.png", "000002.png"]
    assert (final / "000001.png").read_bytes() == b"new"


@pytest.mark.parametrize("other", ["notes.txt", "1.png", "IMG_000001.png", ".hidden"])
def test_a_folder_that_holds_other_files_is_never_replaced(tmp_path: Path, other: str) -> None:
    final = tmp_path / "out"
    final.mkdir()
    for name in ("000001.png", other):
        (final / name).write_bytes(b"old")
    with pytest.raises(SinkError, match="holds other files"):
        Partial(final, True, folder=True)
    assert names(final) == sorted(["000001.png", other]) and names(tmp_path) == ["out"]


def test_what_came_while_writing_is_left_alone_and_the_work_kept(tmp_path: Path) -> None:
    place = Partial(tmp_path / "out.mkv", False)
    fill(place, b"new")
    (tmp_path / "out.mkv").write_bytes(b"late")
    with pytest.raises(SinkError, match=r"already exists.*kept in .*out\.partial\.mkv"):
        place.commit()
    assert (tmp_path / "out.mkv").read_bytes() == b"late"
    assert (tmp_path / "out.partial.mkv").read_bytes() == b"new"


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        place = Partial(tmp_path / "out.mkv", False)
        place.commit()
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "out.mkv").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", [".", "/", "..", ""])
def test_an_output_without_a_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SinkError, match="name of its own"):
        open_sink(name, FORMATS["png"], info_of(), overwrite=True)


@pytest.mark.parametrize("name", ["png", "matte-png"])
def test_pictures_are_not_sent_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SinkError, match="standard output"):
        open_sink("-", FORMATS[name], info_of())
    assert names(tmp_path) == []


def broken(*arguments: Any, **more: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
@pytest.mark.parametrize("module", ["video_sink", "image_sink", "y4m_sink"])
def test_a_sink_that_fails_to_open_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Any, module: str
) -> None:
    monkeypatch.setattr(f"stream.{module}.Packer", broken)
    sink = None
    try:
        sink = open_sink(str(tmp_path / f"out{form.suffix}"), form, info_of())
    except SinkError as error:
        assert "No space left" in str(error)
    else:
        sink.abandon()
    assert names(tmp_path) == []
