"""Labels what gather gathered: `python -m models.training.label PHOTOGRAPHS --rvm ONNX`.

Writes PHOTOGRAPHS/alpha/KIND/NUMBER.png beside each picture of people: one teacher's alpha, Robust
Video Matting's (Lin et al., WACV 2022), shown the still until its state settles. Another's opinion,
the Selfie net's, goes into PHOTOGRAPHS/second. With --fine, labelled photographs that show much of
somebody are labelled again, as large as they are, into PHOTOGRAPHS/fine/people, and their own
colours, the room's taken out of their edges, are kept in PHOTOGRAPHS/fine/own: these are what pass
2 learns hair from. Goes on where it stopped.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Alpha, Rgb
from models.selfie_runner import Selfie
from models.training.portraits import own_colours, steepened

_SIDE, _LOOKS = 400, 3
_FINE_RATIO = 0.6
"""Share of a fine picture's size at which the teacher decides; it draws the edge at full size."""
_FINE_LONG, _FINE_SHORT, _FINE_SHARE = 640, 400, (0.12, 0.85)
_NOT_FINE = "bearpaw/clothing-co-parsing", "emrecandir9/custom-gesture-dataset"
"""Whole figures whose hair is small, and many pictures of few people."""
_SECOND_AREA = 256**2


def rvm_teacher(path: Path, threads: int = 1, ratio: float = 1) -> Callable[[Rgb], Alpha]:
    """The net in the .onnx file `path` as a function from (H, W, 3) uint8 to (H, W) float32.

    ratio: of the size at which it decides to that at which it draws the edge.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    at = np.full(1, ratio, np.float32)

    def teacher(rgb: Rgb) -> Alpha:
        states = [np.zeros((1, 1, 1, 1), np.float32)] * 4
        source = np.ascontiguousarray((rgb / np.float32(255)).transpose(2, 0, 1)[None])
        for _ in range(_LOOKS):
            feeds = {"src": source, "downsample_ratio": at}
            feeds |= {f"r{n}i": state for n, state in enumerate(states, 1)}
            alpha, *states = session.run(["pha", *(f"r{n}o" for n in range(1, 5))], feeds)
        return np.asarray(alpha[0, 0])

    return teacher


def second_opinion() -> Callable[[Rgb], Alpha]:
    """The general Selfie net on the whole picture, in its aspect, (h, w) float32."""
    net = Selfie("selfie_general")

    def opinion(rgb: Rgb) -> Alpha:
        height, width = rgb.shape[:2]
        scale = (_SECOND_AREA / (height * width)) ** 0.5
        size = max(1, round(width * scale / 16)) * 16, max(1, round(height * scale / 16)) * 16
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        return np.asarray(net(np.asarray(small, np.uint8)[None])[0])

    return opinion


def main() -> None:
    """Label what has no label yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--rvm", type=Path, required=True, help="the teacher's .onnx file")
    parser.add_argument("--kinds", default="people,held_out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fine", type=int, metavar="COUNT", help="label so many at full size")
    options = parser.parse_args()
    if options.fine is not None:
        _label_finely(options.photographs, options.rvm, options.threads, options.fine)
        return
    teacher, opinion = rvm_teacher(options.rvm, options.threads), second_opinion()
    paths = [p for kind in options.kinds.split(",") for p in options.photographs.glob(f"{kind}/*")]
    for path in in_turn(paths):
        out = [
            options.photographs / kind / path.parent.name / f"{path.stem}.png"
            for kind in ("alpha", "second")
        ]
        if out[0].exists():
            continue
        rgb = shrunk(_read(path), _SIDE)
        for file, alpha in zip(out, (teacher(rgb), opinion(rgb)), strict=True):
            _write(file, alpha)


def _label_finely(photographs: Path, rvm: Path, threads: int, count: int) -> None:
    """Label `count` pictures at full size."""
    teacher = rvm_teacher(rvm, threads, _FINE_RATIO)
    index = json.loads((photographs / "index.json").read_text(encoding="utf-8"))
    without = {each["file"] for each in index if each["repository"] in _NOT_FINE}
    paths = [p for p in photographs.glob("people/*") if f"people/{p.name}" not in without]
    done = 0
    for path in in_turn(paths):
        out, colours = (
            photographs / "fine" / kind / f"{path.stem}.png" for kind in ("people", "own")
        )
        if not (out.exists() and colours.exists()):
            label = cv2.imread(str(photographs / f"alpha/people/{path.stem}.png"), 0)
            rgb = _read(path)
            if label is None or not _is_fine(rgb, np.asarray(label, np.uint8)):
                continue
            alpha = teacher(rgb)
            own = own_colours(rgb, steepened(alpha))
            _save(colours, own[..., ::-1])
            _write(out, alpha)
        done += 1
        if done == count:
            break


def _is_fine(rgb: Rgb, label: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture is large, and neither a small nor all of it is somebody."""
    least, most = _FINE_SHARE
    large = max(rgb.shape[:2]) >= _FINE_LONG and min(rgb.shape[:2]) >= _FINE_SHORT
    return large and bool(least < (label > 127).mean() < most)


def _read(path: Path) -> Rgb:
    return np.ascontiguousarray(np.asarray(cv2.imread(str(path)), np.uint8)[..., ::-1])


def _write(path: Path, alpha: Alpha) -> None:
    _save(path, np.rint(alpha.clip(0, 1) * 255).astype(np.uint8))


def _save(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def in_turn(paths: list[Path]) -> list[Path]:
    """One of each repository after the other, so that what is there after a while is of all."""
    turns: dict[str, int] = {}
    keyed = []
    for path in sorted(paths, key=lambda path: crc32(path.name.encode())):
        source = path.name[:8]
        turns[source] = turns.get(source, 0) + 1
        keyed.append((turns[source], path))
    return [path for _, path in sorted(keyed)]


def shrunk(rgb: Rgb, side: int) -> Rgb:
    """`rgb` with a long side of at most `side`."""
    scale = min(1.0, side / max(rgb.shape[:2]))
    return np.ascontiguousarray(
        cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


if __name__ == "__main__":
    main()
