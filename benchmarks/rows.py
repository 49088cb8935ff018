"""A row of the quality benchmark: one way from a coarse alpha, or from a picture, to an alpha."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from kernels.coarse import cleaned
from kernels.types import Alpha, Rgb
from models.learned_refiner import open_learned
from models.refined import LEARNED
from models.refiner import ClassicalRefiner, Refiner, estimate_foreground
from models.segmenter import QUALITIES, SEGMENTERS, open_segmenter
from stream.errors import UsageError, WeightsError
from stream.frame import Frame


class Answer(NamedTuple):
    """What a row says of a picture.

    alpha: (H, W) float32 in [0, 1]. error: (H, W), larger where the row expects a larger error,
    in any unit. foreground: computes (H, W, 3) uint8 colours of the subject; None where the row
    takes the picture's own.
    """

    alpha: Alpha
    error: Alpha | None = None
    foreground: Callable[[], Rgb] | None = None


_SETTLE = {"hairline": 5, "selfie": 1}
Refine = Callable[[Frame, Alpha], Answer]
See = Callable[[Frame, float | None], Alpha]


class Row(NamedTuple):
    """One line of the table.

    refine: from a picture and a coarse alpha to an answer. see: the row's own pass 1, from a
    picture and the seconds since the one before (None: forget that) to a coarse alpha; None
    where the row is given one. settle: looks at a still until pass 1 stands still.
    """

    name: str
    refine: Refine
    see: See | None = None
    settle: int = 1


class Offer(NamedTuple):
    """A row that can be opened; `people` where it has its own pass 1, which knows people only."""

    name: str
    open: Callable[[], Row]
    people: bool = False


def enlarged(coarse: Alpha, frame: Frame) -> Alpha:
    """`coarse` cleaned and laid over `frame` bilinearly, (H, W) float32; nothing else."""
    size = frame.width, frame.height
    laid = cv2.resize(cleaned(coarse), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(laid, np.float32)


def bilinear(frame: Frame, coarse: Alpha) -> Answer:
    """The coarse alpha enlarged; its error is guessed to be largest at 0.5."""
    alpha = enlarged(coarse, frame)
    return Answer(alpha, np.asarray(np.minimum(alpha, 1 - alpha)))


def refined(refine: Refiner, frame: Frame, coarse: Alpha) -> Answer:
    """What a refiner of the house says, with its own foreground colours."""
    found = refine(frame, coarse)

    def foreground() -> Rgb:
        planes = estimate_foreground(frame, found.alpha, found.kinds, found.colours)
        return replace(frame, planes=planes).rgb(frame.height, frame.width)

    return Answer(found.alpha, found.error, foreground)


def our_rows() -> list[Offer]:
    """Our own rows: the coarse alpha enlarged, each refiner, and each with pass 1 before it."""
    given = [Offer("bilinear", lambda: Row("bilinear", bilinear))]
    people = [
        Offer(name, partial(_with_pass_1, name, name, lambda _: bilinear), people=True)
        for name in SEGMENTERS
    ]
    for kind, build, qualities in (
        ("classical", _classical, QUALITIES),
        ("learned", _learned, LEARNED),
    ):
        given += [
            Offer(f"{kind}-{quality}", partial(_given, f"{kind}-{quality}", build, quality))
            for quality in qualities
        ]
        for first in SEGMENTERS:
            name = f"{first}+{kind}"
            people.append(Offer(name, partial(_with_pass_1, name, first, build), people=True))
    return [*given, *people]


def chosen(offers: Sequence[Offer], only: Sequence[str] | None) -> list[Offer]:
    """The `offers` named in `only`: "classical" means all "classical-" too. None means all.

    Raises UsageError on a name that fits none.
    """
    if only is None:
        return list(offers)
    for name in only:
        if not any(_fits(offer, name) for offer in offers):
            names = ", ".join(offer.name for offer in offers)
            raise UsageError(f"no row is called {name!r}; there are {names}")
    return [offer for offer in offers if any(_fits(offer, name) for name in only)]


def opened(offers: Sequence[Offer]) -> Iterator[Row]:
    """The rows of `offers`; one that lacks its package or weights is left out with a line."""
    for offer in offers:
        try:
            yield offer.open()
        except (ImportError, WeightsError, UsageError) as error:
            print(f"skipped {offer.name}: {error}", file=sys.stderr)


def _fits(offer: Offer, name: str) -> bool:
    return offer.name == name or offer.name.startswith(f"{name}-")


def _given(name: str, build: Callable[[str], Refine], quality: str) -> Row:
    return Row(name, build(quality))


def _with_pass_1(
    name: str, segmenter: str, build: Callable[[str], Refine], quality: str = "balanced"
) -> Row:
    return Row(name, build(quality), open_segmenter(segmenter, quality), _SETTLE[segmenter])


def _classical(quality: str) -> Refine:
    return partial(refined, ClassicalRefiner(quality))


def _learned(quality: str) -> Refine:
    return partial(refined, open_learned(quality, keep_error=True))
