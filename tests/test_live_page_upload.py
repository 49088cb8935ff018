"""Backgrounds that come by way of the control page: only what is sound is kept."""

import struct
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

from stream.live.page import Page
from tests.media import encoded, jpeg, write_video
from tests.page_room import Answer, Room, ask, origin

pytest.importorskip("aiohttp", reason="needs aiohttp: pip install '.[ui]'")
pytest_plugins = ["tests.page_fixtures"]
PNG = encoded("png", 48, 64, "rgb24")


def upload(page: Page, room: Room, name: str, data: bytes) -> Answer:
    return room.post(page, f"/backgrounds?name={quote(name)}", data)


def kept(room: Room) -> list[str]:
    return sorted(path.name for path in room.folder.iterdir()) if room.folder.exists() else []


def test_picture_is_kept_shown_and_chosen(page: Page, room: Room) -> None:
    answer = upload(page, room, "My beach.PNG", PNG)
    assert answer.data == {"name": "folder:My beach.png", "title": "My beach", "kind": "picture"}
    assert (room.folder / "My beach.png").read_bytes() == PNG
    assert room.get(page, "/backgrounds").data == [answer.data]
    thumbnail = room.get(page, f"/backgrounds/{quote('folder:My beach.png')}")
    assert thumbnail.headers["Content-Type"] == "image/jpeg"
    changed = room.post(page, "/look", {"background": "folder:My beach.png"})
    assert changed.data["look"]["background"] == "folder:My beach.png"
    assert room.controls.look.background == str(room.folder / "My beach.png")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_film_is_kept(page: Page, room: Room, tmp_path: Path, suffix: str) -> None:
    codec = "libvpx" if suffix == ".webm" else "libx264"
    write_video(tmp_path / f"film{suffix}", codec=codec)
    answer = upload(page, room, f"film{suffix}", (tmp_path / f"film{suffix}").read_bytes())
    assert answer.data["kind"] == "film"
    assert room.get(page, f"/backgrounds/folder%3Afilm{suffix}").status == 200


def test_same_name_gets_a_number(page: Page, room: Room) -> None:
    for _ in range(3):
        assert upload(page, room, "a.png", PNG).status == 200
    assert kept(room) == ["a-2.png", "a-3.png", "a.png"]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../evil.png", "evil.png"),
        ("evil.png/", "evil.png"),
        ("/etc/evil.png", "evil.png"),
        ("C:\\Windows\\evil.png", "evil.png"),
        ("..\\..\\evil.png", "evil.png"),
        (".hidden.png", "hidden.png"),
        ("..png", "background.png"),
        ("a\0b\nc.png", "a_b_c.png"),
        ("CON.png", "_CON.png"),
        ("*?[x]|<>.png", "_x_.png"),
        ("x" * 300 + ".png", "x" * 60 + ".png"),
        ("／etc／ｅvil.png", "evil.png"),
        ("Überraschung.png", "Überraschung.png"),
    ],
)
def test_names_never_become_paths(page: Page, room: Room, sent: str, name: str) -> None:
    assert upload(page, room, sent, PNG).status == 200
    assert kept(room) == [name]
    assert sorted(path.name for path in room.folder.parent.iterdir()) == ["backgrounds"]


def bomb() -> bytes:
    """A PNG of 20,000 x 20,000 pixels in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(20_001)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("notes.png", b"just some words\n" * 50, "is not the picture its name says"),
        ("notes.mp4", b"just some words\n" * 50, "is not the film its name says"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "is not the film"),
        ("list.mkv", b"ffconcat version 1.0\nfile a.png\n", "is not the film"),
        ("film.png", b"\0\0\0\x18ftypmp42" + bytes(99), "is not the picture"),
        ("head.png", PNG[:60], "head.png: "),
        ("head.mp4", b"\0\0\0\x18ftypmp42" + bytes(99), "head.mp4: "),
        ("small.jpg", jpeg(8, 8), "outside the supported sizes"),
        ("bomb.png", bomb(), "larger than 7680x4320"),
        ("empty.png", b"", "the file is empty"),
        ("page.html", b"<html>", "must end in one of"),
        ("noname", PNG, "must end in one of"),
        ("", PNG, "must end in one of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unsound_files_leave_nothing(
    page: Page, room: Room, name: str, data: bytes, why: str
) -> None:
    answer = upload(page, room, name, data)
    line = answer.data["error"]
    assert answer.status == 400 and why in line and "\n" not in line
    assert str(room.folder) not in line and ".upload" not in line
    assert kept(room) == []


def test_too_large_by_its_own_account(page: Page, room: Room) -> None:
    headers = {"Cookie": room.cookie, "Origin": origin(page), "Content-Length": str(2**40)}
    answer = ask(page, "POST", "/backgrounds?name=a.png", headers)
    assert answer.status == 413 and "larger than 64 MB" in answer.data["error"]
    assert kept(room) == []


def test_too_large_without_saying_so(
    page: Page, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.live.page_upload.LIMIT", 1000)
    headers = {"Cookie": room.cookie, "Origin": origin(page), "Transfer-Encoding": "chunked"}
    body = b"".join(b"258\r\n" + bytes(0x258) + b"\r\n" for _ in range(2)) + b"0\r\n\r\n"
    answer = ask(page, "POST", "/backgrounds?name=a.png", headers, body)
    assert answer.status == 413 and kept(room) == []


def test_upload_that_breaks_off_leaves_nothing(page: Page, room: Room) -> None:
    headers = {"Cookie": room.cookie, "Origin": origin(page), "Content-Length": "5000"}
    with pytest.raises(OSError, match="timed out"):
        ask(page, "POST", "/backgrounds?name=a.png", headers, PNG[:100], patience=0.5)
    page.close()
    assert kept(room) == []


def test_thumbnails_are_of_the_folder_only(page: Page, room: Room, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    upload(page, room, "a.png", PNG)
    for name in ("folder:../secret.png", "../secret.png", "given:secret.png", "folder:.upload"):
        assert room.get(page, f"/backgrounds/{quote(name, safe='')}").status == 404


def test_folder_shows_only_pictures_and_films(page: Page, room: Room) -> None:
    room.folder.mkdir()
    for name in ("b.png", "A.JPG", "c.mp4", "notes.txt", ".upload-1.png"):
        (room.folder / name).write_bytes(b"")
    (room.folder / "folder.png").mkdir()
    titles = [entry["title"] for entry in room.get(page, "/backgrounds").data]
    assert titles == ["A", "b", "c"]
