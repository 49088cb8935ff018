"""Prints what each bad input makes the program say: python -m tests.bad_inputs_table."""

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

from stream.cli import main

from tests.bad_inputs import BAD, Bad


def row(bad: Bad) -> str:
    """One line of the table: the situation, the line printed, the exit code."""
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        arguments = bad.make(Path(folder))
        printed = io.StringIO()
        os.chdir(folder)
        try:
            with contextlib.redirect_stderr(printed):
                code = main(arguments)
        finally:
            os.chdir(home)
    lines = [line for line in printed.getvalue().splitlines() if line.startswith("error:")]
    return f"| {bad.situation} | `{' / '.join(lines)}` | {code} |"


def table() -> str:
    """The whole table in Markdown."""
    head = ["| situation | line printed | exit code |", "| --- | --- | --- |"]
    return "\n".join([*head, *(row(bad) for bad in BAD)])


if __name__ == "__main__":
    print(table())
    sys.exit(0)
