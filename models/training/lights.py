"""Light and shadow in a room: what ends at nobody's outline though it looks as if it did."""

import cv2
import numpy as np
import numpy.typing as npt

from models.training.chance import log_uniform

Float = npt.NDArray[np.float32]


def shaded(random: np.random.Generator, room: Float) -> Float:
    """`room` (H, W, 3) in [0, 1] with a shadow or a patch of light between one to three lines."""
    height, width = room.shape[:2]
    side = float(max(height, width))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    soft = np.float32(side * log_uniform(random, 0.003, 0.15))
    inside = np.ones((height, width), np.float32)
    for _ in range(int(random.integers(1, 4))):
        angle = random.uniform(0, 2 * np.pi)
        beyond = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
        edge = beyond[int(random.integers(height)), int(random.integers(width))]
        inside *= (0.5 + (beyond - edge) / soft).clip(0, 1)
    gain = random.uniform(0.25, 0.8) if random.random() < 0.6 else random.uniform(1.3, 3)
    tint = np.exp(random.normal(0, 0.06, 3)).astype(np.float32)
    light = 1 + inside[..., None] * (np.float32(gain) * tint - 1)
    return np.asarray((room * light).clip(0, 1), np.float32)


def sunlit(random: np.random.Generator, room: Float) -> Float:
    """`room` (H, W, 3) in [0, 1] with a lamp or the sun in it, and the haze around that."""
    height, width = room.shape[:2]
    side = float(min(height, width))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    row, column = random.uniform(0, height), random.uniform(0, width)
    tall = np.float32(np.exp(random.normal(0, 0.4)))
    away = np.hypot(x - np.float32(column), (y - np.float32(row)) * tall)
    core = np.float32(side * log_uniform(random, 0.01, 0.15))
    haze = core * np.float32(random.uniform(1.5, 8))
    strength = np.exp(-((away / core) ** 4)) + random.uniform(0.1, 0.8) * np.exp(-away / haze)
    colour = (1 - random.uniform(0, 0.35, 3) * [0, 0.5, 1]).astype(np.float32)
    share = np.asarray(strength, np.float32).clip(0, 1)[..., None]
    return np.asarray(room + share * (colour - room), np.float32)


def shadowed(random: np.random.Generator, shown: Float, share: Float) -> Float:
    """`shown` (T, H, W, 3) where people (`share`, (T, H, W, 1)) cast a shadow on it."""
    height, width = shown.shape[1:3]
    side = float(max(height, width))
    right, down = random.normal(0, 0.05, 2) * side
    move = np.array([[1, 0, right], [0, 1, down]])
    sigma = side * log_uniform(random, 0.002, 0.04)
    dark = np.float32(random.uniform(0.15, 0.65))
    mode = cv2.BORDER_REPLICATE
    cast = [cv2.warpAffine(each, move, (width, height), borderMode=mode) for each in share]
    soft = np.stack([cv2.GaussianBlur(each, (0, 0), sigma) for each in cast])
    return np.asarray(shown * (1 - dark * soft[..., None]), np.float32)
