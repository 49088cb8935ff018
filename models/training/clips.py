"""Short clips of people of known alpha, to train pass 1: composed, or photographs in motion."""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Rgb
from models.training.jpeg import jpeg_coded
from models.training.lights import shaded, shadowed, sunlit
from models.training.material import Material, pick
from models.training.placing import glared, lit, placed, shrunk
from models.training.portraits import Layer, Portrait
from models.training.rooms import draw_room, hide_below
from models.training.things import draw_thing

Float = npt.NDArray[np.float32]
Path2 = npt.NDArray[np.float64]
"""(T, 2, 3): an affine map a frame."""

SIZES = ((144, 256), (192, 320), (288, 288), (320, 192))
"""Whole frames, some of them larger, and looks at a part."""


class Clip(NamedTuple):
    """rgb: (T, H, W, 3) uint8; alpha, trust: (T, H, W) uint8."""

    rgb: Rgb
    alpha: npt.NDArray[np.uint8]
    trust: npt.NDArray[np.uint8]


def draw_clip(
    random: np.random.Generator, material: Material, size: tuple[int, int], frames: int
) -> Clip:
    """A clip of `frames` pictures of `size`: a photograph, or people before another room."""
    way = random.random()
    if way < 0.35:
        clip = _moving(random, pick(random, material.people), size, frames)
    else:
        count = 0 if way < 0.45 else 1 + int(random.choice(3, p=(0.82, 0.14, 0.04)))
        clip = _composed(random, material, size, frames, count)
    rgb = _filmed(random, clip.rgb)
    if random.random() < 0.5:
        return Clip(*(np.ascontiguousarray(each[:, :, ::-1]) for each in (rgb, *clip[1:])))
    return Clip(rgb, clip.alpha, clip.trust)


def _moving(
    random: np.random.Generator, portrait: Portrait, size: tuple[int, int], frames: int
) -> Clip:
    """A photograph seen through a window that moves a little."""
    tall, wide = portrait.alpha.shape
    largest = min(tall / size[0], wide / size[1])
    scale = largest * (1 if random.random() < 0.4 else random.uniform(0.55, 1))
    centre = _inside(random, portrait, (size[0] * scale, size[1] * scale))
    path = _sway(random, frames, still=0.4)
    maps = [_window(turn, centre, scale, size) for turn in path]
    smaller = max(1.0, scale)
    planes = [shrunk(each, smaller) for each in (portrait.rgb, portrait.alpha, portrait.trust)]
    flags, mode = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR, cv2.BORDER_REPLICATE

    def seen(plane: npt.NDArray[Any], turn: Path2) -> npt.NDArray[Any]:
        return cv2.warpAffine(plane, turn / smaller, size[::-1], flags=flags, borderMode=mode)

    return Clip(*(np.stack([seen(plane, each) for each in maps]) for plane in planes))


def _inside(
    random: np.random.Generator, portrait: Portrait, window: tuple[float, float]
) -> tuple[float, float]:
    """A centre (y, x) of a window within the picture, if it can be one that shows people."""
    tall, wide = portrait.alpha.shape
    ys, xs = np.nonzero(portrait.alpha > 127)
    n = int(random.integers(len(ys)))
    return tuple(
        float(np.clip(at + random.normal(0, 0.25) * span, span / 2, max(side - span / 2, span / 2)))
        for at, span, side in zip((ys[n], xs[n]), window, (tall, wide), strict=True)
    )  # type: ignore[return-value]


def _window(turn: Float, centre: tuple[float, float], scale: float, size: tuple[int, int]) -> Path2:
    """The map from pixels of `size` to those of the photograph."""
    own = np.array([[scale, 0, centre[1] - scale * (size[1] - 1) / 2],
                    [0, scale, centre[0] - scale * (size[0] - 1) / 2], [0, 0, 1]])  # fmt: skip
    return np.asarray((own @ _about(turn, size))[:2])


def _about(turn: Float, size: tuple[int, int]) -> Path2:
    """(3, 3): turned, grown and moved by (angle, log scale, x, y) about the middle of `size`."""
    angle, grow, right, down = (float(each) for each in turn)
    cosine, sine = np.exp(grow) * np.cos(angle), np.exp(grow) * np.sin(angle)
    x, y = (size[1] - 1) / 2, (size[0] - 1) / 2
    across, along = right * size[1], down * size[0]
    return np.array([[cosine, -sine, x - cosine * x + sine * y + across],
                     [sine, cosine, y - sine * x - cosine * y + along], [0, 0, 1]])  # fmt: skip


