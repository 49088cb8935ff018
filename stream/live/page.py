"""The control page: a small web server on this machine's own address, for the operator alone."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stream.errors import UsageError
from stream.live.look import Controls
from stream.live.preview import Preview
from stream.live.status import Status

ADDRESS = "127.0.0.1"
"""Nobody else's machine can reach it."""
Stop = Callable[[], None]


class Choice(Protocol):
    """A camera to choose from."""

    @property
    def path(self) -> str:
        """What opens it."""

    @property
    def name(self) -> str:
        """What it is called."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page shows and changes; see Page."""

    controls: Controls
    preview: Preview
    status: Callable[[], Status]
    cameras: Callable[[], Sequence[Choice]]
    choose_camera: Callable[[str], None]
    backgrounds: Path


class Page:
    """Serves the control page in a thread and an event loop of its own.

    url: the page's address with this run's token, "" before `start`; whoever knows it may look
    into the room, so it is for the operator's terminal only.
    """

    def __init__(
        self,
        port: int,
        controls: Controls,
        preview: Preview,
        status: Callable[[], Status],
        cameras: Callable[[], Sequence[Choice]],
        choose_camera: Callable[[str], None],
        backgrounds: Path,
    ) -> None:
        """port: 0 for any that is free. All callables are called from the page's own threads.

        cameras, choose_camera: may take their time, and raise UsageError or StreamError.
        backgrounds: the folder of pictures and films; made when the first one is uploaded.
        """
        self.url = ""
        self._port = port
        self._subject = Subject(
            controls, preview, status, cameras, choose_camera, backgrounds.absolute()
        )
        self._thread: threading.Thread | None = None
        self._stop: Stop = _nothing

    def start(self) -> None:
        """Begin to serve; returns once the page can be opened.

        Raises UsageError when aiohttp is missing or the port cannot be had.
        """
        if self._thread is not None:
            raise ValueError("the control page is started once")
        try:
            import aiohttp  # noqa: F401 - only for the one line below
        except ImportError as error:
            raise UsageError('the control page needs aiohttp: pip install ".[ui]"') from error
        listener = _listen(self._port)
        port = int(listener.getsockname()[1])
        token = secrets.token_urlsafe(32)
        started: Future[Stop] = Future()
        work = (self._subject, listener, token, started)
        self._thread = threading.Thread(target=_serve, args=work, name="page", daemon=True)
        self._thread.start()
        self._stop = started.result()
        self.url = f"http://{ADDRESS}:{port}/?token={token}"

    def close(self) -> None:
        """Stop serving and wait for it; safe to call twice, and when it was never started."""
        self._stop()
        if self._thread is not None:
            self._thread.join()


def _nothing() -> None:
    pass


def _listen(port: int) -> socket.socket:
    """A listening socket of this machine alone. Raises UsageError."""
    if not 0 <= port <= 65535:
        raise UsageError(f"a port lies between 0 and 65535, got {port}")
    try:
        return socket.create_server((ADDRESS, port))
    except OSError as error:
        raise UsageError(
            f"the control page cannot have port {port}: {error.strerror}; "
            "choose another, or 0 for any that is free"
        ) from error


def _serve(subject: Subject, listener: socket.socket, token: str, started: "Future[Stop]") -> None:
    """The thread's whole life. What fails before the start is `started`'s exception."""
    from stream.live.page_server import serve

    try:
        asyncio.run(serve(subject, listener, token, started))
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)
    finally:
        listener.close()
