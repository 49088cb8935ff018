"""Samples on disk: made once, in several processes, read at random."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.training.samples import Sample, draw_sample
from models.training.subjects import draw_subject
from models.training.textures import Textures


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes a set of samples; equal recipes make equal samples.

    photographs: folders of pictures to take textures from. samples, a shard's count: in all and a
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


class Shards:
    """Reads samples of a folder that `make_shards` filled."""

    def __init__(self, recipe: Recipe) -> None:
        """Open the arrays; ValueError when the folder lacks some."""
        self.step = recipe.step
        self._files = [_open(path, recipe) for path in _paths(recipe)]
        self._shard = recipe.shard

    def __len__(self) -> int:
        return len(self._files) * self._shard

    def batch(self, numbers: npt.NDArray[np.int64]) -> Sample:
        """The samples of these numbers, stacked."""
        picked = [self._files[n // self._shard] for n in numbers]
        rows = [n % self._shard for n in numbers]
        return Sample(
            *(
                np.stack([file[name][row] for file, row in zip(picked, rows, strict=True)])
                for name in Sample._fields
            )
        )


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
    for row in range(recipe.shard):
        if row % recipe.views == 0:
            subject = draw_subject(random, recipe.subject_side, recipe.subject_side, texture)
        sample = draw_sample(random, subject, texture, recipe.side)
        for name, value in zip(Sample._fields, sample, strict=True):
            arrays[row][name] = value
    arrays.flush()
    draft.rename(path)
    return number


def _record(recipe: Recipe) -> np.dtype[np.void]:
    side = recipe.side
    fields = [
        ("rgb", np.uint8, (side, side, 3)),
        ("foreground", np.uint8, (side, side, 3)),
        ("alpha", np.uint16, (side, side)),
    ]
    return np.dtype(fields)


def _paths(recipe: Recipe) -> Sequence[Path]:
    count = recipe.samples // recipe.shard
    return [Path(recipe.folder) / f"{number:04}.samples" for number in range(count)]


def _open(path: Path, recipe: Recipe) -> npt.NDArray[np.void]:
    if not path.exists():
        raise ValueError(f"{path} is missing: make_shards makes it")
    return np.memmap(path, _record(recipe), "r", shape=(recipe.shard,))
