"""Joins the rooms: pass 1, pass 2, time, and the subject's own colours."""

import time
from dataclasses import dataclass

from kernels.spread import SpreadColours
from kernels.types import Alpha, Kinds, Planes
from models.clock import StageClock
from models.clocked import ClockedPicture
from models.cuts import CutDetector
from models.picture import Picture
from models.refiner import Refined, Refiner, Refiners, estimate_foreground, open_refiner
from models.segmenter import DEFAULT_SEGMENTER, Segmenter, open_segmenter
from models.temporal import TemporalSmoother

LONGEST_GAP = 0.5
"""Seconds between two pictures beyond which they no longer count as one movement."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What pass 1 found: a picture, its coarse alpha (h, w) float32, and the time since the last.

    dt: seconds since the previous picture of the same shot, None for a shot's first.
    """

    picture: Picture
    coarse: Alpha
    dt: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Matted:
    """What is known of one picture's subject.

    alpha: (H, W) float32 in [0, 1]. foreground: planes like the picture's, free of background in
    the band. kinds: the tile lattice. colours: both sides' colours, spread. error: (H, W) float32
    expected absolute error of alpha where it was asked for, before time smooths it: 0 in tiles
    that are BAND through memory alone.
    """

    alpha: Alpha
    foreground: Planes
    kinds: Kinds
    colours: SpreadColours
    error: Alpha | None = None


class Matting:
    """Pictures of a stream in order, each to its own matte; remembers only what `reset` forgets.

    `see`, `refine` and `finish` share nothing that changes, so that one thread may see a picture
    while another finishes the one before. `see` and `finish` belong to one thread each; `refine`
    to as many as there are refiners.
    """

    def __init__(
        self,
        segmenter: Segmenter | None,
        refiner: Refiner,
        smoother: TemporalSmoother,
        clock: StageClock | None = None,
        refiners: int = 1,
    ) -> None:
        """refiners: pictures that `refiner` may be asked of at once."""
        self.refiners = refiners
        self._segmenter, self._refiner, self._smoother = segmenter, refiner, smoother
        self._cuts = CutDetector()
        self._clock = clock or StageClock()
        self._seconds: float | None = None

    def __call__(
        self, picture: Picture, seconds: float | None = None, coarse: Alpha | None = None
    ) -> Matted:
        """`see` and `finish` in one."""
        return self.finish(self.see(picture, seconds, coarse))

    def see(
        self, picture: Picture, seconds: float | None = None, coarse: Alpha | None = None
    ) -> Seen:
        """Pass 1 on `picture`, shown at `seconds`; None for a still that follows nothing.

        coarse: a coarse alpha from elsewhere, (h, w) float32 of any size, that takes pass 1's
        place. Raises ValueError when there is neither that nor a segmenter.
        """
        with self._clock.stage("cuts"):
            dt = self._elapsed(picture, seconds)
        if coarse is None:
            if self._segmenter is None:
                raise ValueError("without a segmenter every picture needs a coarse alpha")
            coarse = self._segment(self._segmenter, picture, dt)
        return Seen(picture, coarse, dt)

    def refine(self, seen: Seen) -> Refined:
        """Pass 2 of what `see` gave, in any order."""
        with self._clock.stage("pass 2"):
            return self._refiner(seen.picture, seen.coarse)

    def finish(self, seen: Seen, refined: Refined | None = None) -> Matted:
        """Time and foreground colours of what `see` gave, in the same order.

        refined: what `refine` made of it, None to do that here.
        """
        picture = seen.picture
        refined = refined or self.refine(seen)
        with self._clock.stage("time"):
            alpha, kinds = self._smoother(picture, refined.alpha, refined.kinds, seen.dt)
        with self._clock.stage("foreground"):
            foreground = estimate_foreground(picture, alpha, kinds, refined.colours)
        return Matted(alpha, foreground, kinds, refined.colours, refined.error)

    def _segment(self, segmenter: Segmenter, picture: Picture, dt: float | None) -> Alpha:
        clocked = ClockedPicture(picture)
        started = time.perf_counter()
        coarse = segmenter(clocked, dt)
        self._clock.add("to rgb", clocked.spent)
        self._clock.add("pass 1", time.perf_counter() - started - clocked.spent)
        return coarse

    def reset(self) -> None:
        """Forget everything: the next picture starts a new shot."""
        self._cuts.reset()
        self._seconds = None
        self._smoother.reset()
        if self._segmenter is not None:
            self._segmenter.reset()

    def _elapsed(self, picture: Picture, seconds: float | None) -> float | None:
        """Seconds since the previous picture of the same shot, None where a shot starts."""
        is_cut = self._cuts(picture)
        previous, self._seconds = self._seconds, seconds
        dt = None if seconds is None or previous is None else seconds - previous
        return None if is_cut or dt is None or not 0 < dt <= LONGEST_GAP else dt


def open_matting(
    segmenter: str | None = DEFAULT_SEGMENTER,
    quality: str = "balanced",
    smoothing: float | None = None,
    clock: StageClock | None = None,
    confidence: bool = False,
    patient: bool = True,
    refiners: int = 1,
) -> Matting:
    """The matting that `segmenter`, `quality` and `smoothing` (seconds) describe.

    segmenter: one of SEGMENTERS, the path of an .onnx file, or None when coarse alphas are given.
    confidence: also give the expected error of each alpha; patient: see open_segmenter; refiners:
    pictures that may be refined at once. Raises ValueError on an unknown name or a quality that
    cannot tell its error, WeightsError when a net cannot be loaded.
    """
    refiner = Refiners([open_refiner(quality, confidence) for _ in range(refiners)])
    first = None if segmenter is None else open_segmenter(segmenter, quality, patient)
    smoother = TemporalSmoother() if smoothing is None else TemporalSmoother(smoothing)
    return Matting(first, refiner, smoother, clock, refiners)
