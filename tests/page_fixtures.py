"""Control pages for tests, named in their `pytest_plugins`."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.live.page import Page
from tests.page_browser import PNG, Seen
from tests.page_room import Room, producing

_OPTIONS = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Its folder of backgrounds is not there yet."""
    return Room(tmp_path / "backgrounds")


@pytest.fixture
def page(room: Room, no_thread_remains: None) -> Iterator[Page]:
    """A page that the room has the cookie of; closed twice, and no thread of it may remain."""
    pytest.importorskip("aiohttp", reason="needs aiohttp: pip install '.[ui]'")
    page = room.page()
    page.start()
    with closing(page):
        room.visit(page)
        yield page
        page.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; skips where anything that it takes is missing."""
    pytest.importorskip("aiohttp", reason="needs aiohttp: pip install '.[ui]'")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install playwright"
    )
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium: apt install chromium")
    playwright.expect.set_options(timeout=20_000)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=_OPTIONS.split())
        yield browser
        browser.close()


@pytest.fixture
def seen(browser: Any, room: Room) -> Iterator[Seen]:
    """The page, open, with one background; no script may fail or break the page's own policy."""
    room.folder.mkdir()
    (room.folder / "beach.png").write_bytes(PNG)
    page = room.page()
    page.start()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    with closing(page), closing(context), producing(room):
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda line: faults.append(line.text) if "policy" in line.text else None)
        tab.goto(page.url)
        tab.wait_for_selector("body.ready")
        yield Seen(tab, room, page)
    assert not faults
