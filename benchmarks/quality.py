"""How good the alphas are: ours and others' from the same coarse alphas, against the truth.

python -m benchmarks.quality [--json PATH] [--sheet PNG] [--folder DIR] [--only ROW,...]
[--flaws FLAW,...] [--limit N] [--procedural N] [--times] [--plot PNG]

Without --folder: ../shared/stills and procedural pictures. With it, its pairs and clips (see
benchmarks.truths.folder_sets), which also meet the rows with their own pass 1, of people. One
table a set: MAD, MSE and foreground error x 1e3, Grad and Conn / 1e3, dtSSD x 1e2, of the whole
picture and of the band at the truth's edge; see benchmarks.metrics and benchmarks.scoring. Under
"identity" the coarse alpha is the truth, and band MAD is what a row changes without need.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2

from benchmarks.contact_crops import CropSheet
from benchmarks.flaws import FLAWS
from benchmarks.machine import machine
from benchmarks.peers import peer_rows
from benchmarks.plot_quality import plot
from benchmarks.row_times import times
from benchmarks.rows import Row, chosen, opened, our_rows
from benchmarks.scoring import Scored, Scores, means, measured
from benchmarks.truths import Truth, TruthSet, folder_sets, procedural_set, stills_set
from stream.errors import StreamError, UsageError

PROCEDURAL = 24
PEER_PACKAGES = ("pymatting", "scipy", "onnxruntime")
_WHOLE = ("MAD", "MSE", "Grad", "Conn", "dtSSD", "FG")
_REST = ("semantic", "strands", "strand px", "not worse", "AUROC", "ms", "FG ms")
COLUMNS = (*_WHOLE, *(f"band {name}" for name in _WHOLE), *_REST)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write what `arguments`, or the command line, ask for; 1 on an error."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (UsageError, StreamError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def table(found: dict[str, dict[str, Scores]]) -> str:
    """What benchmarks.scoring.means gives as lines of text, without columns that nothing fills."""
    scores = [each for rows in found.values() for each in rows.values()]
    columns = [c for c in COLUMNS if any(not math.isnan(each.get(c, math.nan)) for each in scores)]
    widths = [max(8, len(column) + 2) for column in columns]
    head = "".join(f"{c:>{w}}" for c, w in zip(columns, widths, strict=True))
    lines = [f"{'coarse':11}{'row':20}" + head]
    for group, rows in found.items():
        for row, score in rows.items():
            cells = (_cell(score.get(c), w) for c, w in zip(columns, widths, strict=True))
            lines.append(f"{group:11}{row:20}" + "".join(cells))
    return "\n".join(lines)


def _run(options: argparse.Namespace) -> int:
    flaws, sets = _flaws(options.flaws), _sets(options)
    offers = chosen([*our_rows(), *peer_rows(options.rvm)], options.only)
    people = any(each.people for each in sets)
    rows = list(opened([offer for offer in offers if people or not offer.people]))
    sheet = CropSheet() if options.sheet else None
    result: dict[str, Any] = {"machine": machine(), "peers": _versions()}
    scored = {each.name: _measured(each, rows, flaws, options.limit, sheet) for each in sets}
    result["sets"] = {name: means(found) for name, found in scored.items() if found}
    result["pictures"] = [
        {"set": name, **each._asdict()} for name, found in scored.items() for each in found
    ]
    if sheet is not None:
        sheet.write(options.sheet)
    if options.times or options.plot:
        result["milliseconds"] = times(rows, _first(sets))
    if options.json:
        options.json.write_text(json.dumps(_finite(result), indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plot(result, options.plot)
    return 0


def _first(sets: Sequence[TruthSet]) -> Truth:
    for each in sets:
        for truth in each.truths(1):
            return truth
    raise UsageError("there is no picture to time the rows on")


def _measured(
    truths: TruthSet,
    rows: Sequence[Row],
    flaws: Sequence[str],
    limit: int | None,
    sheet: CropSheet | None,
) -> list[Scored]:
    """The scores on one set, after printing their table; none where the set cannot be made."""
    scored: list[Scored] = []
    if sheet is not None:
        sheet.make_room()
    try:
        for each in measured(truths, rows, flaws, limit, sheet):
            if not scored or scored[-1].picture != each.picture:
                print(f"{truths.name}: {each.picture}", file=sys.stderr, flush=True)
            scored.append(each)
    except ImportError as error:
        print(f"skipped {truths.name}: {error}", file=sys.stderr)
        return []
    if scored:
        print(f"\n{truths.name}, {len({each.picture for each in scored})} pictures")
        print(table(means(scored)), flush=True)
    else:
        print(f"skipped {truths.name}: no pictures", file=sys.stderr)
    return scored


def _sets(options: argparse.Namespace) -> list[TruthSet]:
    count = options.procedural
    sets = folder_sets(options.folder) if options.folder else [stills_set()]
    if count is None:
        count = 0 if options.folder else PROCEDURAL
    return [*sets, procedural_set(count)] if count else sets


def _flaws(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in FLAWS:
            raise UsageError(f"no flaw is called {name!r}; there are {', '.join(FLAWS)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", type=_names, help="rows; classical means all classical-...")
    parser.add_argument("--flaws", type=_names, default=FLAWS, help=", ".join(FLAWS))
    parser.add_argument("--limit", type=int, help="pictures a set, frames a clip")
    parser.add_argument("--procedural", type=int, help="number of procedural pictures")
    parser.add_argument("--rvm", type=Path, help="where RVM's .onnx file lies")
    parser.add_argument("--times", action="store_true", help="time the rows at 720p and 1080p")
    parser.add_argument("--plot", type=Path, help="draw time against quality; times the rows")
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _cell(value: float | None, width: int) -> str:
    if value is None or math.isnan(value):
        return "-".rjust(width)
    return f"{value:{width}.0f}" if value >= 10000 else f"{value:{width}.2f}"


def _finite(value: Any) -> Any:
    """`value` with null for NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _versions() -> dict[str, str]:
    found = {"opencv threads": str(cv2.getNumThreads())}
    for name in PEER_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


if __name__ == "__main__":
    sys.exit(main())
