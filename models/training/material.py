"""Reads what clips are composed of from the folder that gather and label filled."""

from pathlib import Path

import cv2
import numpy as np

from kernels.types import Rgb
from models.training.clips import Material
from models.training.portraits import read_portraits

_ROOM_SIDE = 400


def read_material(photographs: Path) -> Material:
    """All people whose labels agree, and all rooms; ValueError where there are none."""
    people = read_portraits(photographs)
    rooms = [_room(path) for path in sorted((photographs / "rooms").glob("*.jpg"))]
    if not people or not rooms:
        raise ValueError(f"{photographs} holds no labelled people or no rooms: gather and label")
    return Material(people, rooms)


def _room(path: Path) -> Rgb:
    read = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
    scale = min(1.0, _ROOM_SIDE / min(read.shape[:2]))
    small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1], np.uint8)
