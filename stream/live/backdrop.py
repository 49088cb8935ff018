"""What stands behind the subject just now, while the operator changes it."""

from kernels.types import Planes
from stream.backgrounds import Background, Solid, is_made, open_background
from stream.errors import UsageError
from stream.frame import Frame, Matte
from stream.live.look import Look
from stream.live.reel import Reel
from stream.render import BLACK

_PATIENCE = 5.0
"""Seconds to wait in the end for threads that read a background."""


class Backdrop:
    """Gives the background of each look; the one before stays until it is ready, and if it fails.

    Before there is any, black. Never waits for a file: pictures and films are opened and read by
    threads (see Reel). Belongs to one thread.
    """

    def __init__(self) -> None:
        self._blank = Solid(BLACK)
        self._shown: Background | Reel = self._blank
        self._coming: Reel | None = None
        self._name: str | None = None
        self._refused = ""
        self._old: list[Reel] = []

    @property
    def trouble(self) -> str:
        """Why the background is not the one asked for, or no longer moves; "" when all is well."""
        return self._refused or (self._shown.trouble if isinstance(self._shown, Reel) else "")

    def planes(self, matte: Matte, look: Look) -> Planes:
        """Planes like `matte.frame`'s of what stands behind it, not to be written to."""
        if look.background != self._name:
            self._name = look.background
            self._change(matte.frame, look)
        self._arrive()
        if isinstance(self._shown, Reel):
            return self._shown.planes(matte.frame, look.fit)
        return self._shown.planes(matte)

    def close(self) -> None:
        """Let go of every file; safe to call twice."""
        self._forget_coming()
        self._show(self._blank)
        for reel in self._old:
            reel.close(_PATIENCE)
        self._old, self._name = [], None

    def _change(self, frame: Frame, look: Look) -> None:
        self._forget_coming()
        self._refused = ""
        if not is_made(look.background):
            self._coming = Reel(look.background, look.fit, frame)
            return
        try:
            self._show(open_background(look.background) or self._blank)
        except UsageError as error:
            self._refused = str(error)

    def _arrive(self) -> None:
        """Show what was coming once it is there; say so when it will not come."""
        coming = self._coming
        if coming is None:
            return
        if coming.is_ready:
            self._coming = None
            self._show(coming)
        elif coming.trouble:
            self._refused = coming.trouble
            self._forget_coming()

    def _show(self, background: Background | Reel) -> None:
        if isinstance(self._shown, Reel):
            self._retire(self._shown)
        self._shown = background

    def _forget_coming(self) -> None:
        if self._coming is not None:
            self._retire(self._coming)
            self._coming = None

    def _retire(self, reel: Reel) -> None:
        """Its thread ends when it likes: waiting for it would hold up the picture."""
        reel.close()
        self._old = [each for each in self._old if each.is_alive] + [reel]
