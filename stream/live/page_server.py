"""The control page's web application, put together."""

import asyncio
import contextlib
import logging
import socket
from concurrent.futures import Future
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from stream.live.page import Stop, Subject
from stream.live.page_folder import Folder
from stream.live.page_guard import guarded, secured
from stream.live.page_settings import Settings
from stream.live.page_sockets import Sockets
from stream.live.page_upload import Uploads

_ASSETS = Path(__file__).with_name("assets")
# Written out, since some systems take scripts for plain text, which browsers then refuse.
_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_BODY = 64 * 1024
"""Bytes of a request that is no upload."""
_PATIENCE = 1.0
"""Seconds that open requests have to end when the page is closed."""


async def serve(
    subject: Subject, listener: socket.socket, token: str, started: "Future[Stop]"
) -> None:
    """Serve on `listener` until the function that `started` then holds is called."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop.set)

    port = int(listener.getsockname()[1])
    runner = web.AppRunner(
        application(subject, port, token),
        logger=_logger(),
        access_log=None,
        shutdown_timeout=_PATIENCE,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        started.set_result(end)
        await stop.wait()
    finally:
        await runner.cleanup()


def _logger() -> logging.Logger:
    """Tells of our faults, and not of those who send something that is no HTTP."""
    logger = logging.getLogger("stream.live.page")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def application(subject: Subject, port: int, token: str) -> web.Application:
    """Every address of the page, behind the guard."""
    app = web.Application(middlewares=[guarded(port, token)], client_max_size=_BODY)
    app.on_response_prepare.append(secured(port))
    folder = Folder(subject.backgrounds, subject.controls.look.background)
    sockets = Sockets(subject, folder)
    app.on_shutdown.append(sockets.close)
    app.add_routes([web.get("/", _asset), web.get("/assets/{name}", _asset)])
    app.add_routes(Settings(subject, folder).routes())
    app.add_routes(Uploads(folder).routes())
    app.add_routes(sockets.routes())
    return app


async def _asset(request: web.Request) -> web.Response:
    """A file of the page; only names that are in the folder can be had."""
    name = request.match_info.get("name", "index.html")
    files = {path.name: path for path in _ASSETS.iterdir() if path.suffix in _KINDS}
    if name not in files:
        raise web.HTTPNotFound(text="no such file\n")
    path = files[name]
    return web.Response(body=path.read_bytes(), content_type=_KINDS[path.suffix], charset="utf-8")
