"""Samples on disk: made once, in several processes, read at random."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.training.samples import MASK, Sample, draw_sample, no_mask
from models.training.subjects import draw_subject
from models.training.textures import Textures


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes a set of samples; equal recipes make equal samples, for equal weights of pass 1.

    photographs: folders of pictures to take textures from; people: of those that scenes are made
    of, with pass 1's masks, "" for subjects that are drawn. samples, a shard's count: in all and a
    file. side: pixels; step: pixels a cell. subject_side: pixels of the subjects drawn, each of
    which is seen in `views` samples.
    """

    folder: str
    photographs: tuple[str, ...] = ()
    samples: int = 8192
    shard: int = 512
    side: int = 192
    step: int = 4
    subject_side: int = 384
    views: int = 6
    seed: int = 1
    people: str = ""


class Shards:
    """Reads samples of a folder that `make_shards` filled."""

    def __init__(self, recipe: Recipe) -> None:
        """Open the arrays; ValueError when the folder lacks some."""
        self.step = recipe.step
        self._files = [_open(path, recipe) for path in _paths(recipe)]
        self._shard, self._names = recipe.shard, [name for name, *_ in _parts(recipe)]

    def __len__(self) -> int:
        return len(self._files) * self._shard

    def batch(self, numbers: npt.NDArray[np.int64]) -> Sample:
        """The samples of these numbers, stacked."""
        rows = [self._files[n // self._shard][n % self._shard] for n in numbers]
        parts = {name: np.stack([row[name] for row in rows]) for name in self._names}
        return Sample(**{"mask": no_mask(len(rows)), **parts})


def make_shards(recipe: Recipe, workers: int = 2) -> None:
    """Make what is missing of the samples of `recipe`.

    Raises ValueError when the folder holds samples of another recipe.
    """
    folder = Path(recipe.folder)
    folder.mkdir(parents=True, exist_ok=True)
    note, text = folder / "recipe.json", json.dumps(asdict(recipe), indent=1)
    if note.exists() and note.read_text() != text:
        raise ValueError(f"{folder} holds samples of another recipe: remove it or name another")
    note.write_text(text)
    missing = [n for n, path in enumerate(_paths(recipe)) if not path.exists()]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for number in pool.map(_make, [recipe] * len(missing), missing):
            print(f"shard {number + 1} of {len(_paths(recipe))}", flush=True)


def _make(recipe: Recipe, number: int) -> int:
    """One file of samples: a few subjects at a time, each seen several times."""
    import cv2
    import numba

    cv2.setNumThreads(1)
    numba.set_num_threads(1)
    random = np.random.default_rng([recipe.seed, number])
    texture = Textures([Path(folder) for folder in recipe.photographs])
    path = _paths(recipe)[number]
    draft = path.with_suffix(".draft")
    arrays = np.memmap(draft, _record(recipe), "w+", shape=(recipe.shard,))
    for row, sample in zip(range(recipe.shard), _drawn(recipe, random, texture), strict=False):
        for name, *_ in _parts(recipe):
            arrays[row][name] = getattr(sample, name)
    arrays.flush()
    draft.rename(path)
    return number


def _drawn(recipe: Recipe, random: np.random.Generator, texture: Textures) -> Iterator[Sample]:
    """Samples without end."""
    if recipe.people:
        from models.training.actors import Actors

        actors = Actors(Path(recipe.people), texture)
        while True:
            yield from actors(random, recipe.side, recipe.views)
    while True:
        subject = draw_subject(random, recipe.subject_side, recipe.subject_side, texture)
        for _ in range(recipe.views):
            yield draw_sample(random, subject, texture, recipe.side)


def _record(recipe: Recipe) -> np.dtype[np.void]:
    return np.dtype(_parts(recipe))


def _parts(recipe: Recipe) -> list[tuple[str, type[np.generic], tuple[int, ...]]]:
    """What is kept of a sample: name, type and shape."""
    side = recipe.side
    pixels: list[tuple[str, type[np.generic], tuple[int, ...]]] = [
        ("rgb", np.uint8, (side, side, 3)),
        ("foreground", np.uint8, (side, side, 3)),
        ("alpha", np.uint16, (side, side)),
    ]
    return [*pixels, ("mask", np.uint8, (MASK, MASK))] if recipe.people else pixels


def _paths(recipe: Recipe) -> Sequence[Path]:
    count = recipe.samples // recipe.shard
    return [Path(recipe.folder) / f"{number:04}.samples" for number in range(count)]


def _open(path: Path, recipe: Recipe) -> npt.NDArray[np.void]:
    if not path.exists():
        raise ValueError(f"{path} is missing: make_shards makes it")
    return np.memmap(path, _record(recipe), "r", shape=(recipe.shard,))