def _sway(random: np.random.Generator, frames: int, still: float) -> Float:
    """(T, 4) of angle, log scale, right and down a frame: at rest, swaying, or fast."""
    if random.random() < still:
        return np.zeros((frames, 4), np.float32)
    times = np.cumsum(random.choice([1, 1, 1, 2, 4], frames))[:, None]
    speed = np.exp(random.uniform(np.log(0.03), np.log(0.5), 4))
    wave = np.sin(speed * times + random.uniform(0, 2 * np.pi, 4))
    size = np.array([0.05, 0.05, 0.04, 0.03]) * random.uniform(0, 1.5)
    return np.asarray(wave * size, np.float32)


def _composed(
    random: np.random.Generator, material: Material, size: tuple[int, int], frames: int, count: int
) -> Clip:
    """`count` people, or groups of them, before a room that is not theirs."""
    room = _lit_room(random, material, size)
    shown = _warped(room, _sway(random, frames, still=0.6), size)
    alpha = np.zeros((frames, *size), np.float32)
    for _ in range(count):
        layer = placed(random, pick(random, material.people), size)
        layer = lit(random, layer, room)
        if random.random() < 0.2:
            layer = glared(random, layer)
        for _ in range(int(random.choice(3, p=(0.6, 0.3, 0.1)))):
            shown, alpha = _before(random, draw_thing(random, material, layer), shown, alpha)
        if random.random() < 0.3:
            layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), random.uniform(0.4, 1.2)))
        fronts = _warped(layer, _sway(random, frames, still=0.2), size)
        share = fronts[..., 3:]
        if random.random() < 0.15:
            shown = shadowed(random, shown, share)
        shown = fronts[..., :3] + (1 - share) * shown
        alpha = share[..., 0] + (1 - share[..., 0]) * alpha
    if random.random() < 0.08:
        hide_below(random, material, shown, alpha)
    rgb = np.rint(shown.clip(0, 1) * 255).astype(np.uint8)
    known = np.rint(alpha.clip(0, 1) * 255).astype(np.uint8)
    return Clip(rgb, known, np.full_like(known, 255))


def _lit_room(random: np.random.Generator, material: Material, size: tuple[int, int]) -> Float:
    """A room of `size`, in some of which there is a shadow or strong light."""
    room = draw_room(random, material, size)
    if random.random() < 0.2:
        room = shaded(random, room)
    return sunlit(random, room) if random.random() < 0.08 else room


def _before(
    random: np.random.Generator, thing: Layer, shown: Float, alpha: Float
) -> tuple[Float, Float]:
    """`shown` (T, H, W, 3) and `alpha` (T, H, W) with `thing` before all that is in them."""
    path = _sway(random, len(shown), still=0.5)
    things = _warped(thing, path, (shown.shape[1], shown.shape[2]))
    seen = 1 - things[..., 3:]
    return things[..., :3] + seen * shown, seen[..., 0] * alpha


def _warped(picture: Float, path: Float, size: tuple[int, int]) -> Float:
    """`picture` of `size` in motion, (T, H, W, C)."""
    mode = cv2.BORDER_REFLECT_101 if picture.shape[2] == 3 else cv2.BORDER_REPLICATE

    def moved(turn: Float) -> Float:
        if not turn.any():
            return picture
        own = _about(turn, size)[:2]
        return np.asarray(cv2.warpAffine(picture, own, size[::-1], borderMode=mode), np.float32)

    return np.stack([moved(turn) for turn in path])


def _filmed(random: np.random.Generator, rgb: Rgb) -> Rgb:
    """As a camera shows it: of some exposure, colour and sharpness, with noise, and coded."""
    table = np.arange(256, dtype=np.float32) / 255
    gain = np.exp(random.normal(0, 0.15) + random.normal(0, 0.06, 3))
    gamma, contrast = np.exp(random.normal(0, 0.2)), random.uniform(0.7, 1.2)
    dark = random.uniform(0.15, 0.6) if random.random() < 0.12 else 1.0
    tables = [(((table * g) ** gamma - 0.5) * contrast + 0.5 + 0.0).clip(0, 1) * dark for g in gain]
    luts = np.stack([np.rint(each * 255).astype(np.uint8) for each in tables], axis=1)
    gray = random.random() < 0.04
    noise = random.uniform(0, 3) if random.random() < 0.7 else random.uniform(3, 12) * dark
    quality = int(random.integers(25, 90)) if random.random() < 0.4 else 0
    blur = random.uniform(0.3, 1.2) if random.random() < 0.2 else 0
    out = []
    for frame in rgb:
        each = cv2.LUT(frame, luts[None].reshape(1, 256, 3))
        if gray:
            each = np.repeat(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        if blur:
            each = cv2.GaussianBlur(each, (0, 0), blur)
        if noise > 0.5:
            grain = random.standard_normal(each.shape[:2], np.float32)[..., None] * np.float32(
                noise
            )
            each = np.clip(each + grain, 0, 255).astype(np.uint8)
        out.append(jpeg_coded(np.ascontiguousarray(each), quality) if quality else each)
    return np.stack(out)
