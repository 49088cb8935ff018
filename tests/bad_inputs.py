"""Every input that cannot be cut out, made on the spot, with the command that meets it."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from models.weights import WEIGHTS
from tests import media

Arguments = list[str]
OUT = "out.mkv"
ROOM = "1m"


@dataclass(frozen=True)
class Bad:
    """One situation.

    make: prepares a folder and gives the command line, with paths relative to it. says: what the
    printed line must contain. leaves: what may lie there afterwards besides what `make` put there.
    """

    situation: str
    make: Callable[[Path], Arguments]
    says: str
    leaves: tuple[str, ...] = ()


def cutout(source: str, *more: str, out: str = OUT) -> Arguments:
    """The command line that cuts out `source`."""
    return ["cutout", source, "-o", out, *more]


def film(folder: Path, name: str = "in.mkv", count: int = 6, **more: object) -> Path:
    """A healthy film in `folder`."""
    media.write_video(folder / name, count, **more)  # type: ignore[arg-type]
    return folder / name


def _missing(folder: Path) -> Arguments:
    return cutout("nowhere.mp4")


def _no_images(folder: Path) -> Arguments:
    (folder / "pictures").mkdir()
    (folder / "pictures" / "notes.txt").write_text("nothing to see")
    return cutout("pictures")


def _no_match(folder: Path) -> Arguments:
    return cutout("frame*.png")


def _not_video(folder: Path) -> Arguments:
    (folder / "letter.mp4").write_text("Dear reader, this is no film. " * 100)
    return cutout("letter.mp4")


def _empty(folder: Path) -> Arguments:
    (folder / "empty.mp4").touch()
    return cutout("empty.mp4")


def _no_moov(folder: Path) -> Arguments:
    media.cut_file(film(folder, "in.mp4", 30, codec="libx264"), 0.5)
    return cutout("in.mp4")


def _cut_off(folder: Path) -> Arguments:
    media.cut_file(film(folder, count=40), 0.4)
    return cutout("in.mkv")


def _cut_off_mp4(folder: Path) -> Arguments:
    options = {"movflags": "faststart"}
    path = film(folder, "in.mp4", 40, codec="libx264", container_options=options)
    media.cut_file(path, 0.7)
    return cutout("in.mp4")


def _corrupt(folder: Path) -> Arguments:
    path = film(folder, "in.mp4", 30, codec="libx264", height=96, width=128, options={"g": "1"})
    media.spoil_packets(path, [12, 13, 14])
    return cutout("in.mp4")


def _zero_frames(folder: Path) -> Arguments:
    (folder / "in.y4m").write_text("YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n")
    return cutout("in.y4m")


def _audio_only(folder: Path) -> Arguments:
    media.write_sound(folder / "song.m4a")
    return cutout("song.m4a")


def _cover_only(folder: Path) -> Arguments:
    media.write_sound(folder / "song.mp4", cover=True)
    return cutout("song.mp4")


def _tiny(folder: Path) -> Arguments:
    film(folder, height=1, width=1)
    return cutout("in.mkv")


def _huge(folder: Path) -> Arguments:
    (folder / "in.jpg").write_bytes(media.flat_jpeg(4321, 7681))
    return cutout("in.jpg")


def _size_change(folder: Path) -> Arguments:
    media.write_changing(folder / "in.mkv", [(48, 64, "yuvj420p")] * 4 + [(64, 48, "yuvj420p")])
    return cutout("in.mkv")


def _picture_sizes(folder: Path) -> Arguments:
    media.write_pictures(folder / "pictures", 3)
    (folder / "pictures" / "frame3.png").write_bytes(media.encoded("png", 32, 64, "rgb24"))
    return cutout("pictures")


def _broken_picture(folder: Path) -> Arguments:
    paths = media.write_pictures(folder / "pictures", 3)
    paths[1].write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    return cutout("pictures")


def _refine(masks: int) -> Callable[[Path], Arguments]:
    def make(folder: Path) -> Arguments:
        film(folder)
        media.write_masks(folder / "masks", masks)
        return ["refine", "in.mkv", "--masks", "masks", "-o", OUT]

    return make


def _no_folder(folder: Path) -> Arguments:
    film(folder)
    return cutout("in.mkv", out="nowhere/out.mkv")


def _unwritable(folder: Path) -> Arguments:
    film(folder)
    (folder / "out.mkv").mkdir()
    return cutout("in.mkv")


def _exists(folder: Path) -> Arguments:
    film(folder)
    (folder / OUT).write_bytes(b"precious")
    return cutout("in.mkv")


def _out_of_range_part(folder: Path) -> Arguments:
    film(folder)
    return cutout("in.mkv", "--start", "1:00:00")


def _with(*more: str, out: str = OUT) -> Callable[[Path], Arguments]:
    """A healthy film under options that cannot be met."""

    def make(folder: Path) -> Arguments:
        film(folder)
        return cutout("in.mkv", *more, out=out)

    return make


BAD = (
    Bad("missing file", _missing, "nowhere.mp4: no such file"),
    Bad("directory without images", _no_images, "holds no pictures"),
    Bad("pattern without a match", _no_match, "no picture matches"),
    Bad("not a video", _not_video, "not a video"),
    Bad("empty file", _empty, "empty"),
    Bad("mp4 without its index (moov)", _no_moov, "index (moov) is missing"),
    Bad("Matroska cut off in the middle", _cut_off, "out.partial.mkv", ("out.partial.mkv",)),
    Bad("mp4 cut off in the middle", _cut_off_mp4, "out.partial.mkv", ("out.partial.mkv",)),
    Bad("corrupt packets in the middle", _corrupt, "damaged", ("out.partial.mkv",)),
    Bad("no frame at all", _zero_frames, "no video"),
    Bad("sound only", _audio_only, "only audio"),
    Bad("sound with cover art", _cover_only, "only audio"),
    Bad("1x1", _tiny, "1x1 is outside the supported sizes, 16x16 to"),
    Bad("7681x4321", _huge, "7681x4321 is outside the supported sizes"),
    Bad("size changes in the middle", _size_change, "changes from 64x48 to 48x64 at 0.16 s"),
    Bad("pictures of two sizes", _picture_sizes, "frame3.png: is 64x32"),
    Bad("a broken picture", _broken_picture, "frame2.png"),
    Bad("too few masks", _refine(4), "masks end after 4 frames"),
    Bad("too many masks", _refine(8), "more masks than the video's 6 frames"),
    Bad("output folder missing", _no_folder, "nowhere/out.mkv"),
    Bad("output is a folder", _unwritable, "out.mkv"),
    Bad("output exists", _exists, "--overwrite"),
    Bad("part beyond the end", _out_of_range_part, "part asked for"),
    Bad("unknown suffix", _with(out="out.xyz"), ".xyz"),
    Bad("unknown format", _with("--format", "vhs"), "unknown format 'vhs'"),
    Bad("mp4 asked to be transparent", _with("--background", "transparent", out="o.mp4"), "mp4"),
    Bad("unknown background", _with("--background", "green"), "background 'green'"),
    Bad("background missing", _with("--background", "beach.jpg"), "beach.jpg"),
    Bad("unknown segmenter", _with("--segmenter", "magic"), "magic"),
    Bad("segmenter missing", _with("--segmenter", "net.onnx"), "net.onnx"),
    Bad("negative start", _with("--start=-1"), "-1"),
    Bad("zero duration", _with("--duration", "0"), "duration"),
    Bad("negative smoothing", _with("--smoothing=-1"), "smoothing"),
    Bad("unknown option", _with("--fast"), "--fast"),
    Bad("matte of unknown kind", _with("--matte-out", "m.gif"), "m.gif"),
)  # fmt: skip


@contextmanager
def full_disk(folder: Path) -> Iterator[Path]:
    """A folder on a disk of 1 MB; skips the test where none can be mounted."""
    mount = folder / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(mount)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield mount
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def noisy_film(path: Path, count: int = 30) -> Path:
    """A film whose lossless cut-out is larger than the small disk."""
    return film(path.parent, path.name, count, height=192, width=256)


def read_only(folder: Path) -> bool:
    """Make `folder` read-only; False where that stops nobody (root)."""
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    return os.geteuid() != 0


def spoil_weights(folder: Path, harm: str) -> Path:
    """A copy of the weights in which every net is harmed: "spoil", "remove" or "unlist"."""
    copy = folder / "weights"
    shutil.copytree(WEIGHTS, copy)
    for victim in copy.glob("*.safetensors"):
        if harm == "spoil":
            data = bytearray(victim.read_bytes())
            data[len(data) // 2] ^= 1
            victim.write_bytes(bytes(data))
        elif harm == "remove":
            victim.unlink()
    if harm == "unlist":
        (copy / "SHA256SUMS").write_text("")
    return copy


def without_codecs(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let this build of FFmpeg lack the encoders `names`."""
    monkeypatch.setattr(av, "codecs_available", set(av.codecs_available) - set(names))
