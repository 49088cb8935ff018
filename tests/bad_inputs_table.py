"""Prints what each bad input makes the program say: python -m tests.bad_inputs_table."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import models.weights
from stream.cli import main
from tests import bad_inputs
from tests.bad_inputs import BAD

Said = tuple[str, int]


def said(arguments: list[str]) -> Said:
    """The error lines printed, and the exit code."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed):
        code = main(arguments)
    lines = [line for line in printed.getvalue().splitlines() if line.startswith("error:")]
    return " / ".join(lines), code


def without_room(folder: Path) -> Said:
    """What a full disk makes it say."""
    bad_inputs.noisy_film(folder / "in.mkv")
    try:
        with bad_inputs.full_disk(folder) as mount:
            (mount / "filler").write_bytes(bytes(1_030_000))
            return said(bad_inputs.cutout("in.mkv", out="small/out.nut"))
    except pytest.skip.Exception as skipped:
        return f"(not tried: {skipped})", 0


def without_encoder(folder: Path) -> Said:
    """What a missing encoder makes it say."""
    bad_inputs.film(folder)
    with pytest.MonkeyPatch.context() as patch:
        bad_inputs.without_codecs(patch, "libvpx-vp9")
        return said(bad_inputs.cutout("in.mkv", out="out.webm"))


def with_spoilt_weights(folder: Path) -> Said:
    """What a damaged weights file makes it say."""
    bad_inputs.film(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.weights, "WEIGHTS", bad_inputs.spoil_weights(folder, "spoil"))
        return said(bad_inputs.cutout("in.mkv"))


MORE = {
    "disk full": without_room,
    "encoder missing in this build": without_encoder,
    "weights file damaged": with_spoilt_weights,
}


def rows() -> Iterator[str]:
    """The table's lines in Markdown."""
    yield "| situation | line printed | exit code |"
    yield "| --- | --- | --- |"
    situations = {bad.situation: lambda folder, bad=bad: said(bad.make(folder)) for bad in BAD}
    for situation, meet in (situations | MORE).items():
        with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            patch.chdir(name)
            line, code = meet(Path(name))
        yield f"| {situation} | `{line}` | {code} |"


if __name__ == "__main__":
    print("\n".join(rows()))
