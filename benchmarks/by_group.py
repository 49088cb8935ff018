"""Whether errors differ by skin tone, or by groups that a file names.

python -m benchmarks.by_group TABLE.json FOLDER [--groups GROUPS.toml] [--score MAD]

TABLE.json: what python -m benchmarks.quality --folder FOLDER wrote. Skin tones are individual
typology angles (Chardon et al., "Skin colour typology and suntanning pathways", 1991) of the skin
that a picture shows, so they follow the light as well as the skin. GROUPS.toml: lists of pictures'
names, by group. For each row and group: pictures, the mean score, and that of the worst group over
the mean of all.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.truths import folder_sets
from kernels.types import Alpha, Rgb
from stream.errors import StreamError, UsageError

TONES = {"light (ITA > 41)": 41.0, "medium (10 to 41)": 10.0, "dark (< 10)": -90.0}
"""Groups, from the lightest on, by the angle in degrees above which a skin belongs to one."""
_SIDE = 300
_LEAST = 300
"""Pixels of skin, at a long side of _SIDE, from which a tone can be told."""
Groups = Mapping[str, Sequence[str]]


def main() -> int:
    """Print the table; 1 on an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--groups", type=Path)
    parser.add_argument("--score", default="MAD")
    options = parser.parse_args()
    try:
        scored = json.loads(options.table.read_text(encoding="utf-8"))["pictures"]
        groups = dict(tones(options.folder))
        if options.groups:
            groups |= tomllib.loads(options.groups.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, UsageError, StreamError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for row in dict.fromkeys(each["row"] for each in scored):
        scores = {
            each["picture"]: each["scores"][options.score] for each in scored if each["row"] == row
        }
        print("\n".join(lines(row, scores, groups)))
    return 0


def lines(row: str, scores: Mapping[str, float], groups: Groups) -> list[str]:
    """A table of one row: of all, and of each group its pictures, mean, and mean over that of all.

    scores: by picture. Groups without a picture are left out.
    """
    overall = float(np.mean(list(scores.values())))
    out = [f"{row:24}{'all':24}{len(scores):5}{overall:9.2f}"]
    for group, names in groups.items():
        found = [scores[name] for name in names if name in scores]
        if found:
            mean = float(np.mean(found))
            out.append(f"{'':24}{group:24}{len(found):5}{mean:9.2f}{mean / overall:7.2f}")
    return out


def tones(folder: Path) -> dict[str, list[str]]:
    """The names of the stills in `folder` by skin tone, those without enough skin left out."""
    found: dict[str, list[str]] = {name: [] for name in TONES}
    for truths in folder_sets(folder):
        for truth in truths.truths(None):
            scale = _SIDE / max(truth.frame.height, truth.frame.width)
            size = round(truth.frame.height * scale), round(truth.frame.width * scale)
            alpha = cv2.resize(truth.alpha, size[::-1], interpolation=cv2.INTER_AREA)
            angle = skin_angle(truth.frame.rgb(*size), np.asarray(alpha, np.float32))
            if angle is not None:
                found[next(n for n, least in TONES.items() if angle > least)].append(truth.name)
    return found


def skin_angle(rgb: Rgb, alpha: Alpha) -> float | None:
    """The individual typology angle in degrees, [-90, 90]; None where too little skin is seen.

    rgb: (H, W, 3) uint8; alpha: (H, W) float32. Skin is looked for in the subject's upper half, by
    its chroma (Chai and Ngan, "Face Segmentation Using Skin-Color Map in Videophone
    Applications", 1999), which hardly depends on how light it is.
    """
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    if not len(rows):
        return None
    head = slice(int(rows[0]), int(rows[0] + max(1, (rows[-1] - rows[0]) // 2)))
    part = np.ascontiguousarray(rgb[head])
    chroma = cv2.cvtColor(part, cv2.COLOR_RGB2YCrCb)
    red, blue = chroma[..., 1], chroma[..., 2]
    skin = (alpha[head] > 0.95) & (red >= 133) & (red <= 173) & (blue >= 77) & (blue <= 127)
    if skin.sum() < _LEAST:
        return None
    lab = cv2.cvtColor(part / np.float32(255), cv2.COLOR_RGB2LAB)[skin]
    light, yellow = np.median(lab[:, 0]), np.median(lab[:, 2])
    return float(np.degrees(np.arctan2(light - 50, max(yellow, 1e-3))))


if __name__ == "__main__":
    sys.exit(main())
