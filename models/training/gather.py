"""Gathers the photographs that train pass 1: `python -m models.training.gather MIRRORS OUT`.

MIRRORS holds a git directory of each repository that photographs.toml names, OWNER+NAME,
OWNER+NAME/repo or OWNER+NAME/repo/.git (`git clone --mirror`). What is missing is said and left
out. Writes OUT/SHOWS/NUMBER.jpg, the long side at most 768 pixels, and OUT/index.json; the number
follows from the repository, the path and the frame of a film. Pictures that are small, gray, or
were seen before are left out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt

LIST = Path(__file__).with_name("photographs.toml")
_LONGEST, _SHORTEST = 768, 240
_FILMS = (".mkv", ".mp4")
_ALIKE = 6
"""Bits of 256 that two copies of one photograph may differ by."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Source:
    """Photographs of one repository, see photographs.toml; every: frames of a film, or
    pictures of a set that shows few people, for each one that is taken."""

    repository: str
    commit: str
    licence: str
    shows: str
    paths: tuple[str, ...]
    without: tuple[str, ...] = ()
    every: int = 1


def read_sources(path: Path = LIST) -> list[Source]:
    """The sources of a TOML file; TypeError on a key that no source has."""
    told: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["source"]
    for each in told:
        each |= {key: tuple(value) for key, value in each.items() if isinstance(value, list)}
    return [Source(**each) for each in told]


def git_folder(mirrors: Path, repository: str) -> Path | None:
    """Where the repository lies, None where it does not."""
    own = mirrors / repository.replace("/", "+")
    for folder in (own / "repo" / ".git", own / "repo", own / ".git", own):
        if (folder / "HEAD").is_file():
            return folder
    return None


def main() -> int:
    """Gather what the command line asks for; 1 when there is nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    index: list[dict[str, str]] = []
    seen = _Seen()
    for source in read_sources():
        folder, before = git_folder(options.mirrors, source.repository), len(index)
        if folder is None:
            print(f"missing: {source.repository} at {source.commit}", file=sys.stderr)
            continue
        (options.out / source.shows).mkdir(parents=True, exist_ok=True)
        for path, number, picture in _pictures(folder, source):
            if seen.before(picture):
                continue
            name = f"{source.shows}/{_number(source.repository)}{_number(path)}{number:05}.jpg"
            cv2.imwrite(str(options.out / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
            index.append({"file": name, "repository": source.repository})
        print(f"{source.repository}: {len(index) - before} {source.shows}", flush=True)
    if not index:
        print(f"error: {options.mirrors} holds none of what {LIST.name} names", file=sys.stderr)
        return 1
    (options.out / "index.json").write_text(json.dumps(index, indent=0), encoding="utf-8")
    return 0


class _Seen:
    """Knows copies by the signs of differences between neighbouring pixels of a 17x16 picture."""

    def __init__(self) -> None:
        self._signs = np.zeros((0, 32), np.uint8)

    def before(self, picture: Picture) -> bool:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        small = cv2.resize(gray, (17, 16), interpolation=cv2.INTER_AREA)
        signs = np.packbits(small[:, 1:] > small[:, :-1]).reshape(1, 32)
        apart = np.bitwise_count(self._signs ^ signs).sum(axis=1)
        known = bool((apart <= _ALIKE).any())
        if not known:
            self._signs = np.vstack([self._signs, signs])
        return known


def _pictures(folder: Path, source: Source) -> Iterator[tuple[str, int, Picture]]:
    for path in _listed(folder, source):
        data = _git(folder, "cat-file", "blob", f"{source.commit}:{path}")
        if Path(path).suffix.lower() in _FILMS:
            yield from ((path, n, each) for n, each in _film(data, source.every))
            continue
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
        picture = None if read is None else _usable(np.asarray(read))
        if picture is not None:
            yield path, 0, picture


def _listed(folder: Path, source: Source) -> list[str]:
    depths = {path.count("/") for path in source.paths}
    names = _git(folder, "ls-tree", "-r", "--name-only", "-z", source.commit).decode().split("\0")
    found = [
        name
        for name in names
        if name.count("/") in depths
        and any(fnmatch(name, each) for each in source.paths)
        and not any(fnmatch(name, each) for each in source.without)
    ]
    return [
        name
        for number, name in enumerate(found)
        if Path(name).suffix.lower() in _FILMS or number % source.every == 0
    ]


def _git(folder: Path, *words: str) -> bytes:
    """What git prints; nothing where the object is absent."""
    command = ["git", "--git-dir", str(folder), *words]
    return subprocess.run(command, capture_output=True, check=False).stdout


def _film(data: bytes, every: int) -> Iterator[tuple[int, Picture]]:
    with tempfile.NamedTemporaryFile(suffix=".mkv") as file:
        file.write(data)
        file.flush()
        film, number = cv2.VideoCapture(file.name), 0
        while film.grab():
            if (
                number % every == 0
                and (picture := _usable(np.asarray(film.retrieve()[1]))) is not None
            ):
                yield number, picture
            number += 1
        film.release()


def _usable(read: npt.NDArray[Any]) -> Picture | None:
    """BGR of at most _LONGEST pixels a side; None if small, gray, or cut out already."""
    if read.dtype != np.uint8 or read.ndim < 3 or min(read.shape[:2]) < _SHORTEST:
        return None
    if read.shape[2] == 4:
        if read[..., 3].min() < 255:
            return None
        read = read[..., :3]
    if np.ptp(read.astype(np.int16), axis=2).mean() < 4:
        return None
    scale = min(1.0, _LONGEST / max(read.shape[:2]))
    return np.asarray(
        cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


def _number(text: str) -> str:
    """Eight digits that stand for `text` on every machine, and tell nobody's name."""
    return f"{crc32(text.encode()):08x}"


if __name__ == "__main__":
    sys.exit(main())
