"""What the page is told without asking: the status, and pictures for as long as it looks."""

import asyncio
import contextlib
import json
import struct
import weakref
from collections.abc import Sequence
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from stream.live.page import Subject
from stream.live.page_folder import Folder
from stream.live.page_pictures import PARTS, parts_of

_EVERY = 0.5
"""Seconds from one status to the next."""
_APART = 1 / 12
"""Seconds from one picture to the next, at least."""
_PATIENCE = 0.5
"""Seconds to wait for a picture; closing the page may take as long."""
_SENT = 4096
"""Bytes of what a page may send."""


class Sockets:
    """Two WebSockets: /status speaks twice a second; /preview answers each question once.

    A preview question is {"way": one of PARTS, "after": number}. The answer is one binary message:
    the header's length as four bytes, big end first; the header, {"number": …, "parts": {name:
    bytes}}; the JPEGs one after the other. Without a new picture `parts` is null. Since the page
    asks for the next picture only when it has drawn the last, no more than one is under way.
    """

    def __init__(self, subject: Subject, folder: Folder) -> None:
        self._subject, self._folder = subject, folder
        self._open: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()

    def routes(self) -> Sequence[web.RouteDef]:
        """What can be asked."""
        return [web.get("/status", self._status), web.get("/preview", self._preview)]

    async def close(self, app: web.Application) -> None:
        """Say goodbye to every page, so that no handler waits for one."""
        for socket in set(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the program has ended")

    async def _status(self, request: web.Request) -> web.WebSocketResponse:
        socket = await self._accepted(request)
        with contextlib.suppress(ConnectionResetError):  # the page has gone
            while not socket.closed:
                await socket.send_json(self._now())
                with contextlib.suppress(asyncio.TimeoutError):
                    await socket.receive(timeout=_EVERY)
        return socket

    def _now(self) -> dict[str, Any]:
        look = self._folder.shown(self._subject.controls.look)
        return {"status": self._subject.status().as_json(), "look": look}

    async def _preview(self, request: web.Request) -> web.WebSocketResponse:
        socket = await self._accepted(request)
        loop = asyncio.get_running_loop()
        next_at = loop.time()
        with contextlib.suppress(ConnectionResetError):  # the page has gone
            async for message in socket:
                question = _question(message.data) if message.type is WSMsgType.TEXT else None
                if question is None:
                    await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
                    break
                await asyncio.sleep(next_at - loop.time())
                next_at = loop.time() + _APART
                await socket.send_bytes(await asyncio.to_thread(self._answer, *question))
        return socket

    def _answer(self, way: str, after: int) -> bytes:
        shown = self._subject.preview.newest(after, _PATIENCE)
        if shown is None:
            return _packed({"number": after, "parts": None}, b"")
        parts = parts_of(shown, way)
        sizes = {name: len(data) for name, data in parts.items()}
        return _packed({"number": shown.number, "parts": sizes}, b"".join(parts.values()))

    async def _accepted(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=10, max_msg_size=_SENT, compress=False)
        await socket.prepare(request)
        self._open.add(socket)
        return socket


def _packed(header: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + body


def _question(text: str) -> tuple[str, int] | None:
    """(way, after), or None when it makes no sense."""
    try:
        sent = json.loads(text)
        way, after = sent["way"], sent["after"]
    except (ValueError, TypeError, KeyError):
        return None
    is_sound = isinstance(way, str) and way in PARTS and isinstance(after, int)
    return (way, after) if is_sound else None
