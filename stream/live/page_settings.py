"""Settings as the control page reads and changes them."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, get_args

from aiohttp import web

from stream.backgrounds import DEFAULT_BLUR
from stream.errors import StreamError, UsageError
from stream.live.look import RANGES, Fit, Look, View
from stream.live.page import Choice, Subject
from stream.live.page_folder import FILMS, PICTURES, Folder
from stream.live.page_upload import limit

BLUR = (0.02, 1.0)
"""The strengths of blur that the page offers."""


def refusal(error: Exception | str, status: int = 400) -> web.Response:
    """The one line that the page shows at the control."""
    return web.json_response({"error": str(error)}, status=status)


class Settings:
    """Look, cameras and backgrounds."""

    def __init__(self, subject: Subject, folder: Folder) -> None:
        self._subject, self._folder = subject, folder
        self._start = subject.controls.look

    def routes(self) -> Sequence[web.RouteDef]:
        """What can be asked."""
        return [
            web.get("/state", self._state),
            web.post("/look", self._change),
            web.post("/defaults", self._defaults),
            web.get("/cameras", self._cameras),
            web.post("/camera", self._choose),
            web.get("/backgrounds", self._backgrounds),
            web.get("/backgrounds/{name}", self._thumbnail),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        """Everything that does not change while the page is open, and the look."""
        state = {
            "look": self._folder.shown(self._subject.controls.look),
            "defaults": self._folder.shown(self._start),
            "neutral": self._folder.shown(Look()),
            "ranges": {**RANGES, "blur": BLUR},
            "choices": {"fit": get_args(Fit), "view": get_args(View)},
            "blur": DEFAULT_BLUR,
            "upload": {"limit": limit(), "suffixes": sorted(PICTURES | FILMS)},
        }
        return web.json_response(state)

    async def _change(self, request: web.Request) -> web.Response:
        try:
            changes = await _object(request)
            if "background" in changes:
                wanted = changes["background"]
                changes["background"] = await asyncio.to_thread(self._folder.path_of, wanted)
            look = self._subject.controls.change(**changes)
        except UsageError as error:
            return refusal(error)
        return web.json_response({"look": self._folder.shown(look)})

    async def _defaults(self, request: web.Request) -> web.Response:
        """As the program was started, but never out of privacy."""
        start = {field.name: getattr(self._start, field.name) for field in fields(Look)}
        del start["private"]
        look = self._subject.controls.change(**start)
        return web.json_response({"look": self._folder.shown(look)})

    async def _cameras(self, request: web.Request) -> web.Response:
        try:
            found = await asyncio.to_thread(self._subject.cameras)
        except (UsageError, StreamError) as error:
            return refusal(error)
        return web.json_response([_described(camera) for camera in found])

    async def _choose(self, request: web.Request) -> web.Response:
        try:
            path = (await _object(request)).get("path")
            found = await asyncio.to_thread(self._subject.cameras)
            if path not in [camera.path for camera in found]:
                raise UsageError(f"no such camera: {path!r}")
            await asyncio.to_thread(self._subject.choose_camera, path)
        except (UsageError, StreamError) as error:
            return refusal(error)
        return web.json_response({})

    async def _backgrounds(self, request: web.Request) -> web.Response:
        return web.json_response(
            [asdict(entry) for entry in await asyncio.to_thread(self._folder.entries)]
        )

    async def _thumbnail(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        picture = await asyncio.to_thread(self._folder.thumbnail, name)
        if picture is None:
            return refusal(f"no picture of {name}", 404)
        return web.Response(body=picture, content_type="image/jpeg")


def _described(camera: Choice) -> dict[str, str]:
    return {"path": camera.path, "name": camera.name}


async def _object(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises UsageError when it is none."""
    try:
        sent = json.loads(await request.text())
    except (ValueError, RecursionError) as error:
        raise UsageError("settings are sent as a JSON object") from error
    if not isinstance(sent, dict):
        raise UsageError("settings are sent as a JSON object")
    return sent
