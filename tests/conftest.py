"""What tests share: a subject that needs no net, and a watch over threads."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from kernels.types import Alpha
from models.picture import Picture
from models.segmenter import coarse_size

SHARED = Path(__file__).resolve().parents[2] / "shared"
SLACK = 0.05


class Ellipse:
    """A segmenter that always sees one subject in the middle; counts what it is asked."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, picture: Picture, dt: float | None) -> Alpha:
        self.seen += 1
        height, width = coarse_size(picture.height, picture.width)
        y, x = np.mgrid[0:height, 0:width]
        distance = np.hypot((y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5)
        return np.clip((0.4 - distance) * 20, 0, 1).astype(np.float32)

    def reset(self) -> None:
        """It remembers nothing."""


@pytest.fixture
def ellipse(monkeypatch: pytest.MonkeyPatch) -> Ellipse:
    """An Ellipse in the place of pass 1's nets."""
    segmenter = Ellipse()
    monkeypatch.setattr("models.matting.open_segmenter", lambda *_: segmenter)
    return segmenter


@pytest.fixture
def no_thread_remains() -> Iterator[None]:
    """Fails the test when a thread it started outlives it."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(SLACK)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture
def clip() -> Callable[[str], Path]:
    """The path of a real clip; skips where there is none."""

    def find(name: str) -> Path:
        path = SHARED / "clips" / name
        if not path.exists():
            pytest.skip(f"needs ../shared/clips/{name}")
        return path

    return find


@pytest.fixture(autouse=True, scope="session")
def _two_threads() -> None:
    """As many threads as the smallest machine has, so that tests do not crowd each other out."""
    torch.set_num_threads(2)
