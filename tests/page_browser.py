"""A tab on the control page, as tests handle it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stream.live.page import Page
from tests.media import encoded
from tests.page_room import Room

PNG = encoded("png", 48, 64, "rgb24")
_TURNS = 1000
"""Glances before a wait counts as vain."""


@dataclass
class Seen:
    """A tab on the page, and what the page is to control."""

    tab: Any
    room: Room
    page: Page

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the browser work until `holds`."""
        for _ in range(_TURNS):
            if holds():
                return
            self.tab.wait_for_timeout(20)
        raise AssertionError("it never came to hold")

    def is_in_force(self, **wanted: Any) -> None:
        look = self.room.controls
        self.until(lambda: all(getattr(look.look, name) == wanted[name] for name in wanted))

    def colour(self, canvas: str) -> list[int]:
        """RGB in the middle of a canvas."""
        script = "c => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]"
        return list(self.tab.locator(canvas).evaluate(script)[:3])

    def shows(self, canvas: str, rgb: tuple[int, int, int]) -> None:
        def close() -> bool:
            pairs = zip(self.colour(canvas), rgb, strict=True)
            return all(abs(seen - wanted) < 8 for seen, wanted in pairs)

        self.until(close)
