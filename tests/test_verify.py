"""The check after writing passes what is whole and fails what is not."""

import gc
import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from stream.formats import FORMATS, Format
from stream.receipt import WITNESSES, Receipt
from stream.sinks import open_sink
from stream.verify import verify
from tests.output_media import alpha_of, frames_of, info_of, write_all

EVERY = list(FORMATS.values())


@pytest.mark.parametrize("source", ["yuv420p", "yuv422p10le", "gbrp"])
@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.name)
def test_a_whole_output_passes(form: Format, source: str, tmp_path: Path) -> None:
    sink = write_all(tmp_path / f"out{form.suffix}", form, info_of(source))
    verdict = verify(sink.receipt)
    assert verdict.ok, verdict.line
    assert verdict.line.startswith("checked: 10 frames")
    assert ("0.50 s" in verdict.line) == form.keeps_times


def blank_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(third)
    path.write_bytes(data)


def cut_tail(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [blank_middle, cut_tail, remove])
@pytest.mark.parametrize(
    "form", [each for each in EVERY if each.medium == "file"], ids=lambda form: form.name
)
def test_a_damaged_file_fails(form: Format, damage: Callable[[Path], None], tmp_path: Path) -> None:
    out = tmp_path / f"out{form.suffix}"
    receipt = write_all(out, form, info_of()).receipt
    damage(out)
    verdict = verify(receipt)
    assert not verdict.ok
    assert verdict.line.startswith("check failed") and "\n" not in verdict.line


@pytest.mark.parametrize("name", ["png", "matte-png"])
def test_a_missing_picture_fails(name: str, tmp_path: Path) -> None:
    receipt = write_all(tmp_path / "out", FORMATS[name], info_of()).receipt
    (tmp_path / "out" / "000010.png").unlink()
    assert "9 frames instead of 10" in verify(receipt).line
    shutil.rmtree(tmp_path / "out")
    assert not verify(receipt).ok


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.name)
def test_another_alpha_fails(form: Format, tmp_path: Path) -> None:
    """The sampled pictures are really compared: a wrong memory of them must be noticed."""
    receipt: Receipt = write_all(tmp_path / f"out{form.suffix}", form, info_of()).receipt
    for number, (seconds, seen) in receipt.witnesses.items():
        receipt.witnesses[number] = (seconds, np.roll(seen, 12, axis=1))
    assert "differs by" in verify(receipt).line


def test_a_wrong_length_fails(tmp_path: Path) -> None:
    receipt = write_all(tmp_path / "out.mov", FORMATS["prores4444"], info_of()).receipt
    assert "ends at" in verify(replace(receipt, end=receipt.end + Fraction(1, 100))).line


def test_missing_sound_fails(tmp_path: Path) -> None:
    receipt = write_all(tmp_path / "out.mov", FORMATS["prores4444"], info_of()).receipt
    assert "sound" in verify(replace(receipt, audio=[5])).line


def test_memory_of_pictures_is_bounded_and_spread(tmp_path: Path) -> None:
    info = info_of()
    pts = range(0, 3003 * 200, 3003)
    with open_sink(str(tmp_path / "out.mkv"), FORMATS["matte"], info) as sink:
        for number, frame in enumerate(frames_of(info, pts, 3003)):
            sink.write(frame, alpha_of(number % 30))
            assert len(sink.receipt.witnesses) <= WITNESSES
    assert list(sink.receipt.witnesses) == [0, 32, 64, 96, 128, 160, 192]
    assert verify(sink.receipt).ok


def test_an_output_without_pictures_fails(tmp_path: Path) -> None:
    with open_sink(str(tmp_path / "out.mov"), FORMATS["prores4444"], info_of()) as sink:
        pass
    assert "no frames" in verify(sink.receipt).line


def test_the_memory_of_the_check_does_not_grow_with_length(tmp_path: Path) -> None:
    info, peaks = info_of(height=16, width=16), []
    for count in (50, 50, 2050):
        with open_sink(str(tmp_path / "out.mkv"), FORMATS["matte"], info, overwrite=True) as sink:
            for number, frame in enumerate(frames_of(info, range(0, 3003 * count, 3003), 3003)):
                sink.write(frame, alpha_of(number % 30, 16, 16))
        gc.collect()
        tracemalloc.start()
        assert verify(sink.receipt).ok
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Two exact times a packet would be 500 kB.
    assert peaks[2] - peaks[1] < 50_000
