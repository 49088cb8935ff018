"""Lessons for the learned refiner, drawn by several processes while the last ones are learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numba
import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from models.training.actors import Actors
from models.training.lessons import Lesson, draw_lesson, stacked
from models.training.samples import Sample, draw_sample
from models.training.subjects import draw_subject
from models.training.textures import Textures


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of scenes.

    side: pixels of what is seen of one; step: pixels a cell; window: cells a side of the part that
    is seen by pixels. subject_side: pixels of a subject that is drawn, 0 for people cut out of
    photographs, with pass 1's masks. views: parts seen of a scene; spoilt: times that each is, with
    another mask and window.
    """

    side: int = 256
    step: int = 4
    window: int = 28
    subject_side: int = 384
    views: int = 8
    spoilt: int = 3


class Scenes(IterableDataset[Lesson]):
    """Lessons without end, those of a scene at a time.

    photographs: what gather filled, and label in FOLDER/fine, None for textures that are made up
    and no people; turns: numbers of `recipes`, one for each round in turn; first: the round to
    begin at. What is drawn follows from the photographs, seed, number of processes and round, from
    the photographs that a process drew before, and where it is people from pass 1's weights.
    """

    def __init__(
        self, photographs: Path | None, seed: int, first: int, recipes: tuple[Recipe, ...],
        turns: tuple[int, ...],
    ) -> None:  # fmt: skip
        self._photographs, self._seed, self._first = photographs, seed, first
        self._recipes, self._turns = recipes, turns

    def __iter__(self) -> Iterator[Lesson]:
        """Lessons of rounds `first`, `first` + 1 and so on."""
        worker = get_worker_info()
        part = 0 if worker is None else worker.id
        if worker is not None:
            cv2.setNumThreads(1)
            numba.set_num_threads(1)
        folders = [] if self._photographs is None else [self._photographs / "rooms"]
        texture, actors = Textures(folders), None
        for number in count(self._first):
            random = np.random.default_rng([self._seed, number, 1 + part])
            recipe = self._recipes[self._turns[number % len(self._turns)]]
            if recipe.subject_side:
                samples = _drawn(random, recipe, texture)
            else:
                actors = actors or Actors(self._photographs or Path(), texture)
                samples = actors(random, recipe.side, recipe.views)
            yield _lessons(random, recipe, samples)


def _drawn(random: np.random.Generator, recipe: Recipe, texture: Textures) -> Iterator[Sample]:
    """The views of one scene with a subject that is drawn."""
    subject = draw_subject(random, recipe.subject_side, recipe.subject_side, texture)
    for _ in range(recipe.views):
        yield draw_sample(random, subject, texture, recipe.side)


def _lessons(random: np.random.Generator, recipe: Recipe, samples: Iterator[Sample]) -> Lesson:
    side, seen = recipe.window * recipe.step, []
    for sample in samples:
        seen += [draw_lesson(random, sample, side, recipe.step) for _ in range(recipe.spoilt)]
    return stacked(seen)
