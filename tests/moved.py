"""A subject that moves before a room, and where it is."""

import cv2
import numpy as np

from kernels.types import Alpha, Plane
from stream.frame import Frame
from stream.live.normal import live_frame

HEIGHT, WIDTH, SIDE = 180, 320, 80
RANDOM = np.random.default_rng(3)


def texture(height: int, width: int, low: int, high: int) -> Plane:
    noise = RANDOM.integers(low, high, (height // 16, width // 16), np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))


ROOM, SUBJECT = texture(HEIGHT, WIDTH, 20, 110), texture(SIDE, SIDE, 130, 235)


def picture_of(left: int, room: Plane = ROOM, subject: Plane = SUBJECT) -> Frame:
    """A subject `left` of which there is so much room."""
    luma = room.copy()
    luma[50 : 50 + SIDE, left : left + SIDE] = subject
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return live_frame((luma, chroma, chroma), 0)


def truth(left: int) -> Alpha:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[50 : 50 + SIDE, left : left + SIDE] = 1
    return alpha


def off(found: Alpha, left: int) -> float:
    """How much is wrong, as a share of the subject."""
    return float(np.abs(found - truth(left)).sum()) / SIDE**2
