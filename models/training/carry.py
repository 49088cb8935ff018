"""Packs photographs for another machine: `python -m models.training.carry PHOTOGRAPHS OUT`.

Writes OUT/0.tar, OUT/1.tar and so on, about a seventh of the size in all; a folder into which all
are unpacked is read as PHOTOGRAPHS is. The first holds all rooms and enough people to begin with.
With --fine the people are those that pass 2 learns from, and not those of pass 1.
"""

import argparse
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.material import ROOM_SIDE
from models.training.portraits import SIDE, pictures_in, read_portrait

_OPINION_SIDE = 128
"""The second opinion is asked only where the first is wrong by far."""
_FINE_SIDE = 720
_COLOUR, _LABEL, _FINE_LABEL, _ROOM = 80, 90, 95, 60
"""WebP qualities: what a picture made of them hardly shows; of fine labels hair is to be kept."""

File = tuple[str, bytes]


def main() -> int:
    """Write the archives; name each with its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mebibytes", type=int, default=55, help="of an archive, at most")
    parser.add_argument("--fine", action="store_true", help="carry people at full size")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    people = _fine if options.fine else _people
    files = [*_rooms(options.photographs), *people(options.photographs)]
    for number, some in enumerate(_split(files, options.mebibytes << 20)):
        path = options.out / f"{number}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, data in some:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, BytesIO(data))
        print(f"{path}: {len(some)} files, {path.stat().st_size >> 20} MiB")
    return 0


def _split(files: list[File], most: int) -> Iterator[list[File]]:
    """`files` in turn, in lists that make no archive of more than `most` bytes."""
    some: list[File] = []
    size = 0
    for each in files:
        # An archive pads a file to blocks of 512 bytes after a block that tells of it.
        whole = 1024 + len(each[1])
        if some and size + whole > most - (1 << 16):
            yield some
            some, size = [], 0
        some.append(each)
        size += whole
    if some:
        yield some


def _rooms(photographs: Path) -> Iterator[File]:
    for path in pictures_in(photographs / "rooms"):
        yield f"rooms/{path.stem}.webp", _coded(path, ROOM_SIDE * 9 // 10, _ROOM, short=True)


def _people(photographs: Path) -> Iterator[File]:
    for label in pictures_in(photographs / "alpha" / "people"):
        name = label.stem
        if read_portrait(photographs, "people", name) is None:
            continue
        picture = next(photographs.glob(f"people/{name}.*"))
        second = next(photographs.glob(f"second/people/{name}.*"))
        yield f"people/{name}.webp", _coded(picture, SIDE, _COLOUR)
        yield f"alpha/people/{name}.webp", _coded(label, SIDE, _LABEL)
        yield f"second/people/{name}.webp", _coded(second, _OPINION_SIDE, _COLOUR)


def _fine(photographs: Path) -> Iterator[File]:
    for label in pictures_in(photographs / "fine" / "people"):
        own = next(photographs.glob(f"fine/own/{label.stem}.*"))
        yield f"fine/own/{label.stem}.webp", _coded(own, _FINE_SIDE, _COLOUR)
        yield f"fine/people/{label.stem}.webp", _coded(label, _FINE_SIDE, _FINE_LABEL)


def _coded(path: Path, side: int, quality: int, short: bool = False) -> bytes:
    """A picture whose longer (or shorter) side is `side` at most, as WebP."""
    read: npt.NDArray[np.uint8] = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)
    own = min(read.shape[:2]) if short else max(read.shape[:2])
    scale = min(1.0, side / own)
    small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


if __name__ == "__main__":
    sys.exit(main())
