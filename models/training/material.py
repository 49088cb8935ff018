"""What clips are composed of, read from the folder that gather and label filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from kernels.types import Rgb
from models.training.portraits import Portrait, pictures_in, read_portraits

Item = TypeVar("Item")
ROOM_SIDE = 400
"""Of the short side of a room, in pixels."""


@dataclass(frozen=True, slots=True)
class Material:
    """What clips are made of; rooms: (H, W, 3) uint8 pictures that nobody is in."""

    people: Sequence[Portrait]
    rooms: Sequence[Rgb]


def pick(random: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of `items`."""
    return items[int(random.integers(len(items)))]


def read_material(photographs: Path, part: int = 0, parts: int = 1) -> Material:
    """All people whose labels agree, and all rooms; of `parts`, one in turn each.

    Raises ValueError where there are none.
    """
    people = read_portraits(photographs, "people", part, parts)
    rooms = [_room(path) for path in pictures_in(photographs / "rooms")[part::parts]]
    if not people or not rooms:
        raise ValueError(
            f"{photographs} holds no labelled people or no rooms for part {part} of {parts}"
        )
    return Material(people, rooms)


def _room(path: Path) -> Rgb:
    read = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
    scale = min(1.0, ROOM_SIDE / min(read.shape[:2]))
    small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1], np.uint8)
