"""Everything a Look changes in the picture, frame by frame."""

from contextlib import closing
from dataclasses import replace

import numpy as np

from kernels.band import BAND, OUTSIDE
from kernels.composite import composite
from kernels.foreground import foreground_planes
from kernels.grow import shift_edge
from kernels.move import move_subject
from kernels.resample import Move
from kernels.show import gray_planes, mirrored
from kernels.soften import soften_edge
from kernels.types import Kinds, Planes
from kernels.wrap import Glow, glow_of, wrap_light
from stream.frame import Frame, Matte
from stream.live.backdrop import Backdrop
from stream.live.look import Look
from stream.live.reel import warm_up

_THOUSANDTH = 0.001
_EDGE_GLOW, _BACK_GLOW = 0.012, 0.03
"""How far light creeps over the edge, and from how far it comes: sigmas in heights."""


class Effects:
    """Draws mattes as looks ask. Belongs to one thread, which closes it.

    plain: leave out the light wrap, to save time. What a look does not ask for costs nothing.
    Whatever fails, the room is nowhere to be seen but in the blurred background and, where the
    subject's own colours are unknown, shining through where 0 < alpha < 1.
    """

    def __init__(self) -> None:
        self.plain = False
        self._backdrop = Backdrop()
        self._glow: tuple[Planes, Glow] | None = None

    @property
    def trouble(self) -> str:
        """Why the background is not the one asked for, in one line; "" when all is well."""
        return self._backdrop.trouble

    def camera(self, frame: Frame, look: Look) -> Frame:
        """The camera's frame as it is to be matted: mirrored if the look says so."""
        if not look.mirror:
            return frame
        return replace(frame, planes=mirrored(frame.planes), owner=None)

    def render(self, matte: Matte, look: Look) -> Frame:
        """The opaque picture of `matte`, with its frame's time, size and format.

        Where the reshaped alpha (see `reshaped`) is 0 it is the background bit for bit. With
        view "matte", that alpha as a gray picture.
        """
        changed = reshaped(matte, look)
        if look.view == "matte":
            # The background goes on in the meantime, so that it is there on coming back.
            self._backdrop.planes(matte, look)
            return _with(matte.frame, gray_planes(changed.alpha, matte.frame.layout))
        behind = self._backdrop.planes(matte, look)
        foreground = changed.foreground
        if look.wrap > 0 and not self.plain:
            foreground = self._lit(changed, behind, look.wrap)
        layout = matte.frame.layout
        planes = composite(foreground, behind, changed.alpha, changed.kinds, layout)
        return _with(matte.frame, planes)

    def warm_up(self, matte: Matte) -> None:
        """Compile what any look may need for mattes like this one; takes seconds the first time."""
        looks = (
            Look("#000000", shift=2, softness=2, wrap=0.5, scale=1.1),
            Look("blur", shift=-2, scale=0.9),
            Look("#000000", view="matte"),
        )
        warm_up(matte.frame)
        with closing(Effects()) as trial:
            for look in looks:
                trial.render(matte, look)

    def close(self) -> None:
        """Let go of the background; safe to call twice."""
        self._backdrop.close()

    def _lit(self, matte: Matte, behind: Planes, strength: float) -> Planes:
        height, layout = matte.frame.height, matte.frame.layout
        if self._glow is None or self._glow[0] is not behind:  # still ones are blurred once
            self._glow = behind, glow_of(behind, _BACK_GLOW * height)
        return wrap_light(
            matte.foreground, self._glow[1], matte.alpha, matte.kinds, layout, strength,
            _EDGE_GLOW * height,
        )  # fmt: skip


def reshaped(matte: Matte, look: Look) -> Matte:
    """`matte` with its edge shifted and softened and its subject scaled and moved.

    Where the edge comes to lie further out than it was found, the subject's own colours show, as
    they were spread outward from it; where those are unknown it does not move outward, since
    there the picture holds only the room. `frame`, `colours` and `error` stay the camera's.
    """
    pixels = _THOUSANDTH * matte.frame.height
    if look.shift or look.softness:
        matte = _with_edge(matte, look.shift * pixels, look.softness * pixels)
    if look.scale != 1 or look.x or look.y:
        matte = _moved(matte, look)
    return matte


def _with_edge(matte: Matte, shift: float, softness: float) -> Matte:
    known = matte.colours.foreground_known
    alpha, kinds = matte.alpha, matte.kinds
    if not known:
        shift = min(shift, 0.0)
    if shift:
        alpha, kinds = shift_edge(alpha, kinds, shift)
    if softness:
        alpha, kinds = soften_edge(alpha, kinds, softness, inward=not known)
    return replace(matte, alpha=alpha, kinds=kinds, foreground=_reaching(matte, kinds))


def _reaching(matte: Matte, kinds: Kinds) -> Planes:
    """The foreground of `matte`, with the subject's colours also where only `kinds` says it is."""
    fresh = np.equal(matte.kinds, OUTSIDE) & np.not_equal(kinds, OUTSIDE)
    if not fresh.any():
        return matte.foreground
    # Outside the band it is the picture, from which these tiles alone are still to be estimated.
    band = np.where(fresh, BAND, OUTSIDE).astype(np.uint8)
    layout = matte.frame.layout
    return foreground_planes(matte.foreground, layout, matte.alpha, band, matte.colours)


def _moved(matte: Matte, look: Look) -> Matte:
    frame = matte.frame
    layout = frame.layout
    shift_y, shift_x = layout.colour_shifts
    # Whole chroma samples: a subject that is only moved keeps every sample as it is.
    down = round(look.y * frame.height / (1 << shift_y)) << shift_y
    right = round(look.x * frame.width / (1 << shift_x)) << shift_x
    move = Move(look.scale, (frame.height, frame.width / 2), (down, right))
    foreground, alpha, kinds = move_subject(
        matte.foreground, matte.alpha, matte.kinds, layout, move
    )
    return replace(matte, foreground=foreground, alpha=alpha, kinds=kinds)


def _with(frame: Frame, planes: Planes) -> Frame:
    return replace(frame, planes=planes, owner=None)
