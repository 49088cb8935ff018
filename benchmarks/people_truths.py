"""People of known alpha for benchmarks.quality: cut out of portraits, laid over rooms.

python -m benchmarks.people_truths OUT --portraits DIR --rooms DIR --rvm ONNX [--clips N]
[--stills N] [--seed S] [--without NUMBER,...]

Writes stills person_001.png beside person_001_alpha.png, then clips NAME.mp4 beside
NAME_alpha.mkv. No portrait is used twice; --without leaves some out by the number printed.
The alpha is true of the composite however the teacher erred, but it has the shapes that the
teacher sees: a set like this does not rank the teacher itself.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.fit_portraits import people, pictures, read_picture
from benchmarks.peers import Rvm
from kernels.types import Alpha, Rgb
from models.training.codec import Image, blurred, grain, video_coded
from models.training.jpeg import jpeg_coded
from models.training.portraits import Layer
from stream.errors import UsageError
from stream.frame import Frame

SIZE = (720, 1280)
FRAMES, RATE = 40, 25
ROOMS = "volcomix_*.jpg"
_SETTLE = 8
# What of the height goes on below the picture, so that swaying never lifts a cut-out's lower edge.
_BELOW = 0.06
# More light than this and a well lit face loses its highlights.
_BRIGHTEST = 1.12


def seated(random: np.random.Generator, layer: Layer) -> Layer:
    """`layer` in a picture of SIZE whose lower side it fills and goes on beneath, by _BELOW.

    Its head is somewhere below the upper side; a third are close, cut lower on the chest.
    """
    height, width = SIZE
    below = round(height * _BELOW)
    rows = np.flatnonzero(layer[..., 3].max(axis=1) > 0.5)
    close = random.random() < 1 / 3
    room = random.uniform(0.02, 0.08) if close else random.uniform(0.06, 0.35)
    scale = (height * (1 - room) + below) / (rows[-1] - rows[0] + 1)
    scale *= random.uniform(1.08, 1.25) if close else 1
    size = max(1, round(layer.shape[1] * scale)), max(1, round(layer.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grown = np.asarray(cv2.resize(layer, size, interpolation=method), np.float32)
    columns = np.flatnonzero((grown[..., 3] > 0.5).any(axis=0))
    centre = width / 2 + random.normal(0, 0.07) * width
    left, top = centre - columns.mean(), height * room - rows[0] * scale
    move = np.array([[1, 0, round(left)], [0, 1, round(top)]], np.float32)
    return np.asarray(cv2.warpAffine(grown, move, (width, height + below)), np.float32)


def sway(random: np.random.Generator, frames: int) -> list[npt.NDArray[np.float64]]:
    """`frames` affine maps (2, 3) of a layer in its picture: a slow sway about the lower middle."""
    height, width = SIZE
    time = np.arange(frames)[:, None] / RATE
    speed, phase = random.uniform(0.2, 0.7, (2, 5)), random.uniform(0, 2 * np.pi, (2, 5))
    wave = np.sin(2 * np.pi * speed[0] * time + phase[0]) + 0.3 * np.sin(
        4 * np.pi * speed[1] * time + phase[1]
    )
    turn, zoom = 1.2 * wave[:, 0], 1 + 0.02 * wave[:, 1]
    across, down = 0.025 * width * wave[:, 2], 0.006 * height * wave[:, 3]
    maps = []
    for n in range(frames):
        each = cv2.getRotationMatrix2D((width / 2, float(height)), turn[n], zoom[n])
        each[:, 2] += across[n], down[n]
        maps.append(np.asarray(each, np.float64))
    return maps


def lit(layer: Layer, room: Image) -> Layer:
    """`layer` with its mean colour a third of the way to that of `room` (H, W, 3)."""
    own = (layer[..., :3].sum(axis=(0, 1)) + 1e-6) / (layer[..., 3].sum() + 1e-6)
    gain = ((room.mean(axis=(0, 1)) + 0.1) / (own + 0.1)) ** 0.35
    colour = layer[..., :3] * gain.clip(0.7, _BRIGHTEST).astype(np.float32)
    return np.dstack([np.minimum(colour, layer[..., 3:]), layer[..., 3:]])


def shown(
    random: np.random.Generator, layer: Layer, room: Image, noise: float
) -> tuple[Rgb, npt.NDArray[np.uint8]]:
    """The (H, W, 3) uint8 picture of `layer` before `room` (H, W, 3) with noise, and its alpha."""
    height, width = room.shape[:2]
    layer = layer[:height]
    light = layer[..., :3] + (1 - layer[..., 3:]) * room
    light += np.float32(noise) * grain(random, height, width, 1)
    light += np.float32(noise / 2) * grain(random, height, width, 3)
    picture, alpha = (np.rint(each.clip(0, 1) * 255) for each in (light, layer[..., 3]))
    return picture.astype(np.uint8), alpha.astype(np.uint8)


def scene(random: np.random.Generator, rooms: Sequence[Rgb]) -> Image:
    """Some of a room (H, W, 3) uint8, a tenth higher and wider than SIZE, perhaps out of focus."""
    room = rooms[int(random.integers(len(rooms)))]
    shape = round(1.1 * SIZE[0]), round(1.1 * SIZE[1])
    scale = min(room.shape[0] / shape[0], room.shape[1] / shape[1]) * random.uniform(0.7, 1)
    tall, wide = max(1, int(shape[0] * scale)), max(1, int(shape[1] * scale))
    top = random.integers(room.shape[0] - tall + 1)
    left = random.integers(room.shape[1] - wide + 1)
    part = np.asarray(room[top : top + tall, left : left + wide] / np.float32(255), np.float32)
    part = np.asarray(cv2.resize(part[:, :: random.choice([1, -1])], shape[::-1]), np.float32)
    return blurred(part, random.uniform(0, 6) if random.random() < 0.6 else 0)


def write_still(
    random: np.random.Generator, layer: Layer, rooms: Sequence[Rgb], stem: Path
) -> None:
    """Write STEM.png, decoded from JPEG or H.264, and STEM_alpha.png."""
    room = scene(random, rooms)[: SIZE[0], : SIZE[1]]
    front = blurred(lit(seated(random, layer), room), random.uniform(0, 0.8))
    rgb, alpha = shown(random, front, room, random.uniform(0.003, 0.015))
    if random.random() < 0.5:
        rgb = jpeg_coded(rgb, int(random.integers(65, 95)))
    else:
        rgb = video_coded(random, rgb, int(random.integers(19, 28)), 3)
    cv2.imwrite(f"{stem}.png", rgb[..., ::-1])
    cv2.imwrite(f"{stem}_alpha.png", alpha)


def write_clip(random: np.random.Generator, layer: Layer, rooms: Sequence[Rgb], stem: Path) -> None:
    """Write STEM.mp4, H.264 of rate factor 23, and STEM_alpha.mkv, lossless gray."""
    height, width = SIZE
    wide, noise = scene(random, rooms), random.uniform(0.003, 0.012)
    front = lit(seated(random, layer), wide)
    margin = np.array([wide.shape[1] - width, wide.shape[0] - height]) / 2
    pan = random.uniform(-1, 1, 2) * margin * (random.random() < 0.5)
    with ExitStack() as stack:
        picture = _track(stack, Path(f"{stem}.mp4"), "libx264", "yuv420p", {"crf": "23"})
        truth = _track(stack, Path(f"{stem}_alpha.mkv"), "ffv1", "gray", {})
        for number, turn in enumerate(sway(random, FRAMES)):
            corner = margin + pan * (2 * number / max(FRAMES - 1, 1) - 1)
            move = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]]])
            room = np.asarray(cv2.warpAffine(wide, move, (width, height)), np.float32)
            moved = cv2.warpAffine(front, turn, (width, front.shape[0]))
            rgb, alpha = shown(random, np.asarray(moved, np.float32), room, noise)
            picture(rgb, "rgb24", number)
            truth(alpha, "gray", number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the set that `arguments`, or the command line, ask for; 1 on an error."""
    options = _parser().parse_args(arguments)
    try:
        write_set(options, _settled(Rvm(options.rvm)))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def write_set(options: argparse.Namespace, teacher: Callable[[Rgb], Alpha]) -> None:
    """Write what `main` says; a portrait's place and light stay when others are left out.

    Raises UsageError when there are no rooms or too few fit portraits.
    """
    paths = pictures(options.portraits, "**/*")
    rooms = [
        np.ascontiguousarray(read_picture(each)[..., ::-1])
        for each in pictures(options.rooms, ROOMS)
    ]
    order = np.random.default_rng(options.seed).permutation(len(paths))
    found = people(paths, [n for n in order if n not in options.without], teacher)
    options.out.mkdir(parents=True, exist_ok=True)
    total, made = options.stills + options.clips, 0
    for made, (number, layer) in enumerate(islice(found, total), 1):
        print(f"person_{made:03} is portrait {number}", file=sys.stderr)
        write = write_still if made <= options.stills else write_clip
        own = np.random.default_rng([options.seed, int(number)])
        write(own, layer, rooms, options.out / f"person_{made:03}")
    if made < total:
        raise UsageError(f"{options.portraits} gave {made} people, not {total}")


