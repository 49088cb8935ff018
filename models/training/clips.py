"""Short clips of people of known alpha, to train pass 1: composed, or photographs in motion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Rgb
from models.training.codec import jpeg_coded
from models.training.portraits import Layer, Portrait, unit

Float = npt.NDArray[np.float32]
Path2 = npt.NDArray[np.float64]
"""(T, 2, 3): an affine map a frame."""

Item = TypeVar("Item")

SIZES = ((144, 256), (144, 256), (144, 256), (192, 192), (192, 192), (256, 144))
"""Of about equal area: whole frames, and looks at a part."""


class Clip(NamedTuple):
    """rgb: (T, H, W, 3) uint8; alpha, trust: (T, H, W) uint8."""

    rgb: Rgb
    alpha: npt.NDArray[np.uint8]
    trust: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Material:
    """What clips are made of; rooms: (H, W, 3) uint8 pictures that nobody is in."""

    people: Sequence[Portrait]
    rooms: Sequence[Rgb]


def draw_clip(
    random: np.random.Generator, material: Material, size: tuple[int, int], frames: int
) -> Clip:
    """A clip of `frames` pictures of `size`: a photograph, or people before another room."""
    way = random.random()
    if way < 0.35:
        clip = _moving(random, _pick(random, material.people), size, frames)
    else:
        count = 0 if way < 0.45 else 1 + int(random.choice(3, p=(0.82, 0.14, 0.04)))
        clip = _composed(random, material, size, frames, count)
    rgb = _filmed(random, clip.rgb)
    if random.random() < 0.5:
        return Clip(*(np.ascontiguousarray(each[:, :, ::-1]) for each in (rgb, *clip[1:])))
    return Clip(rgb, clip.alpha, clip.trust)


def _pick(random: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(random.integers(len(items)))]


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
    planes = [_shrunk(each, smaller) for each in (portrait.rgb, portrait.alpha, portrait.trust)]
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
    room = _room(random, material, size)
    shown = _warped(room, _sway(random, frames, still=0.6), size)
    alpha = np.zeros((frames, *size), np.float32)
    for _ in range(count):
        layer = _placed(random, _pick(random, material.people), size)
        layer = _lit(random, layer, room)
        if random.random() < 0.3:
            layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), random.uniform(0.4, 1.2)))
        fronts = _warped(layer, _sway(random, frames, still=0.2), size)
        share = fronts[..., 3:]
        shown = fronts[..., :3] + (1 - share) * shown
        alpha = share[..., 0] + (1 - share[..., 0]) * alpha
    if random.random() < 0.08:
        _hide_below(random, material, shown, alpha)
    rgb = np.rint(shown.clip(0, 1) * 255).astype(np.uint8)
    known = np.rint(alpha.clip(0, 1) * 255).astype(np.uint8)
    return Clip(rgb, known, np.full_like(known, 255))


def _room(random: np.random.Generator, material: Material, size: tuple[int, int]) -> Float:
    """A room of `size`, perhaps with others' pictures in it, perhaps out of focus."""
    if random.random() < 0.5:
        picture = unit(_pick(random, material.rooms))
    else:
        picture = unit(_pick(random, material.people).empty)
    room = _cropped(random, picture, size)
    for _ in range(int(random.choice(3, p=(0.8, 0.15, 0.05)))):
        _hang(random, room, material)
    if random.random() < 0.4:
        sigma = float(np.exp(random.uniform(np.log(0.5), np.log(6))))
        room = np.asarray(cv2.GaussianBlur(room, (0, 0), sigma), np.float32)
    return room


def _hang(random: np.random.Generator, room: Float, material: Material) -> None:
    """Hang a picture on the wall: of things, or a photograph of a face."""
    height, width = room.shape[:2]
    if random.random() < 0.6:
        photo = _pick(random, material.people).rgb
    else:
        photo = _pick(random, material.rooms)
    tall = int(height * random.uniform(0.12, 0.45))
    wide = max(4, min(int(tall * photo.shape[1] / photo.shape[0]), width - 2))
    y, x = int(random.integers(height - tall)), int(random.integers(width - wide))
    rim = max(1, round(0.04 * tall))
    room[y : y + tall, x : x + wide] = random.uniform(0, 1, 3)
    inner = tall - 2 * rim, wide - 2 * rim
    if min(inner) > 2:
        small = cv2.resize(photo, inner[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
        room[y + rim : y + rim + inner[0], x + rim : x + rim + inner[1]] = small


def _cropped(random: np.random.Generator, picture: Float, size: tuple[int, int]) -> Float:
    """Some of a picture, of `size`, with its aspect kept but for a fifth."""
    tall, wide = picture.shape[:2]
    scale = min(tall / size[0], wide / size[1]) * random.uniform(0.5, 1)
    h, w = max(2, int(size[0] * scale)), max(2, int(size[1] * scale * random.uniform(0.8, 1)))
    y, x = int(random.integers(tall - h + 1)), int(random.integers(wide - w + 1))
    part = picture[y : y + h, x : x + w]
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, size[::-1], interpolation=method), np.float32)


