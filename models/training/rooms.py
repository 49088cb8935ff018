"""Rooms for people to be composed into, and what may stand before them."""

import cv2
import numpy as np
import numpy.typing as npt

from models.training.chance import log_uniform
from models.training.material import Material, pick
from models.training.portraits import unit

Float = npt.NDArray[np.float32]


def draw_room(random: np.random.Generator, material: Material, size: tuple[int, int]) -> Float:
    """A room of `size`, perhaps with others' pictures in it, perhaps out of focus."""
    if random.random() < 0.5:
        picture = unit(pick(random, material.rooms))
    else:
        picture = unit(pick(random, material.people).empty)
    room = cropped(random, picture, size)
    for _ in range(int(random.choice(3, p=(0.8, 0.15, 0.05)))):
        _hang(random, room, material)
    if random.random() < 0.4:
        sigma = log_uniform(random, 0.5, 6)
        room = np.asarray(cv2.GaussianBlur(room, (0, 0), sigma), np.float32)
    return room


def _hang(random: np.random.Generator, room: Float, material: Material) -> None:
    """Hang a picture on the wall: of things, or a photograph of a face."""
    height, width = room.shape[:2]
    if random.random() < 0.6:
        photo = pick(random, material.people).rgb
    else:
        photo = pick(random, material.rooms)
    tall = int(height * random.uniform(0.12, 0.45))
    wide = max(4, min(int(tall * photo.shape[1] / photo.shape[0]), width - 2))
    y, x = int(random.integers(height - tall)), int(random.integers(width - wide))
    rim = max(1, round(0.04 * tall))
    room[y : y + tall, x : x + wide] = random.uniform(0, 1, 3)
    inner = tall - 2 * rim, wide - 2 * rim
    if min(inner) > 2:
        small = cv2.resize(photo, inner[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
        room[y + rim : y + rim + inner[0], x + rim : x + rim + inner[1]] = small


def cropped(random: np.random.Generator, picture: Float, size: tuple[int, int]) -> Float:
    """Some of a picture, of `size`, with its aspect kept but for a fifth."""
    tall, wide = picture.shape[:2]
    scale = min(tall / size[0], wide / size[1]) * random.uniform(0.5, 1)
    h, w = max(2, int(size[0] * scale)), max(2, int(size[1] * scale * random.uniform(0.8, 1)))
    y, x = int(random.integers(tall - h + 1)), int(random.integers(wide - w + 1))
    part = picture[y : y + h, x : x + w]
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, size[::-1], interpolation=method), np.float32)


def hide_below(random: np.random.Generator, material: Material, shown: Float, alpha: Float) -> None:
    """A table, a laptop or a wall before the people's lower part."""
    height, width = alpha.shape[1:]
    tall = int(height * random.uniform(0.06, 0.3))
    wide = int(width * random.uniform(0.25, 1))
    left = int(random.integers(width - wide + 1))
    picture = unit(pick(random, material.rooms))
    part = cropped(random, picture, (max(tall, 2), max(wide, 2)))
    place = (slice(None), slice(height - part.shape[0], height), slice(left, left + part.shape[1]))
    shown[place], alpha[place] = part, 0
