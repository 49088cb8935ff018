"""A clip of a photographed person, made on the spot and cut out: the main job in a command."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from kernels.types import Rgb
from stream.before_after import write_before_after
from stream.errors import SinkError, UsageError
from stream.job import run
from stream.progress import Display
from stream.report import lines_of
from stream.settings import Settings

SIDE, RATE, SECONDS = 512, 25, 3


def demo(folder: Path) -> list[str]:
    """Write clip.mp4, cutout.webm, composite.mp4 and before-after.png to `folder`.

    Returns the lines to print. Raises UsageError when Matplotlib, whose package holds the
    photograph, is not installed, SinkError when the folder cannot be written.
    """
    photo = photograph()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_clip(photo, folder / "clip.mp4")
        cv2.imwrite(str(folder / "backdrop.png"), _backdrop())
    except OSError as error:
        raise SinkError(f"{folder}: cannot be written: {error.strerror or error}") from error
    lines = _cut(folder, "cutout.webm", None) + _cut(folder, "composite.mp4", "backdrop.png")
    picture = folder / "before-after.png"
    write_before_after(folder / "clip.mp4", folder / "cutout.webm", picture)
    return [*lines, f"{picture}: the frame, its matte, and the cut-out on magenta"]


def _cut(folder: Path, name: str, background: str | None) -> list[str]:
    settings = Settings(
        source=str(folder / "clip.mp4"),
        out=str(folder / name),
        background=None if background is None else str(folder / background),
        overwrite=True,
    )
    with Display(settings.source, settings.out) as display:
        return lines_of(run(settings, watch=display.update))


def photograph() -> Rgb:
    """The public-domain portrait among Matplotlib's sample data, (600, 512, 3) RGB."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise UsageError("the demo needs a photograph: pip install -e '.[demo]'") from error
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    picture = cv2.imread(str(path))
    if picture is None:
        raise UsageError(f"{path}: this Matplotlib lacks the photograph; reinstall it")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _write_clip(photo: Rgb, path: Path) -> None:
    """`photo` before a swaying, slowly nearing camera, with sensor noise and a quiet tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", RATE, options={"crf": "16", "preset": "veryfast"})
        video.width = video.height = SIDE
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", 48000)
        for index, shot in enumerate(shots(photo)):
            frame = av.VideoFrame.from_ndarray(shot, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for tone in _tone():
            container.mux(sound.encode(tone))
        container.mux(sound.encode(None))


def shots(photo: Rgb) -> Iterator[Rgb]:
    """(512, 512, 3) RGB pictures of `photo`, one a frame, always the same."""
    noise = np.random.default_rng(7)
    for index in range(RATE * SECONDS):
        phase = 2 * np.pi * index / (RATE * SECONDS)
        scale = 1.06 + 0.04 * np.sin(phase)
        middle = 256 + 8 * np.sin(2 * phase), 252 + 8 * np.cos(phase)
        move = np.array(
            [[scale, 0, SIDE / 2 - scale * middle[0]], [0, scale, SIDE / 2 - scale * middle[1]]]
        )
        shot = cv2.warpAffine(
            photo, move, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        noisy = shot + noise.normal(0, 2, shot.shape)
        yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _tone() -> Iterator[av.AudioFrame]:
    size, rate = 1024, 48000
    for start in range(0, SECONDS * rate, size):
        times = np.arange(start, start + size) / rate
        wave = (0.05 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def _backdrop() -> Rgb:
    """A warm vertical gradient with a soft light, as BGR for OpenCV."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    light = np.exp(-((x - 0.7) ** 2 + (y - 0.25) ** 2) / 0.08)
    levels = np.stack([90 + 70 * light + 40 * y, 110 + 90 * light, 170 + 80 * light - 50 * y], 2)
    return np.asarray(np.clip(levels, 0, 255).astype(np.uint8))
