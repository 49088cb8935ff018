"""The keyboard in the terminal: b next background, m matte, p privacy, q quit."""

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from stream.errors import UsageError
from stream.live.look import Controls
from stream.live.page_folder import backgrounds_in

HELP = "keys: b next background, m matte, p privacy, q quit"
_PLAIN = ("blur", "#00b140", "#20242c")
_POLL = 0.2
_ESCAPE = b"\x1b"


class Keys:
    """What each key does."""

    def __init__(self, controls: Controls, quit_: Callable[[], None], folder: Path) -> None:
        """folder: of backgrounds, which come after the plain ones; it need not exist."""
        self._controls, self._quit, self._folder = controls, quit_, folder

    def press(self, key: str) -> str:
        """Carry out what `key` stands for; returns a line to say, "" for other keys."""
        look = self._controls.look
        if key == "q":
            self._quit()
            return "stopping"
        try:
            if key == "p":
                private = self._controls.change(private=not look.private).private
                return "privacy on" if private else "privacy off"
            if key == "m":
                view = "picture" if look.view == "matte" else "matte"
                return f"view: {self._controls.change(view=view).view}"
            if key == "b":
                chosen = self._controls.change(background=self._next(look.background))
                return f"background: {chosen.background}"
        except (UsageError, OSError) as error:
            return str(error)
        return ""

    def _next(self, now: str) -> str:
        known = [*_PLAIN, *(str(path) for path in backgrounds_in(self._folder))]
        return known[(known.index(now) + 1) % len(known)] if now in known else known[0]


@contextlib.contextmanager
def listening(keys: Keys, say: Callable[[str], None]) -> Iterator[None]:
    """Listen to the terminal in a thread, single keys without Enter; nothing without a terminal."""
    if not sys.stdin or not sys.stdin.isatty():
        yield
        return
    stop = threading.Event()
    with _single_keys():
        arguments = keys, say, stop
        thread = threading.Thread(target=_listen, args=arguments, name="keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _listen(keys: Keys, say: Callable[[str], None], stop: threading.Event) -> None:
    while not stop.is_set():
        pressed = _pressed()
        if pressed is None:
            return
        for line in map(keys.press, pressed):
            if line:
                say(line)


def _pressed() -> str | None:
    """The keys pressed meanwhile, as letters; None when there will be no more.

    Arrows and function keys send several letters at once, which must not be taken for these keys.
    """
    if sys.platform == "win32":
        import msvcrt
        import time

        if not msvcrt.kbhit():
            time.sleep(_POLL)
            return ""
        first = msvcrt.getwch()
        if first in "\0\xe0":
            msvcrt.getwch()
            return ""
        return first.lower()
    file = sys.stdin.fileno()
    if not select.select([file], [], [], _POLL)[0]:
        return ""
    read = os.read(file, 64)
    if not read:
        return None
    return "" if read.startswith(_ESCAPE) else read.decode("ascii", "ignore").lower()


@contextlib.contextmanager
def _single_keys() -> Iterator[None]:
    """The terminal without echo and line by line input, as it was afterwards."""
    if sys.platform == "win32":
        yield
        return
    import termios
    import tty

    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)
