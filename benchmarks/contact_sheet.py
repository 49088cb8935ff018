"""One picture of many moments of cut-outs: source, alpha, colour on magenta, a close look.

python -m benchmarks.contact_sheet CUTOUT [--source CLIP] [--moments 5] -o SHEET.png
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from kernels.types import Alpha, Rgb
from stream.read_back import rgba_pictures

LOUD = np.array([255, 0, 255], np.float32)
WIDTH = 360
CLOSE = 90


def main() -> None:
    """Write the sheet the command line asks for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("cutout")
    arguments.add_argument("--source")
    arguments.add_argument("--moments", type=int, default=5)
    arguments.add_argument("-o", "--out", default="sheet.png")
    options = arguments.parse_args()
    cutouts = moments(options.cutout, options.moments)
    sources = moments(options.source, options.moments) if options.source else cutouts
    columns = [column(a[0], *b) for a, b in zip(sources, cutouts, strict=True)]
    height = min(each.shape[0] for each in columns)
    sheet = np.hstack([each[:height] for each in columns])
    cv2.imwrite(str(Path(options.out)), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def moments(path: str, count: int) -> list[tuple[Rgb, Alpha]]:
    """`count` pictures of `path`, evenly spread."""
    total = sum(1 for _ in rgba_pictures(path))
    wanted = {round((each + 0.5) * total / count - 0.5) for each in range(count)}
    return [found for index, found in enumerate(rgba_pictures(path)) if index in wanted]


def column(source: Rgb, straight: Rgb, alpha: Alpha) -> Rgb:
    """Source, alpha, colour on magenta and a close look at the head's edge, one below the other."""
    weight = alpha[..., None]
    loud = np.rint(straight * weight + LOUD * (1 - weight)).astype(np.uint8)
    gray = np.repeat(np.rint(weight * 255).astype(np.uint8), 3, axis=2)
    parts = [_fit(each, WIDTH) for each in (source, gray, loud)]
    return np.vstack([*parts, _fit(_edge(loud, alpha), WIDTH)])


def _fit(picture: Rgb, width: int) -> Rgb:
    height = round(picture.shape[0] * width / picture.shape[1])
    method = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


def _edge(picture: Rgb, alpha: Alpha) -> Rgb:
    """What surrounds the highest sure point of the subject, 2 x CLOSE wide."""
    rows = np.flatnonzero((alpha > 0.5).sum(axis=1) > 4)
    top = int(rows[0]) if len(rows) else 0
    columns = np.flatnonzero(alpha[min(top + CLOSE // 4, alpha.shape[0] - 1)] > 0.5)
    middle = int(columns.mean()) if len(columns) else alpha.shape[1] // 2
    y = min(max(top - CLOSE // 4, 0), max(alpha.shape[0] - CLOSE * 3 // 2, 0))
    x = min(max(middle - CLOSE, 0), max(alpha.shape[1] - 2 * CLOSE, 0))
    return picture[y : y + CLOSE * 3 // 2, x : x + 2 * CLOSE]


if __name__ == "__main__":
    main()
