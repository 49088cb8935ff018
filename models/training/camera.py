"""Photograph a subject before a scene so that alpha and both colours stay true."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.training.chance import log_uniform
from models.training.codec import Image, blurred, developed

_GAMMA = np.float32(2.2)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Shot(NamedTuple):
    """A picture and its truth.

    rgb: (H, W, 3) uint8 as a camera and a codec leave it. alpha: (H, W) float32 in [0, 1], exact
    for the shot: after defocus and motion blur. foreground, background: (H, W, 3) float32 in
    [0, 1], the subject's and the scene's own colours, graded as rgb is, without noise and codec.
    """

    rgb: Rgb
    alpha: Alpha
    foreground: Image
    background: Image


class Exposure(NamedTuple):
    """What falls on the sensor, and its truth, all on the sensor's own grid.

    light: (h, w, 3) float32 in [0, 1], alpha * foreground + (1 - alpha) * background unless
    `linear`, where that holds for light before gamma. The others as in Shot.
    """

    light: Image
    alpha: Alpha
    foreground: Image
    background: Image
    linear: bool


def photograph(
    random: np.random.Generator, alpha: Alpha, foreground: Image, background: Image
) -> Shot:
    """Show `foreground` before `background` as a random camera would.

    alpha: (H, W) float32 in [0, 1]; foreground: (H, W, 3) float32 RGB in [0, 1], going on
    smoothly where alpha is 0; background: (H, W, 3) likewise. Before noise and codec the picture
    is alpha * foreground + (1 - alpha) * background, unless composed in linear light.
    Raises ValueError when the shapes disagree.
    """
    exposure = expose(random, alpha, foreground, background)
    rgb = developed(random, exposure.light)
    height, width = alpha.shape
    if exposure.alpha.shape != alpha.shape:
        exposure = enlarged(exposure, height, width)
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return Shot(rgb, exposure.alpha, exposure.foreground, exposure.background)


def expose(
    random: np.random.Generator, alpha: Alpha, foreground: Image, background: Image
) -> Exposure:
    """What falls on the sensor: blurred, lit and graded, before noise; often on a smaller grid.

    As `photograph` says.
    """
    height, width = alpha.shape if alpha.ndim == 2 else (0, 0)
    for image in (foreground, background):
        if image.shape != (height, width, 3) or not alpha.size:
            raise ValueError(f"colours {image.shape} do not fit an alpha {alpha.shape}")
    background = _staged(random, alpha, foreground, background)
    front = np.dstack([foreground * alpha[..., None], alpha]).astype(np.float32)
    front, background = _focused(random, front, background)
    if random.random() < 0.25:
        scale = random.uniform(0.5, 1)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        front, foreground, background = (
            np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
            for image in (front, foreground, background)
        )
    coverage = np.clip(front[..., 3], 0, 1)
    own = np.clip(_divided(front[..., :3], coverage, foreground, 0.02), 0, 1)
    own, scene = _graded(random, *_glared(random, coverage, own, background))
    return _composed(coverage, own, scene, bool(random.random() < 0.12))


def enlarged(exposure: Exposure, height: int, width: int) -> Exposure:
    """`exposure` on a grid of (height, width), its truth as true as before."""
    size = (width, height)
    share = exposure.alpha[..., None]
    wide = np.dstack([exposure.light, share, exposure.foreground * share])
    rest = np.dstack([exposure.background * (1 - share), exposure.foreground, exposure.background])
    wide, rest = (np.asarray(cv2.resize(image, size), np.float32) for image in (wide, rest))
    alpha = np.clip(wide[..., 3], 0, 1)
    own = _divided(wide[..., 4:], alpha, rest[..., 3:6], 1e-5)
    scene = _divided(rest[..., :3], 1 - alpha, rest[..., 6:], 1e-5)
    own, scene = np.clip(own, 0, 1), np.clip(scene, 0, 1)
    return Exposure(np.ascontiguousarray(wide[..., :3]), alpha, own, scene, exposure.linear)


def _staged(
    random: np.random.Generator, alpha: Alpha, foreground: Image, background: Image
) -> Image:
    """The background as it is, lit as the subject is, or of the colours at the subject's edge."""
    way = random.random()
    if way > 0.6:
        return background
    weight = alpha * (1 - alpha) + np.float32(0.02) * alpha + np.float32(1e-6)
    weight /= weight.sum()
    edge = np.einsum("yx,yxc->c", weight, foreground)
    centre = background.mean(axis=(0, 1))
    strength = np.float32(random.uniform(0.6, 1.0))
    if way < 0.2:
        contrast = np.float32(random.uniform(0.3, 1.0))
        staged = (background - centre) * contrast + centre + strength * (edge - centre)
    else:
        gain = (edge @ _LUMA + 0.05) / (centre @ _LUMA + 0.05)
        staged = background * np.float32(np.clip(gain**strength, 0.4, 2.5))
    return np.asarray(np.clip(staged, 0, 1), np.float32)


