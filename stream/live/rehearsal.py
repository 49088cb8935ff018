"""What live has compiled before the first picture leaves, so that no change holds anything up."""

import contextlib

from kernels.compiled import is_compiled
from stream.live.effects import Effects
from stream.preparing import FINISH, LOOK, SETTLE, Part, by_colour, unmade
from stream.preparing import refine as refine_by_nets

PARTS = (
    Part("stream.live.rehearsal:refine", "refine._sharpen"), SETTLE, LOOK, FINISH,
    Part("stream.live.rehearsal:add_effects", "wrap._wrap"),
)  # fmt: skip
"""See stream.preparing."""
LAST = ("grow._shift", "soften._soften", "move._move", "wrap._wrap", "show._fill", "guided._fit")
"""Kernels that only effects and the classical refiner need."""
_SIDE = 256


def is_first() -> bool:
    """Whether this machine seems never to have compiled for live before."""
    return not is_compiled(*LAST)


def refine() -> None:
    """Compile pass 2 of both kinds, which have much in common."""
    refine_by_nets()
    by_colour()


def add_effects() -> None:
    """Compile what effects need."""
    with contextlib.closing(Effects()) as effects:
        effects.warm_up(unmade(_SIDE, _SIDE))
