"""A control page with everything around it made up, and a browser that sends what it is told."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from stream.frame import Frame
from stream.live.look import Controls, Look
from stream.live.page import Page
from stream.live.preview import Preview, Shown
from stream.live.status import State, Status

CAMERA, SENT, SLATE = (200, 40, 40), (40, 160, 60), (30, 30, 60)
"""Colours of what the camera sees, of what is sent, and of the slate."""


@dataclass(frozen=True)
class FakeCamera:
    path: str
    name: str


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class Room:
    """Page, what it controls, and what was asked of it."""

    folder: Path
    controls: Controls = field(default_factory=Controls)
    preview: Preview = field(default_factory=Preview)
    chosen: list[str] = field(default_factory=list)
    cameras: list[FakeCamera] = field(
        default_factory=lambda: [
            FakeCamera("/dev/video0", "Front"),
            FakeCamera("/dev/video2", "Desk"),
        ]
    )
    cookie: str = ""

    def page(self, port: int = 0) -> Page:
        return Page(
            port,
            self.controls,
            self.preview,
            self.status,
            lambda: self.cameras,
            self.chosen.append,
            self.folder,
        )

    def status(self) -> Status:
        state: State = "private" if self.controls.look.private else "live"
        stages = {"segment": 9.0, "refine": 14.0}
        return Status(
            state, "", "Front", (72, 128), 25.0, 24.9, 40.0, 60.0, 100, 99, 3, 2, 1, stages
        )

    def show(self, number: int) -> None:
        """Put picture `number` into the preview, a slate when it is private."""
        if self.controls.look.private:
            self.preview.show(Shown(None, None, _flat(SLATE), number))
            return
        alpha = np.zeros((72, 128), np.float32)
        alpha[:, 32:96] = 1
        self.preview.show(Shown(_flat(CAMERA), alpha, _flat(SENT), number))

    def visit(self, page: Page) -> None:
        """Come in by the address that was printed, and keep the cookie."""
        parts = urlsplit(page.url)
        answer = ask(page, "GET", f"/?{parts.query}")
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def get(self, page: Page, path: str) -> Answer:
        return ask(page, "GET", path, {"Cookie": self.cookie})

    def post(self, page: Page, path: str, sent: Any) -> Answer:
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        return ask(page, "POST", path, {"Cookie": self.cookie, "Origin": origin(page)}, body)


def _flat(rgb: tuple[int, int, int]) -> Frame:
    return Frame.from_rgb(np.full((72, 128, 3), rgb, np.uint8))


def origin(page: Page) -> str:
    return page.url.partition("/?")[0]


def ask(
    page: Page,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    patience: float = 30,
) -> Answer:
    """One request, with exactly these headers (Host is the page's unless it is given)."""
    parts = urlsplit(page.url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def producing(room: Room) -> Iterator[None]:
    """Pictures into the preview, for as long as somebody wants them, from a thread."""
    stop = threading.Event()

    def produce() -> None:
        number = 0
        while not stop.wait(0.02):
            if room.preview.wanted:
                room.show(number)
                number += 1

    thread = threading.Thread(target=produce, name="producer")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def start_look() -> Look:
    return Look(softness=3.0, background="#102030")
