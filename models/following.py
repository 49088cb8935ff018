"""Pass 1 that looks at some pictures beside their other work, and follows motion to the others."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from kernels.threads import may_be_shared
from kernels.types import Alpha
from models.beside import Beside, are_ranks
from models.detail import Detail
from models.motion import Colours, Follower, thumbnail_of
from models.picture import Picture
from models.segmenter import Segmenter

Look = Callable[[Picture, float | None], Alpha]
"""See models.segmenter.Segmenter."""
Glimpse = Callable[[Picture, Alpha | None, bool], Alpha]
"""A picture, the coarse alpha of one nearly like it, None where there is none, and whether what
looks left is of its shot, to its own; also while another thread looks, without waiting for it."""
_LONGEST, _OFTEN, _APART = 0.25, 0.17, 0.12
"""Seconds from a picture to the one where the look at it comes too late, from one that was looked
at to the next that is, and between two pictures that far apart that motion is not sought."""
_PATIENCE = 0.1
"""Seconds that the first picture of a shot waits for a look at the one before that comes last."""
_FEW = 2
"""Pictures since the last look began over which motion should be found: if not, the next look is
here and now; over more it begins earlier."""
_SOON = 2
"""Pictures from the beginning of a look to its end, at most, where it may be a closer one: what is
seen late is followed for longer, and loses more than it shows."""


class _Seen(NamedTuple):
    """The thumbnail of what was looked at, when that was, and the answer."""

    thumbnail: Colours
    at: float
    coarse: Alpha


class _Looking(NamedTuple):
    """A look that runs: at what, since when, and whether it still counts.

    It ends with its answer and the seconds that it took, of which it has `most`, None where it
    matters not.
    """

    thumbnail: Colours
    at: float
    beside: Beside[tuple[Alpha, float]]
    most: float | None
    counts: bool = True


class FollowingSegmenter:
    """A segmenter whose looks may take longer than there is time for a picture.

    every: pictures from the beginning of one look to that of the next, or 0 to look at each picture
    here and now, once no look runs that cannot be waited for; it may be set from one picture to the
    next. Looks are closer together where pictures are few a second, and where motion is not found.
    A glance must do for the first picture of a shot, for pictures far apart and, where every is
    large and kernels may not run beside others, for each; a look follows soon. brief: glances run
    beside the other work too, instead of looks. While a look runs that cannot be waited for, a
    glimpse does instead. detail: times the pixels of looks at each picture; others have one, but
    for those that nobody waits for, which come as close as they would be over in time.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        glance: Look | None = None,
        glimpse: Glimpse | None = None,
        set_detail: Callable[[float], None] | None = None,
    ) -> None:
        """glance, glimpse: the segmenter's, in less time; None where it has none. set_detail: has
        its next look or glance take in that many times the pixels; None where it cannot.

        Without a glimpse looks are waited for.
        """
        self.every, self.brief, self.detail = 0, False, 1.0
        self._segmenter, self._glance = segmenter, glance or segmenter
        self._glimpse, self._set_detail, self._fitting = glimpse, set_detail, Detail()
        self._follow = Follower()
        # What was looked at last, and the glimpse that is newer, if there is one.
        self._seen: _Seen | None = None
        self._newer: _Seen | None = None
        self._looking: _Looking | None = None
        # Seconds of the shot, at its last picture and at the one that was looked at last.
        self._now = 0.0
        self._looked: float | None = None
        # Pictures since then, and whether it was but a glance.
        self._pictures, self._glanced = 0, False

    def settle(self) -> None:
        """Wait for the look beside, if there is one.

        Raises RuntimeError when it failed, unless its shot is over.
        """
        looking, self._looking = self._looking, None
        if looking is None:
            return
        if not looking.counts:
            looking.beside.join()
            self._segmenter.reset()
            return
        coarse, seconds = looking.beside.result()
        if looking.most is not None:
            self._fitting.note(seconds, looking.most)
        is_newest = self._seen is None or self._seen.at <= looking.at
        if is_newest or self._now - looking.at <= _LONGEST:
            self._newer = None if is_newest else self._seen
            self._seen = _Seen(looking.thumbnail, looking.at, coarse)

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._seen = self._newer = self._looked = None
        self._now = 0.0
        if self._looking is None:
            self._segmenter.reset()
            return
        beside, counted = self._looking.beside, self._looking.counts
        self._looking = self._looking._replace(counts=False, at=0.0)
        # What comes last is over soon as well, but where others hold all cores.
        if self._can_wait():
            beside.join()
        elif counted:
            beside.join(_PATIENCE)
        if beside.is_over:
            self.settle()

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        """See models.segmenter.Segmenter. Raises RuntimeError when a look beside failed."""
        if dt is None:
            self.reset()
        self._now += dt or 0.0
        self._pictures += 1
        is_over = self._looking is not None and self._looking.beside.is_over
        if is_over or (self._can_wait() and (self._is_late() or not self.every)):
            self.settle()
        if self._looking is None and not (self.every and may_be_shared()):
            self._seen = self._newer = None
            look = self._glance if self.every > _FEW else self._segmenter
            return look(picture, self._since(1.0 if self.every else self.detail))
        thumbnail = thumbnail_of(picture)
        is_like = self._seen is not None and self._seen.thumbnail.shape == thumbnail.shape
        if dt is None or dt > _APART:
            return self._look_now(self._glance, thumbnail, picture)
        if not is_like:
            return self._look_now(self._segmenter, thumbnail, picture)
        coarse, torn = self._followed(thumbnail)
        if torn and self._looking and self._can_wait():
            self.settle()
            coarse, torn = self._followed(thumbnail)
        if torn and self._newer is not None:
            self._seen, self._newer = self._newer, None
            coarse, torn = self._followed(thumbnail)
        if (torn or self._is_late()) and not self._can_wait():
            coarse = self._have_glimpse(thumbnail, picture, coarse)
        elif torn and self._pictures <= _FEW:
            return self._look_now(self._usual, thumbnail, picture)
        if self._looking is None and (torn or self._is_due()):
            self._begin_look(thumbnail, picture, dt)
        return coarse

    def _begin_look(self, thumbnail: Colours, picture: Picture, dt: float) -> None:
        """Look at `picture` beside the other work, `dt` seconds after the one before."""
        # Where others wait for it, or it is but a glance, it tells nothing of closer looks.
        is_apart = self._set_detail is not None and not (self.brief or self._can_wait())
        detail, most = (self._fitting.now, _SOON * dt) if is_apart else (1.0, None)
        look = partial(_timed, self._usual, picture, self._since(detail))
        beside = Beside("look", look, "last" if self._glimpse else "later")
        self._looking = _Looking(thumbnail, self._now, beside, most)

    @property
    def _usual(self) -> Look:
        return self._glance if self.brief else self._segmenter

    def _can_wait(self) -> bool:
        """Whether the look that runs, or would run, is soon over where it is waited for."""
        if self._glimpse is None:
            return True
        return not are_ranks() if self._looking is None else self._looking.beside.rank != "last"

    def _is_late(self) -> bool:
        """Whether a look runs for too long, and nothing was seen since."""
        if self._looking is None or self._seen is None:
            return False
        return self._now - max(self._looking.at, self._seen.at) > _LONGEST

    def _is_due(self) -> bool:
        """Whether it is time for a look."""
        seconds = _LONGEST if self._looked is None else self._now - self._looked
        return self._glanced or self._pictures >= self.every or seconds > _OFTEN

    def _followed(self, now: Colours) -> tuple[Alpha, bool]:
        """What was seen last, carried to where it is now, and whether that is in doubt."""
        assert self._seen is not None
        return self._follow(self._seen.thumbnail, now, self._seen.coarse)

    def _look_now(self, look: Look, thumbnail: Colours, picture: Picture) -> Alpha:
        """Look at a picture to which nothing can be followed; or have a glimpse at it."""
        if self._looking and not self._can_wait():
            last = None if self._seen is None else self._seen.coarse
            return self._have_glimpse(thumbnail, picture, last)
        self.settle()
        coarse = self._kept(thumbnail, look(picture, self._since(1.0)))
        self._glanced = look is not self._usual
        return coarse

    def _have_glimpse(self, thumbnail: Colours, picture: Picture, last: Alpha | None) -> Alpha:
        assert self._glimpse is not None
        remembers = self._looking is None or self._looking.counts
        return self._kept(thumbnail, self._glimpse(picture, last, remembers))

    def _kept(self, thumbnail: Colours, coarse: Alpha) -> Alpha:
        """What this picture shows, seen here and now, to be followed from it."""
        self._seen, self._newer = _Seen(thumbnail, self._now, coarse), None
        return coarse

    def _since(self, detail: float) -> float | None:
        """Seconds since the picture of the shot that was looked at last, None where none was; from
        here on they count from this one, which is looked at now, with that many times the pixels.
        """
        if self._set_detail is not None:
            self._set_detail(detail)
        looked, self._looked = self._looked, self._now
        self._pictures, self._glanced = 0, False
        return None if looked is None else self._now - looked


def _timed(look: Look, picture: Picture, dt: float | None) -> tuple[Alpha, float]:
    """What a look finds, and the seconds that it took."""
    started = time.perf_counter()
    return look(picture, dt), time.perf_counter() - started
