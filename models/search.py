"""A look at a whole frame that runs beside other work."""

from collections.abc import Callable, Sequence
from functools import partial, reduce

from kernels.threads import may_be_shared
from kernels.types import Alpha, Rgb
from models.beside import Beside, comes_last
from models.fusion import agreed

Far = Callable[[Rgb], Alpha]
"""A whole frame made smaller, (H, W, 3) uint8, to its alpha (H, W)."""


class Search:
    """Begins at once, where kernels may run beside others, and ends where `result` is asked for."""

    def __init__(self, nets: Sequence[Far], rgb: Rgb, at_once: bool) -> None:
        """at_once: whether the nets look one after another without a pause.

        Else each `result` begins the next, so no picture has to do beside all of them, and each
        gives way to the picture.
        """
        self._rgb, self._found, self._at_once = rgb, list[Alpha](), at_once
        self._left = [tuple(nets)] if at_once else [(net,) for net in nets]
        self._begin()

    def result(self) -> Alpha | None:
        """What the nets agree on; None where one begins only now. Waits for what has begun."""
        self._found += self._looking.result()
        if self._left:
            self._begin()
            return None
        return reduce(agreed, self._found)

    def _begin(self) -> None:
        nets = self._left.pop(0)
        # Who asks next may not be able to wait for a thread that this one begins.
        if not may_be_shared() or comes_last():
            self._looking: Beside[list[Alpha]] | _Later = _Later(partial(_seen_by, nets, self._rgb))
        else:
            look = partial(_seen_by, nets, self._rgb)
            self._looking = Beside("find", look, "equal" if self._at_once else "later")


class _Later:
    """A look when it is asked for, where none should run beside."""

    def __init__(self, see: Callable[[], list[Alpha]]) -> None:
        self.result = see


def look(nets: Sequence[Far], rgb: Rgb) -> Alpha:
    """What `nets` agree on, here and now."""
    return reduce(agreed, _seen_by(nets, rgb))


def _seen_by(nets: Sequence[Far], rgb: Rgb) -> list[Alpha]:
    return [net(rgb) for net in nets]
