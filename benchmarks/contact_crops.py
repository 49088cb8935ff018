"""A sheet of crops, twice enlarged: what each row makes of the hardest place of each picture."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.rows import Answer, enlarged
from benchmarks.truths import Truth
from kernels.types import Alpha, Rgb
from models.picture import Box
from stream.errors import UsageError

LOUD = np.array([255, 0, 255], np.float32)
SIDE = 112
ENLARGED = 2
_LINE = 18
_GAP = 2


def hardest_place(alpha: Alpha, side: int = SIDE) -> Box:
    """The square of `side` pixels, or what fits, with the most alpha between 0.05 and 0.95."""
    height, width = (min(side, size) for size in alpha.shape)
    soft = ((alpha > 0.05) & (alpha < 0.95)).astype(np.float64)
    total = cv2.integral(soft)
    inside = total[height:, width:] - total[:-height, width:]
    inside = inside - total[height:, :-width] + total[:-height, :-width]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return Box(int(top), int(left), height, width)


class CropSheet:
    """Collects crops, and writes them as one picture.

    Of each picture two lines: the picture and, of the coarse alpha, the truth and each row, the
    alpha above and its colours over magenta below. There is room for `most` pictures, and for as
    many again after each make_room. Of a clip one frame a second is taken.
    """

    def __init__(self, most: int = 10) -> None:
        self._most = most
        self._lines: dict[str, list[tuple[str, Rgb]]] = {}
        self._seconds: dict[str, float] = {}
        self._room = most

    def make_room(self) -> None:
        """Take `most` more pictures from now on, whatever came before."""
        self._room = len(self._lines) + self._most

    def add(self, truth: Truth, group: str, coarse: Alpha | None, row: str, answer: Answer) -> None:
        """Lay what `row` says of `truth` on its lines, if there is room for it.

        group: what the rows of the line have in common; coarse: what they were given, if they were.
        """
        title = f"{truth.name} {group}"
        if title not in self._lines:
            if len(self._lines) >= self._room or not self._due(truth):
                return
            self._lines[title] = _known(title, truth, coarse)
        box = hardest_place(truth.alpha)
        colours = truth.frame.rgb(box.height, box.width, box)
        if answer.foreground is not None:
            colours = _cut(answer.foreground(), box)
        self._lines[title].append((row, _shown(colours, answer.alpha, box)))

    def _due(self, truth: Truth) -> bool:
        if truth.clip is None:
            return True
        seconds = float(truth.frame.seconds)
        last = self._seconds.setdefault(truth.clip, seconds)
        if last < seconds < last + 1:
            return False
        self._seconds[truth.clip] = seconds
        return True

    def write(self, path: Path) -> None:
        """Write the sheet as `path`, a PNG. Raises UsageError when that fails or all is empty."""
        if not self._lines:
            raise UsageError(f"{path}: there is no picture to show")
        lines = [_line(columns) for columns in self._lines.values()]
        width = max(line.shape[1] for line in lines)
        padded = [_padded(line, line.shape[0] + _GAP, width) for line in lines]
        sheet = cv2.cvtColor(np.vstack(padded), cv2.COLOR_RGB2BGR)
        if not cv2.imwrite(str(path), sheet):
            raise UsageError(f"{path}: cannot be written")


def _known(title: str, truth: Truth, coarse: Alpha | None) -> list[tuple[str, Rgb]]:
    box = hardest_place(truth.alpha)
    rgb = truth.frame.rgb(box.height, box.width, box)
    columns = [(title, np.vstack([_close(rgb), _close(rgb)]))]
    if coarse is not None:
        columns.append(("coarse", _shown(rgb, enlarged(coarse, truth.frame), box)))
    colours = rgb if truth.foreground is None else _cut(truth.foreground, box)
    return [*columns, ("truth", _shown(colours, truth.alpha, box))]


def _shown(colours: Rgb, alpha: Alpha, box: Box) -> Rgb:
    weight = _cut(alpha, box)[..., None]
    gray = np.repeat(np.rint(weight * 255).astype(np.uint8), 3, axis=2)
    loud = np.rint(colours * weight + LOUD * (1 - weight)).astype(np.uint8)
    return np.vstack([_close(gray), _close(loud)])


def _cut(picture: np.ndarray, box: Box) -> np.ndarray:
    return picture[box.top : box.top + box.height, box.left : box.left + box.width]


def _close(picture: Rgb) -> Rgb:
    return picture.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)


def _line(columns: list[tuple[str, Rgb]]) -> Rgb:
    height = max(crop.shape[0] for _, crop in columns)
    return np.hstack([_titled(name, _padded(crop, height, None)) for name, crop in columns])


def _titled(name: str, crop: Rgb) -> Rgb:
    strip = np.zeros((_LINE, crop.shape[1], 3), np.uint8)
    place, white = (2, _LINE - 5), (255, 255, 255)
    cv2.putText(strip, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, white, 1, cv2.LINE_AA)
    return np.vstack([strip, crop])


def _padded(picture: Rgb, height: int, width: int | None) -> Rgb:
    """`picture` on black, (height, width, 3); width None leaves a gap beside it."""
    wide = picture.shape[1] + _GAP if width is None else width
    out = np.zeros((height, wide, 3), np.uint8)
    out[: picture.shape[0], : picture.shape[1]] = picture
    return out
