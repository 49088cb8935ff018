"""How much pass 2 mends coarse masks of known flaws, on photographs with true alpha.

Prints MAD and band MAD (x 1e3), Grad (/ 1e3) of the enlarged mask and of each quality, the
foreground's squared error in the band where it is known, and milliseconds a frame.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kernels.coarse import cleaned
from kernels.refine import upsample_band
from kernels.types import Alpha, Rgb
from models.refiner import ClassicalRefiner, Refined, estimate_foreground
from models.segmenter import QUALITIES
from stream.frame import Frame

STILLS = Path(__file__).parents[2] / "shared" / "stills"
CELL = 5
FLAWS = ("shrunk", "hard", "blurred", "eroded")
Image = npt.NDArray[np.float32]


class Still(NamedTuple):
    """A photograph, its true alpha and, where known, its subject's true colours."""

    frame: Frame
    alpha: Alpha
    foreground: Rgb | None


def main() -> None:
    """Measure and print; --json PATH keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    path = parser.parse_args().json
    photographs = list(stills())
    if not photographs:
        raise SystemExit(f"no photographs with true alpha in {STILLS}")
    found = {"quality": quality_table(photographs), "milliseconds": time_table(photographs[0])}
    if path:
        path.write_text(json.dumps(found, indent=2))


def stills() -> Iterator[Still]:
    """Every photograph with a true alpha."""
    for path in sorted(STILLS.glob("measure_only/*_image.png")):
        truth = path.with_name(path.name.replace("_image", "_alpha"))
        yield Still(Frame.from_rgb(_rgb(path)), _alpha(truth), None)
    if (STILLS / "lemur_foreground.png").exists():
        frame = Frame.from_rgb(_rgb(STILLS / "lemur.png"))
        alpha = _alpha(STILLS / "lemur_alpha.png")
        yield Still(frame, alpha, _rgb(STILLS / "lemur_foreground.png"))


def flawed(alpha: Alpha, flaw: str) -> Alpha:
    """`alpha` shrunk to cells of 5 pixels, and spoilt."""
    height, width = alpha.shape
    size = (round(width / CELL), round(height / CELL))
    coarse = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    if flaw == "hard":
        coarse = (coarse > 0.5).astype(np.float32)
    elif flaw == "blurred":
        coarse = np.asarray(cv2.GaussianBlur(coarse, (0, 0), 1.5), np.float32)
    elif flaw == "eroded":
        eroded = cv2.GaussianBlur(cv2.erode(coarse, np.ones((3, 3))), (0, 0), 0.8)
        coarse = np.asarray(np.roll(eroded, 1, axis=1), np.float32)
    return coarse


def quality_table(photographs: list[Still]) -> dict[str, list[float]]:
    """Mean MAD, band MAD, Grad and foreground error of each method and flaw."""
    table = {}
    print(f"{'':24}{'MAD':>8}{'band':>8}{'Grad':>8}{'FG MSE':>8}")
    for flaw in FLAWS:
        for method in ("enlarged", *QUALITIES):
            rows = [_score(still, method, flawed(still.alpha, flaw)) for still in photographs]
            means = [float(value) for value in np.nanmean(rows, axis=0)]
            table[f"{flaw} {method}"] = means
            print(f"{flaw:10}{method:14}" + "".join(f"{value:8.2f}" for value in means))
    return table


def time_table(still: Still) -> dict[str, list[float]]:
    """Median milliseconds to refine and to estimate the foreground, each quality and size."""
    table = {}
    print(f"{'':24}{'refine':>10}{'foreground':>12}  ms, median")
    for height, width in ((720, 1280), (1080, 1920)):
        frame = Frame.from_rgb(still.frame.rgb(height, width))
        coarse = cv2.resize(still.alpha, (256, 144), interpolation=cv2.INTER_AREA)
        for quality in QUALITIES:
            refine = ClassicalRefiner(quality)
            mask = np.asarray(coarse, np.float32)
            found = refine(frame, mask)
            medians = [
                _median(lambda: refine(frame, mask)),  # noqa: B023
                _median(lambda: _foreground(frame, found)),  # noqa: B023
            ]
            table[f"{height} {quality}"] = medians
            print(f"{height:<10}{quality:14}{medians[0]:10.2f}{medians[1]:12.2f}")
    return table


def _score(still: Still, method: str, coarse: Alpha) -> list[float]:
    frame = still.frame
    found = ClassicalRefiner("balanced" if method == "enlarged" else method)(frame, coarse)
    alpha, planes = found.alpha, frame.planes
    if method == "enlarged":
        alpha = upsample_band(cleaned(coarse), found.kinds, frame.height, frame.width)
    else:
        planes = _foreground(frame, found)
    error, band = np.abs(alpha - still.alpha), _band(still.alpha)
    grad = ((_gradient(alpha) - _gradient(still.alpha)) ** 2).sum() / 1e3
    colour = float("nan")
    if still.foreground is not None:
        seen = np.stack([planes[2], planes[0], planes[1]], axis=2) / 255
        off = ((seen - still.foreground / 255) ** 2).mean(axis=2)
        colour = off[band & (still.alpha > 0)].mean() * 1e3
    return [error.mean() * 1e3, error[band].mean() * 1e3, grad, colour]


def _foreground(frame: Frame, found: Refined) -> tuple[npt.NDArray[np.generic], ...]:
    return estimate_foreground(frame, found.alpha, found.kinds, found.colours)


def _band(alpha: Alpha) -> npt.NDArray[np.bool_]:
    """Where alpha is fractional or within 12 pixels, scaled from 1080 lines, of its edge."""
    reach = 2 * max(1, round(12 * min(alpha.shape) / 1080)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near_subject = np.asarray(cv2.dilate((alpha > 0).astype(np.uint8), disc)) > 0
    near_scene = np.asarray(cv2.dilate((alpha < 1).astype(np.uint8), disc)) > 0
    return near_subject & near_scene


def _gradient(alpha: Alpha) -> npt.NDArray[np.float64]:
    """Magnitude of the gaussian derivative, sigma 1.4, 9 x 9, kernels of unit L2 norm."""
    x = np.arange(-4, 5)
    gaussian = np.exp(-(x**2) / (2 * 1.4**2))
    kernel = np.outer(gaussian, -x * gaussian)
    kernel /= np.sqrt((kernel**2).sum())
    wide = alpha.astype(np.float64)
    across = cv2.filter2D(wide, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(wide, -1, kernel.T.copy(), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down))


def _median(run: Callable[[], object], times: int = 15) -> float:
    run()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def _rgb(path: Path) -> Rgb:
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise SystemExit(f"cannot read {path}")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)


def _alpha(path: Path) -> Alpha:
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None:
        raise SystemExit(f"cannot read {path}")
    return (np.asarray(read) / 255).astype(np.float32)


if __name__ == "__main__":
    main()