def _settled(net: Rvm) -> Callable[[Rgb], Alpha]:
    """`net` on a still, looked at until its state has settled."""

    def teacher(rgb: Rgb) -> Alpha:
        frame = Frame.from_rgb(rgb)
        return [net.see(frame, 1 / RATE if look else None) for look in range(_SETTLE)][-1]

    return teacher


def _track(
    stack: ExitStack, path: Path, codec: str, pixel_format: str, options: dict[str, str]
) -> Callable[[npt.NDArray[np.uint8], str, int], None]:
    """What writes a picture, of the layout that av calls it, at a number into the film `path`."""
    container = stack.enter_context(av.open(str(path), "w"))
    stream: Any = container.add_stream(codec, RATE, options=options)
    (stream.height, stream.width), stream.pix_fmt = SIZE, pixel_format
    stack.callback(lambda: container.mux(stream.encode(None)))

    def write(picture: npt.NDArray[np.uint8], layout: str, number: int) -> None:
        frame = av.VideoFrame.from_ndarray(picture, layout)
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        container.mux(stream.encode(frame))

    return write


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--portraits", type=Path, required=True)
    parser.add_argument("--rooms", type=Path, required=True, help=f"where {ROOMS} lie")
    parser.add_argument("--rvm", type=Path, required=True, help="the teacher's .onnx file")
    parser.add_argument("--stills", type=int, default=24)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without", type=_numbers, default=[], help="portraits, by number")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each.strip()]


if __name__ == "__main__":
    sys.exit(main())
