"""Pictures whose alpha is known: photographs, clips, and what is made by rules."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from stream.errors import UsageError
from stream.frame import Frame
from stream.mattes import mask_alpha
from stream.sources import open_source

STILLS = Path(__file__).parents[2] / "shared" / "stills"
_PICTURES = (".png", ".jpg", ".jpeg")
_CLIPS = (".mp4", ".mkv", ".mov", ".webm")
# What compression leaves of a true alpha's 0 and 1.
_NOISE = 2.5 / 255


class Truth(NamedTuple):
    """A picture, its true alpha and, where known, its subject's true colours and a coarse alpha.

    alpha: (H, W) float32 in [0, 1]; foreground: (H, W, 3) uint8; coarse: (h, w) float32, one that
    comes with the picture. clip: the name of the clip it is a frame of, None for a still; dt:
    seconds since the frame before, None for a still and for a clip's first frame.
    """

    name: str
    frame: Frame
    alpha: Alpha
    foreground: Rgb | None = None
    coarse: Alpha | None = None
    clip: str | None = None
    dt: float | None = None


class TruthSet(NamedTuple):
    """Truths that share a table.

    truths: yields them in order, at most a given number of stills or of frames a clip, where that
    is not None. people: whether a segmenter of people may be asked.
    """

    name: str
    truths: Callable[[int | None], Iterator[Truth]]
    people: bool = False


def stills_set() -> TruthSet:
    """The photographs of ../shared/stills with a true alpha; none where the folder is missing."""
    folders = STILLS / "measure_only", STILLS
    return TruthSet("stills", lambda most: islice(chain(*map(_pairs, folders)), most))


def procedural_set(count: int) -> TruthSet:
    """`count` pictures made from seeds that no training uses.

    Its truths raise ImportError where models.training cannot make them.
    """
    return TruthSet("procedural", lambda most: islice(_made(count), most))


def _made(count: int) -> Iterator[Truth]:
    from models.training.samples import held_out

    for number, sample in enumerate(held_out(count)):
        frame = Frame.from_rgb(np.ascontiguousarray(sample.rgb))
        # In 8 bits, as photographs' truths are: nobody sees what blurs leave far away.
        alpha = (np.rint(sample.alpha * 255) / 255).astype(np.float32)
        yield Truth(f"{number:04}", frame, alpha, sample.foreground, sample.coarse)


def folder_sets(folder: Path) -> list[TruthSet]:
    """What `folder` holds: a set of stills, a set of clips, or both.

    Stills: NAME.png or .jpg beside NAME_alpha.png, NAME_image beside NAME_alpha, or the same NAME
    in the subfolders image and alpha. Clips: NAME.mp4, .mkv, .mov or .webm beside NAME_alpha of
    any of these. NAME_foreground or the subfolder foreground may hold true colours.
    Raises UsageError when nothing of this is there.
    """
    found = []
    if any(True for _ in _pair_paths(folder, _PICTURES)):
        found.append(
            TruthSet(
                f"{folder.name} stills",
                lambda most: islice(_pairs(folder), most),
                people=True,
            )
        )
    if any(True for _ in _pair_paths(folder, _CLIPS)):
        found.append(
            TruthSet(f"{folder.name} clips", lambda most: _clips(folder, most), people=True)
        )
    if not found:
        raise UsageError(f"{folder} holds no pair NAME and NAME_alpha of pictures or clips")
    return found


def _pair_paths(folder: Path, endings: tuple[str, ...]) -> Iterator[tuple[Path, Path, Path | None]]:
    """(picture, alpha, foreground where there is one) of each pair, by name."""
    images = folder / "image" if (folder / "image").is_dir() else folder
    for path in sorted(each for each in images.glob("*") if each.suffix.lower() in endings):
        name = path.stem.removesuffix("_image")
        alpha = _partner(folder, images, name, "alpha", endings)
        if alpha is not None and alpha != path:
            yield path, alpha, _partner(folder, images, name, "foreground", endings)


def _partner(
    folder: Path, images: Path, name: str, kind: str, endings: tuple[str, ...]
) -> Path | None:
    stem = folder / kind / name if images != folder else folder / f"{name}_{kind}"
    paths = (stem.with_name(stem.name + ending) for ending in endings)
    return next((path for path in paths if path.exists()), None)


def _pairs(folder: Path, most: int | None = None) -> Iterator[Truth]:
    for path, alpha_path, colour_path in islice(_pair_paths(folder, _PICTURES), most):
        frame = Frame.from_rgb(_read_rgb(path))
        foreground = None if colour_path is None else _read_rgb(colour_path)
        name = path.stem.removesuffix("_image")
        yield _checked(Truth(name, frame, _read_alpha(alpha_path), foreground))


def _clips(folder: Path, most: int | None) -> Iterator[Truth]:
    for path, alpha_path, colour_path in _pair_paths(folder, _CLIPS):
        before: Frame | None = None
        colours = None if colour_path is None else _frames(colour_path)
        parts = zip(_frames(path), _frames(alpha_path), strict=True)
        for number, (frame, mask) in enumerate(islice(parts, most)):
            colour = None if colours is None else next(colours)
            foreground = None if colour is None else colour.rgb(colour.height, colour.width)
            dt = None if before is None else float(frame.seconds - before.seconds)
            alpha, name = _denoised(mask_alpha(mask)), f"{path.stem}:{number:04}"
            yield _checked(Truth(name, frame, alpha, foreground, None, path.stem, dt))
            before = frame


def _frames(path: Path) -> Iterator[Frame]:
    with open_source(str(path), carry=False) as source:
        yield from source


def _denoised(alpha: Alpha) -> Alpha:
    alpha[alpha < _NOISE], alpha[alpha > 1 - _NOISE] = 0, 1
    return alpha


def _checked(truth: Truth) -> Truth:
    size = truth.frame.height, truth.frame.width
    if truth.alpha.shape != size:
        raise UsageError(f"{truth.name}: alpha {truth.alpha.shape} does not fit picture {size}")
    return truth


def _read_rgb(path: Path) -> Rgb:
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise UsageError(f"{path}: no picture")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)


def _read_alpha(path: Path) -> Alpha:
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if read is None:
        raise UsageError(f"{path}: no picture")
    peak = np.float32(65535 if read.dtype == np.uint16 else 255)
    return np.asarray(read, np.float32) / peak
