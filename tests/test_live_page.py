"""The control page as HTTP: who may come in, and what can be asked."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from stream.errors import UsageError
from stream.live.look import RANGES, Controls, Look
from stream.live.page import Page
from tests.page_room import Answer, Room, ask, origin, start_look

pytest.importorskip("aiohttp", reason="needs aiohttp: pip install '.[ui]'")
pytest_plugins = ["tests.page_fixtures"]


def is_refused(answer: Answer) -> bool:
    text = answer.body.decode()
    return answer.status == 403 and text.startswith("403: ") and text.count("\n") == 1


def test_page_and_its_parts_come_with_the_cookie(page: Page, room: Room) -> None:
    html = room.get(page, "/")
    assert html.status == 200 and b"<title>Hairline</title>" in html.body
    for name in ("page.js", "page.css", "look.js", "icon.svg"):
        assert room.get(page, f"/assets/{name}").status == 200
    for name in ("..%2Fpage.py", "%2e%2e%2fpage.py", "nothing.js"):
        assert room.get(page, f"/assets/{name}").status == 404


def test_nothing_comes_without_the_token(page: Page) -> None:
    for path in ("/", "/?token=", "/?token=wrong", "/?token=%C3%A4", "/state", "/assets/page.js"):
        assert is_refused(ask(page, "GET", path)), path
    name = f"hairline_{origin(page).rpartition(':')[2]}"
    assert is_refused(ask(page, "GET", "/state", {"Cookie": f"{name}=wrong"}))
    assert is_refused(ask(page, "POST", "/look", {"Origin": origin(page)}, b"{}"))


def test_cookie_is_for_this_page_alone(page: Page) -> None:
    cookie = ask(page, "GET", f"/?{page.url.partition('?')[2]}").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert cookie.startswith(f"hairline_{origin(page).rpartition(':')[2]}=")


def test_other_hosts_and_origins_are_refused(page: Page, room: Room) -> None:
    port, cookie = origin(page).rpartition(":")[2], {"Cookie": room.cookie}
    assert ask(page, "GET", "/state", {**cookie, "Host": f"localhost:{port}"}).status == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}1"):
        assert is_refused(ask(page, "GET", "/state", {**cookie, "Host": host})), host
    for other in ("http://evil.example", "null", f"http://localhost:{port}", "http://127.0.0.1"):
        headers = {**cookie, "Origin": other}
        assert is_refused(ask(page, "GET", "/state", headers)), other
        assert is_refused(ask(page, "POST", "/look", headers, b"{}")), other
    assert is_refused(ask(page, "POST", "/look", cookie, b"{}"))
    picture = {**cookie, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}
    assert is_refused(ask(page, "GET", "/state", picture))
    upgrade = {**cookie, "Upgrade": "websocket", "Connection": "Upgrade"}
    assert is_refused(ask(page, "GET", "/status", upgrade))


def test_every_answer_carries_the_safe_headers(page: Page, room: Room) -> None:
    for answer in (room.get(page, "/"), room.get(page, "/none"), ask(page, "GET", "/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "change",
    [{name: end} for name, ends in RANGES.items() for end in ends]
    + [{"fit": "contain"}, {"view": "matte"}, {"mirror": True}, {"private": True}]
    + [{"background": "blur:0.25"}, {"background": "#a0b0c0"}, {"x": 0.5, "y": -0.5}],
)
def test_every_setting_can_be_changed(page: Page, room: Room, change: dict[str, Any]) -> None:
    answer = room.post(page, "/look", change)
    assert answer.status == 200 and change.items() <= answer.data["look"].items()
    for name, value in change.items():
        assert getattr(room.controls.look, name) == value


@pytest.mark.parametrize(
    "sent",
    [{name: end + 1} for name, (_, end) in RANGES.items()]
    + [{"softness": "3"}, {"softness": None}, {"x": True}, {"mirror": 1}, {"fit": "stretch"}]
    + [{"background": name} for name in ("#12", "blur:9", "transparent", "/etc/passwd", 3, None)]
    + [{"background": "folder:../secret.png"}, {"colour": "red"}, [], "blur", b"{", b"[" * 9999]
    + [b'{"x": NaN}', b'{"x": 1e999}', b"\xff"],
)
def test_senseless_settings_change_nothing(page: Page, room: Room, sent: Any) -> None:
    before = room.controls.look
    answer = room.post(page, "/look", sent)
    assert answer.status == 400 and "\n" not in answer.data["error"]
    assert room.controls.look == before


def test_defaults_are_the_start_but_privacy_stays(no_thread_remains: None, tmp_path: Path) -> None:
    room = Room(tmp_path, Controls(start_look()))
    page = room.page()
    page.start()
    room.visit(page)
    room.post(page, "/look", {"softness": 9, "private": True, "background": "blur"})
    assert room.post(page, "/defaults", {}).status == 200
    page.close()
    assert room.controls.look == Look(softness=3.0, background="#102030", private=True)


def test_state_tells_ranges_and_no_path(page: Page, room: Room, tmp_path: Path) -> None:
    room.controls.change(background=str(tmp_path / "elsewhere.png"))
    state = room.get(page, "/state")
    assert {name: tuple(ends) for name, ends in state.data["ranges"].items()}.items() >= (
        RANGES.items()
    )
    assert state.data["look"]["background"] == "given:elsewhere.png"
    assert str(tmp_path).encode() not in state.body


def test_only_listed_cameras_can_be_chosen(page: Page, room: Room) -> None:
    found = room.get(page, "/cameras").data
    assert found[1] == {"path": "/dev/video2", "name": "Desk"}
    assert room.post(page, "/camera", {"path": "/dev/video2"}).status == 200
    for path in ("/dev/sda", None, ["/dev/video0"]):
        assert "no such camera" in room.post(page, "/camera", {"path": path}).data["error"]
    assert room.chosen == ["/dev/video2"]


def test_noise_on_the_port_is_answered_quietly(
    page: Page, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    address = "127.0.0.1", int(origin(page).rpartition(":")[2])
    for noise in (b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        with socket.create_connection(address) as connection:
            connection.sendall(noise)
            assert b" 400 " in connection.recv(64)
    assert room.get(page, "/state").status == 200
    assert not caplog.records


def test_nobody_looking_leaves_the_preview_unwanted(page: Page, room: Room) -> None:
    for path in ("/", "/state", "/cameras", "/backgrounds"):
        assert room.get(page, path).status == 200
    assert not room.preview.wanted


def test_taken_port_is_one_line(room: Room, no_thread_remains: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        page = room.page(taken.getsockname()[1])
        with pytest.raises(UsageError, match=r"cannot have port .*choose another") as raised:
            page.start()
        page.close()
    assert "\n" not in str(raised.value)


def test_missing_aiohttp_is_one_line(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(UsageError, match=r'needs aiohttp: pip install "\.\[ui\]"'):
        room.page().start()
