"""What the operator may change while the camera runs."""

import threading
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from stream.errors import UsageError

View = Literal["picture", "matte"]
Fit = Literal["cover", "contain"]


@dataclass(frozen=True, slots=True)
class Look:
    """How the picture is to look; checks itself.

    background: see stream.backgrounds.open_background, but never "transparent". fit: how a picture
    or film fills the frame. mirror: the camera's picture, left for right. softness, shift: of the
    edge, in thousandths of the picture's height; a positive shift moves it outward. wrap: light
    that the background throws on the edge, in [0, 1]. scale: of the subject, 1 as it is; x, y: how
    far it is moved, in widths and heights of the picture, right and down. view: the picture, or
    its matte for looking at. private: a slate in place of the picture.
    Raises UsageError on what lies outside these.
    """

    background: str = "blur"
    fit: Fit = "cover"
    mirror: bool = False
    softness: float = 0.0
    shift: float = 0.0
    wrap: float = 0.0
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    view: View = "picture"
    private: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise UsageError(f"{name} is a number, got {value!r}")
            if not low <= value <= high:
                raise UsageError(f"{name} lies between {low:g} and {high:g}, got {value!r}")
        for name, kind in (("view", View), ("fit", Fit)):
            if getattr(self, name) not in get_args(kind):
                words = " or ".join(get_args(kind))
                raise UsageError(f"{name} is {words}, got {getattr(self, name)!r}")
        for name in ("mirror", "private"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} is true or false, got {getattr(self, name)!r}")
        if not isinstance(self.background, str) or self.background == "transparent":
            raise UsageError(
                f"a live background is #rrggbb, blur, blur:STRENGTH or the path of a picture or "
                f"video, got {self.background!r}"
            )


RANGES: dict[str, tuple[float, float]] = {
    "softness": (0, 20),
    "shift": (-20, 20),
    "wrap": (0, 1),
    "scale": (0.2, 3),
    "x": (-1, 1),
    "y": (-1, 1),
}
"""The numbers of a Look: the smallest and the largest that make sense."""
NAMES = tuple(field.name for field in fields(Look))


class Controls:
    """The look in force, for any thread to read and to change."""

    def __init__(self, look: Look | None = None) -> None:
        self._look, self._changing = look or Look(), threading.Lock()

    @property
    def look(self) -> Look:
        """The look in force."""
        return self._look

    def change(self, **changes: Any) -> Look:
        """Replace some fields; returns the new look.

        Raises UsageError on a field that no look has or on a senseless value: nothing changes then.
        """
        unknown = sorted(set(changes) - set(NAMES))
        if unknown:
            raise UsageError(f"{unknown[0]!r} is no setting; settings are {', '.join(NAMES)}")
        with self._changing:
            self._look = replace(self._look, **changes)
            return self._look
