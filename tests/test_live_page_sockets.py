"""What the control page is told and shown over its two sockets."""

import asyncio
import json
import struct
from typing import Any

import cv2
import numpy as np
import pytest

from stream.live.page import Page
from tests.page_room import CAMERA, SENT, Room, origin, producing

aiohttp = pytest.importorskip("aiohttp", reason="needs aiohttp: pip install '.[ui]'")
pytest_plugins = ["tests.page_fixtures"]


def test_sockets_tell_status_and_give_pictures(page: Page, room: Room) -> None:
    async def listen() -> tuple[Any, dict[str, bytes], dict[str, bytes]]:
        headers = {"Cookie": room.cookie, "Origin": origin(page)}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.ws_connect(f"{origin(page)}/status") as status:
                news = await status.receive_json()
            async with session.ws_connect(f"{origin(page)}/preview") as preview:
                compared = await _picture(preview, "compare")
                matte = await _picture(preview, "matte")
        return news, compared, matte

    with producing(room):
        news, compared, matte = asyncio.run(listen())
    assert news["status"]["state"] == "live" and news["look"]["background"] == "blur"
    assert set(compared) == {"picture", "camera"}
    for name, colour in (("picture", SENT), ("camera", CAMERA)):
        assert np.abs(_decoded(compared[name]).mean((0, 1)) - colour).max() < 4
    alpha = _decoded(matte["alpha"])
    assert alpha[:, 40:88].min() > 250 and alpha[:, :24].max() < 5


async def _picture(preview: Any, way: str) -> dict[str, bytes]:
    """The JPEG pictures of one answer that has any."""
    while True:
        await preview.send_str(json.dumps({"way": way, "after": -1}))
        data = await preview.receive_bytes()
        (size,) = struct.unpack(">I", data[:4])
        header, rest, parts = json.loads(data[4 : 4 + size]), data[4 + size :], {}
        for name, length in (header["parts"] or {}).items():
            parts[name], rest = rest[:length], rest[length:]
        if parts:
            return parts


def _decoded(jpeg: bytes) -> Any:
    bgr: Any = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return bgr[..., ::-1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"way": "x", "after": 0}', '{"way": "result"}'])
def test_senseless_questions_end_the_preview(page: Page, room: Room, text: str) -> None:
    async def ask_it() -> Any:
        headers = {"Cookie": room.cookie, "Origin": origin(page)}
        address = f"{origin(page)}/preview"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.ws_connect(address) as preview,
        ):
            await preview.send_str(text)
            return (await preview.receive()).type

    assert asyncio.run(ask_it()) in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


def test_close_ends_open_sockets(room: Room, no_thread_remains: None) -> None:
    page = room.page()
    page.start()
    room.visit(page)

    async def stay() -> None:
        headers = {"Cookie": room.cookie, "Origin": origin(page)}
        address = f"{origin(page)}/status"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.ws_connect(address) as status,
        ):
            closing = asyncio.create_task(asyncio.to_thread(page.close))
            async for _ in status:
                pass
            assert status.close_code == aiohttp.WSCloseCode.GOING_AWAY
            await closing

    asyncio.run(stay())