def _placed(random: np.random.Generator, portrait: Portrait, size: tuple[int, int]) -> Layer:
    """The people of a portrait in a picture of `size`, cut off nowhere but at its sides."""
    layer = portrait.layer()
    rows = np.flatnonzero((layer[..., 3] > 0.5).any(axis=1))
    columns = np.flatnonzero((layer[..., 3] > 0.5).any(axis=0))
    top, left, bottom, right = portrait.cut
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if bottom:
        scale = size[0] * random.uniform(0.4, 1.25) / tall
    else:
        scale = size[0] * float(np.exp(random.uniform(np.log(0.3), np.log(1.8)))) / tall
    if left and right:
        scale = max(scale, size[1] / wide)
    elif left or right:
        scale = max(scale, 0.4 * size[1] / wide)
    if top and bottom:
        scale = max(scale, size[0] / tall)
    scale = min(scale, 6 * max(size) / max(tall, wide))
    y = _position(random, size[0], rows[0] * scale, (rows[-1] + 1) * scale, top, bottom, low=True)
    x = _position(random, size[1], columns[0] * scale, (columns[-1] + 1) * scale, left, right)
    shrink = max(1.0, 1 / scale)
    small = _shrunk(layer, shrink)
    move = np.array([[scale * shrink, 0, x], [0, scale * shrink, y]])
    # One that is cut at a side is placed at or beyond that side of the picture, and goes on there.
    out = cv2.warpAffine(small, move, size[::-1], borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, np.float32)


def _position(
    random: np.random.Generator, size: int, first: float, end: float, before: bool, after: bool,
    low: bool = False,
) -> float:  # fmt: skip
    """Where to begin, so that [first, end) lies in [0, size) but for the sides it is cut at."""
    length = end - first
    if before and after:
        return -first - random.uniform(0, max(length - size, 0))
    if after:
        return size - end + random.uniform(0, 0.12) * length
    if before:
        return -first - random.uniform(0, 0.12) * length
    if low:
        # Somebody who is shown whole stands on the ground, or goes on below.
        return (
            size * random.uniform(0.75, 1.0) - end + max(0.0, length - size) * random.uniform(0, 1)
        )
    # Seven tenths of whoever fits are in the picture, and who does not fit fills it.
    least, most = sorted((-0.3 * length, size - 0.7 * length))
    return random.uniform(least, most) - first


def _lit(random: np.random.Generator, layer: Layer, room: Float) -> Layer:
    """`layer` with its mean colour somewhat nearer to that of the room, and of another exposure."""
    own = (layer[..., :3].sum(axis=(0, 1)) + 1e-3) / (layer[..., 3].sum() + 1e-3)
    gain = ((room.mean(axis=(0, 1)) + 0.1) / (own + 0.1)) ** random.uniform(0, 0.8)
    gain = gain.clip(0.4, 1.6) * np.exp(random.normal(0, 0.1))
    colour = layer[..., :3] * gain.astype(np.float32)
    return np.dstack([np.minimum(colour, layer[..., 3:]), layer[..., 3:]])


def _hide_below(
    random: np.random.Generator, material: Material, shown: Float, alpha: Float
) -> None:
    """A table, a laptop or a wall before the people's lower part."""
    height, width = alpha.shape[1:]
    tall = int(height * random.uniform(0.06, 0.3))
    wide = int(width * random.uniform(0.25, 1))
    left = int(random.integers(width - wide + 1))
    picture = unit(_pick(random, material.rooms))
    part = _cropped(random, picture, (max(tall, 2), max(wide, 2)))
    place = (slice(None), slice(height - part.shape[0], height), slice(left, left + part.shape[1]))
    shown[place], alpha[place] = part, 0


def _warped(picture: Float, path: Float, size: tuple[int, int]) -> Float:
    """`picture` of `size` in motion, (T, H, W, C)."""
    mode = cv2.BORDER_REFLECT_101 if picture.shape[2] == 3 else cv2.BORDER_REPLICATE

    def moved(turn: Float) -> Float:
        if not turn.any():
            return picture
        own = _about(turn, size)[:2]
        return np.asarray(cv2.warpAffine(picture, own, size[::-1], borderMode=mode), np.float32)

    return np.stack([moved(turn) for turn in path])


def _shrunk(plane: npt.NDArray[Any], by: float) -> npt.NDArray[Any]:
    if by <= 1:
        return plane
    size = max(1, round(plane.shape[1] / by)), max(1, round(plane.shape[0] / by))
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


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
