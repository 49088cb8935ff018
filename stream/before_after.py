"""One picture that shows what a cut-out did: frame, matte, cut-out, and a close look at its edge."""

from pathlib import Path

import av
import cv2
import numpy as np
from kernels.types import Alpha, Rgb

from stream.errors import SinkError

LOUD = np.array([255, 0, 255], np.float32)
"""Magenta: no hair, skin or room has it, so every leak shows."""
CLOSE = 96
"""Side in pixels of the close look, shown four times as large."""


def write_before_after(clip: Path, cutout: Path, path: Path, index: int = 30) -> None:
    """Write frame `index` of `clip`, its matte in `cutout` (VP9 alpha) and both joined on magenta.

    Raises SinkError when `path` cannot be written.
    """
    frame, _ = _read(clip, index, None)
    straight, alpha = _read(cutout, index, "libvpx-vp9")
    weight = alpha[..., None]
    loud = np.rint(straight * weight + LOUD * (1 - weight)).astype(np.uint8)
    matte = np.repeat(np.rint(weight * 255).astype(np.uint8), 3, axis=2)
    rows = [np.hstack([frame, matte, loud])]
    rows.append(np.hstack([_close(each, alpha) for each in (frame, matte, loud)]))
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), sheet):
        raise SinkError(f"{path}: cannot be written")


def _read(path: Path, index: int, decoder: str | None) -> tuple[Rgb, Alpha]:
    """RGB and alpha of picture number `index`, alpha 1 where the file has none."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        # FFmpeg's own VP9 decoder drops alpha.
        context = av.CodecContext.create(decoder, "r") if decoder else stream.codec_context
        count = 0
        for packet in container.demux(stream):
            for picture in context.decode(packet if packet.size else None):
                if count == index:
                    rgba = picture.to_ndarray(format="rgba")
                    return rgba[..., :3], rgba[..., 3].astype(np.float32) / 255
                count += 1
    raise SinkError(f"{path}: has no picture number {index}")


def _close(picture: Rgb, alpha: Alpha) -> Rgb:
    """The part around the highest point of the left edge, enlarged to the picture's width."""
    height, width = alpha.shape
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    row = int(rows[0] + 0.35 * (rows[-1] - rows[0])) if len(rows) else height // 2
    columns = np.flatnonzero(alpha[row] > 0.5)
    column = int(columns[0]) if len(columns) else width // 2
    top = min(max(row - CLOSE // 2, 0), height - CLOSE)
    left = min(max(column - CLOSE // 2, 0), width - CLOSE)
    part = picture[top : top + CLOSE, left : left + CLOSE]
    size = width, width // 2
    wide = part[CLOSE // 4 : CLOSE // 4 + CLOSE // 2]
    return np.asarray(cv2.resize(wide, size, interpolation=cv2.INTER_CUBIC))