def _focused(random: np.random.Generator, front: Image, background: Image) -> tuple[Image, Image]:
    """Scene and subject out of focus, then both seen through one lens, the subject in motion.

    front: (H, W, 4), colour times alpha, and alpha: these blur as light does.
    """
    if random.random() < 0.55:
        background = blurred(background, random.uniform(0.5, 12))
    sigma = _softness(random)
    front, background = blurred(front, sigma), blurred(background, sigma * random.uniform(0.3, 1))
    if random.random() < 0.12:
        mode = cv2.BORDER_REPLICATE
        front = np.asarray(cv2.filter2D(front, -1, _motion(random), borderType=mode), np.float32)
    return front, background


def _softness(random: np.random.Generator) -> float:
    """Sigma in pixels of the blur at the edge; half go from 0.1 to 0.9 in 1.5 to 4 pixels."""
    low, high = [(0.0, 0.55), (0.6, 1.6), (1.6, 2.5)][random.choice(3, p=(0.4, 0.48, 0.12))]
    return float(random.uniform(low, high))


def _motion(random: np.random.Generator) -> npt.NDArray[np.float32]:
    """The path of a point during exposure, 2 to 14 pixels long; sums to 1."""
    angle, reach = random.uniform(0, np.pi), log_uniform(random, 1, 7)
    side = 2 * int(np.ceil(reach)) + 3
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    along, aside = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernel = np.clip(reach + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(aside), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _divided(colour: Image, share: Alpha, spare: Image, little: float) -> Image:
    """`colour` / `share`, fading to `spare` where the share is about as small as `little`."""
    weight, floor = share[..., None], np.float32(little)
    return np.asarray((colour + floor * spare) / (weight + floor))


def _glared(
    random: np.random.Generator, alpha: Alpha, own: Image, scene: Image
) -> tuple[Image, Image]:
    """Bright scenery behind the subject shines over its edges, on both colours alike."""
    if random.random() > 0.12:
        return own, scene
    bright = np.clip(scene - np.float32(0.5), 0, 1) * (1 - alpha[..., None])
    glow = blurred(bright, random.uniform(4, 30)) * np.float32(random.uniform(0.3, 1.2))
    dimmed = 1 - np.clip(glow, 0, 1)
    return np.asarray(1 - (1 - own) * dimmed), np.asarray(1 - (1 - scene) * dimmed)


def _graded(random: np.random.Generator, own: Image, scene: Image) -> tuple[Image, Image]:
    """Exposure, white balance, gamma and contrast, the same for both."""
    if random.random() < 0.15:
        return own, scene
    gain = np.exp(random.normal(0, 0.18) + random.normal(0, 0.06, 3)).astype(np.float32)
    gamma = np.float32(np.exp(random.normal(0, 0.15)))
    contrast = np.float32(random.uniform(0.7, 1.25))
    lift = np.float32(random.normal(0, 0.03) + 0.5 - 0.5 * contrast)
    first, second = (
        np.clip((np.clip(image, 0, 1) * gain) ** gamma * contrast + lift, 0, 1)
        for image in (own, scene)
    )
    return first, second


def _composed(alpha: Alpha, own: Image, scene: Image, linear: bool) -> Exposure:
    share, power = alpha[..., None], _GAMMA if linear else np.float32(1)
    light = (share * own**power + (1 - share) * scene**power) ** (1 / power)
    return Exposure(np.asarray(light), alpha, own, scene, linear)
