"""The command line: words in, one line out, exit code 0, 1 or 130."""

import contextlib
import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from types import FrameType
from typing import NoReturn

from stream.arguments import parser, settings_of
from stream.errors import StreamError, UsageError, WeightsError
from stream.leaving import leave

INTERRUPTED = 130


def program() -> NoReturn:
    """What the operator starts: `main` on the command line, then the end of the process."""
    leave(main())


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code.

    What an operator can act on is printed as one line; anything else is a bug and raises.
    """
    try:
        options = parser().parse_args(arguments)
        return _COMMANDS[options.command](options)
    except (StreamError, UsageError, WeightsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _cutout(options: Namespace) -> int:
    settings = settings_of(options)
    from stream.job import run
    from stream.progress import Display
    from stream.report import lines_of, report_of

    with _stoppable() as stop, Display(settings.source, settings.out) as display:
        outcome = run(settings, stop, display.update)
    for line in lines_of(outcome):
        print(line, file=sys.stderr)
    if options.json:
        _write_json(options.json, report_of(settings, outcome))
    if outcome.interrupted:
        return INTERRUPTED
    return 0 if all(verdict.ok for verdict in outcome.verdicts) else 1


@contextlib.contextmanager
def _stoppable() -> Iterator[Event]:
    """An event that Ctrl-C or a polite kill sets; a second one ends the program at once."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _write_json(path: str, report: object) -> None:
    text = json.dumps(report, indent=2)
    if path == "-":
        print(text)
        return
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def _live(options: Namespace) -> int:
    from stream.live.arguments import live_settings_of
    from stream.live.console import Console
    from stream.live.settings import SPIN, SPINS

    os.environ.setdefault(SPIN, SPINS)
    settings = live_settings_of(options)
    from stream.live.start import run_live

    with _stoppable() as stop, contextlib.closing(Console(options.stats)) as console:
        session = run_live(settings, stop, console)
    return 0 if session.is_well else 1


def _cameras(options: Namespace) -> int:
    from stream.live.cameras import as_json, report

    print(json.dumps(as_json(), indent=2) if options.json else report())
    return 0


def _inspect(options: Namespace) -> int:
    from stream.inspect import describe, inspect

    report = inspect(options.source)
    print(json.dumps(report, indent=2, default=str) if options.json else describe(report))
    return 0


def _doctor(options: Namespace) -> int:
    from stream.doctor import examine, report, works

    findings = examine()
    print(report(findings))
    return 0 if works(findings) else 1


def _bench(options: Namespace) -> int:
    try:
        from benchmarks.bench_pipeline import bench
    except ImportError as error:
        raise UsageError(
            f"bench runs from a source checkout with the bench extra: {error}"
        ) from error
    return bench(options)


def _demo(options: Namespace) -> int:
    from stream.demo import demo

    for line in demo(Path(options.out)):
        print(line)
    return 0


_COMMANDS = {
    "cutout": _cutout,
    "refine": _cutout,
    "live": _live,
    "cameras": _cameras,
    "inspect": _inspect,
    "doctor": _doctor,
    "bench": _bench,
    "demo": _demo,
}
