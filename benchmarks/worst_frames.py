"""The frames where a way to an alpha errs most, beside the truth.

python -m benchmarks.worst_frames FOLDER OUT.png --row ROW [--count N] [--limit N] [--rvm ONNX]

FOLDER: of pairs and clips, see benchmarks.truths.folder_sets; ROW: one of benchmarks.quality with
a pass 1 of its own. Of each of N frames, the worst first and at most two of a clip: the picture,
its true alpha, the row's alpha, and the picture in that alpha on a loud colour.
"""

import argparse
import heapq
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import metrics
from benchmarks.contact_sheet import LOUD
from benchmarks.peers import peer_rows
from benchmarks.rows import Row, chosen, our_rows
from benchmarks.scoring import looks
from benchmarks.truths import folder_sets
from kernels.types import Alpha
from stream.errors import StreamError, UsageError
from stream.frame import Frame

_WIDTH = 320
_A_CLIP = 2
_Tile = npt.NDArray[np.uint8]


class Miss(NamedTuple):
    """A frame, how far its alpha is off (MAD x 1e3), and both alphas, all small."""

    error: float
    name: str
    clip: str
    tile: _Tile


def main() -> int:
    """Find the frames and draw them; 1 on an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--row", required=True)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--limit", type=int, help="pictures a set, frames a clip")
    parser.add_argument("--rvm", type=Path, help="where RVM's .onnx file lies")
    options = parser.parse_args()
    try:
        offers = chosen([*our_rows(), *peer_rows(options.rvm)], [options.row])
        row = offers[0].open()
        if row.see is None:
            raise UsageError(f"{options.row} has no pass 1 of its own")
        worst = _worst(_misses(row, options.folder, options.limit), options.count)
    except (UsageError, StreamError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for each in worst:
        print(f"{each.error:7.1f}  {each.clip} {each.name}")
    cv2.imwrite(str(options.out), np.vstack([each.tile for each in worst]))
    return 0


def _worst(misses: Iterator[Miss], count: int) -> list[Miss]:
    """The `count` of the largest error, at most _A_CLIP of a clip."""
    of_clips: dict[str, list[Miss]] = {}
    for miss in misses:
        kept = of_clips.setdefault(miss.clip, [])
        kept.append(miss)
        of_clips[miss.clip] = heapq.nlargest(_A_CLIP, kept, key=lambda each: each.error)
    every = [each for kept in of_clips.values() for each in kept]
    return heapq.nlargest(count, every, key=lambda each: each.error)


def _misses(row: Row, folder: Path, limit: int | None) -> Iterator[Miss]:
    for truths in folder_sets(folder):
        for truth in truths.truths(limit):
            *_, coarse = looks(row, truth)
            alpha = row.refine(truth.frame, coarse).alpha
            tile = _tile(truth.frame, truth.alpha, alpha)
            error = metrics.mad(alpha, truth.alpha, None)
            yield Miss(error, truth.name, truth.clip or truth.name, tile)


def _tile(frame: Frame, true: Alpha, found: Alpha) -> _Tile:
    """Picture, truth, alpha and cut-out side by side, BGR."""
    height = round(frame.height * _WIDTH / frame.width)
    rgb = np.asarray(frame.rgb(height, _WIDTH), np.uint8)
    small = cv2.resize(found, (_WIDTH, height), interpolation=cv2.INTER_AREA)[..., None]
    loud = np.rint(rgb * small + LOUD * (1 - small)).astype(np.uint8)
    parts = [rgb, _gray(true, height), _gray(found, height), loud]
    return np.ascontiguousarray(np.hstack(parts)[..., ::-1], np.uint8)


def _gray(alpha: Alpha, height: int) -> _Tile:
    small = cv2.resize(alpha, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.repeat(np.rint(small * 255).astype(np.uint8)[..., None], 3, axis=2)


if __name__ == "__main__":
    sys.exit(main())
