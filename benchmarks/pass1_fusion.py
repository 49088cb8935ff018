"""Pass 1 against true alphas: python -m benchmarks.pass1_fusion FOLDER [--json PATH].

FOLDER holds pairs NAME_image.png and NAME_alpha.png; in the order of their names they count as one
shot for each common prefix before the last "-" (presenter-000, presenter-001, ...).
"""

import argparse
import json
import sys
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha
from models.segmenter import QUALITIES, open_segmenter
from stream.frame import Frame

_FRAME_SECONDS = 0.04
_Scores = tuple[float, float, float]


def scores(alpha: Alpha, truth: Alpha) -> _Scores:
    """(MAD, MAD in the band, MAD outside it) x 1e3 of a coarse alpha against a true one.

    The band is where truth is fractional or within 12 px of its edge at 1080 lines.
    """
    height, width = truth.shape
    full = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    error, band = np.abs(full - truth) * 1e3, _band(truth)
    return _mean(error), _mean(error[band]), _mean(error[~band])


def _band(truth: Alpha) -> npt.NDArray[np.bool_]:
    reach = max(1, round(12 * min(truth.shape) / 1080))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    solid = (truth > 0.5).astype(np.uint8)
    near = cv2.dilate(solid, disc) != cv2.erode(solid, disc)
    return np.asarray(near | ((truth > 0.02) & (truth < 0.98)))


def _mean(values: npt.NDArray[np.float32]) -> float:
    return float(values.mean()) if values.size else 0.0


def shot_scores(images: list[Path], quality: str) -> _Scores:
    """Mean scores of one shot, in order."""
    segmenter = open_segmenter("selfie", quality)
    found = []
    for number, path in enumerate(images):
        rgb = np.ascontiguousarray(_read(path, cv2.IMREAD_COLOR)[..., ::-1])
        alpha_path = path.with_name(path.name.replace("_image", "_alpha"))
        truth = _read(alpha_path, cv2.IMREAD_GRAYSCALE).astype(np.float32) / np.float32(255)
        alpha = segmenter(Frame.from_rgb(rgb), _FRAME_SECONDS if number else None)
        found.append(scores(alpha, truth))
    mad, band, semantic = np.mean(found, axis=0).tolist()
    return mad, band, semantic


def _read(path: Path, mode: int) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path), mode)
    if picture is None:
        raise FileNotFoundError(f"{path} is missing or no picture")
    return np.asarray(picture, np.uint8)


def main() -> int:
    """Print a table, one line a shot and quality, and the mean of each quality."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    images = sorted(options.folder.glob("*_image.png"))
    shots = {key: list(group) for key, group in groupby(images, _shot)}
    table = {q: {shot: shot_scores(paths, q) for shot, paths in shots.items()} for q in QUALITIES}
    print(f"{'quality':10}{'shot':20}{'MAD':>8}{'band':>8}{'semantic':>10}")
    for quality, rows in table.items():
        mean = tuple(np.mean(list(rows.values()), axis=0).tolist()) if rows else (0.0,) * 3
        for shot, (mad, band, semantic) in [*rows.items(), ("mean", mean)]:
            print(f"{quality:10}{shot:20}{mad:8.1f}{band:8.1f}{semantic:10.1f}")
    if options.json:
        options.json.write_text(json.dumps(table, indent=1), encoding="utf-8")
    return 0


def _shot(path: Path) -> str:
    return path.name.removesuffix("_image.png").rpartition("-")[0] or path.stem


if __name__ == "__main__":
    sys.exit(main())
