"""Puts pass 1's trained weights where the product finds them, with a card beside them.

`python -m models.training.publish_segmenter --config NAME.toml [--quality TABLE.json]`
"""

import argparse
import json
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from models.training.gather import read_sources
from models.training.publish import blended, enlist, mixture
from models.training.train_segmenter import Plan, read_plan
from models.weights import WEIGHTS

_COLUMNS = ("MAD", "semantic", "band MAD", "Grad", "dtSSD")


def main() -> None:
    """Copy the weights as float16, list their checksum, write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, nargs="+", help="in order of time")
    parser.add_argument("--quality", type=Path, help="what python -m benchmarks.quality wrote")
    parser.add_argument("--mean", type=Path, help="write the mean alone, to go on from, in float32")
    arguments = parser.parse_args()
    plans = [read_plan(each) for each in arguments.config]
    plan = plans[-1]
    path = WEIGHTS / f"{plan.name}.safetensors"
    mean = blended(plan.trained, plan.begin, plan.blend)
    if arguments.mean:
        save_file(mean, arguments.mean)
        return
    weights = sharpened(mean, plan.sharpen)
    save_file({name: value.half() for name, value in weights.items()}, path)
    enlist(path)
    count = sum(value.numel() for value in weights.values())
    text = _card(plans, arguments.config, count, figures(arguments.quality))
    path.with_suffix(".md").write_text(text, encoding="utf-8")


def sharpened(weights: dict[str, Tensor], factor: float) -> dict[str, Tensor]:
    """PersonModel's weights, its logits times `factor`.

    Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): a single temperature mends
    most of a net's misplaced doubt. Ours doubts too much, since it learnt from labels that err.
    """
    return {
        name: value * factor if name.startswith("net.segment.") else value
        for name, value in weights.items()
    }


def sources_table(photographs: Path) -> str:
    """Where the photographs that are there came from, as lines of Markdown."""
    index = json.loads((photographs / "index.json").read_text(encoding="utf-8"))
    counts = Counter((each["repository"], each["file"].partition("/")[0]) for each in index)
    lines = ["| repository | commit | licence | shows | pictures |", "| --- " * 5 + "|"]
    for source in read_sources():
        count = counts[source.repository, source.shows]
        lines.append(
            f"| {source.repository} | {source.commit[:12]} | {source.licence} "
            f"| {source.shows.replace('_', ' ')} | {count} |"
        )
    return "\n".join(lines)


def figures(path: Path | None) -> str:
    """The rows with a pass 1 of their own that benchmarks.quality measured, as Markdown."""
    if path is None:
        return "Not measured: see `python -m benchmarks.quality --folder`.\n"
    sets: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["sets"]
    lines = []
    for name, groups in sets.items():
        lines += [f"\n{name}:\n", "| row | " + " | ".join(_COLUMNS) + " |"]
        lines.append("| --- " * (1 + len(_COLUMNS)) + "|")
        for rows in groups.values():
            for row, found in rows.items():
                cells = [_cell(found.get(column)) for column in _COLUMNS]
                lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _card(plans: list[Plan], configs: list[Path], count: int, told: str) -> str:
    plan = plans[-1]
    labelled = len(list((plan.photographs / "alpha" / "people").glob("*.png")))
    runs = "\n".join(_run(each) for each in plans)
    lines = "\n".join(f"    python -m models.training.{each}" for each in _commands(plans, configs))
    words = " ".join(str(each) for each in configs)
    rest = "what the last part began from: the mean errs less than either"
    mixed = f"{mixture(plan.blend, rest)}\n".lstrip()
    return f"""# {plan.name}

Pass 1's own net (`models/person_net.py`) and its eyes for things (`models/person_sight.py`), which
began as EfficientNet-Lite0: {count:,} parameters, float16, the running average of training. Its
eyes for people, the encoder of `selfie_general.safetensors`, stay as they are.

## Data

Photographs of people, of which {labelled:,} were labelled. None is part of this repository; a
licence of a photograph is not the consent of whom it shows, so names were neither read nor kept.
`held out` are the people of the validation clips, whom no training sees.

{sources_table(plan.photographs)}

Labels: alpha by Robust Video Matting (shown each still until its state settled), kept where the
Selfie net agrees (intersection over union of 0.75 or more) and trusted less where the two differ
(`models/training/label.py`, `portraits.py`). Cut-outs, their edges free of the colours behind
them, are composed over other photographs' rooms; others are shown as they are, in motion
(`models/training/clips.py`).

## Training

{runs}
{mixed}Logits are multiplied by {plan.sharpen:g}: labels that err make a net doubt too much.
Made by

    python -m models.training.gather MIRRORS {plan.photographs}
    python -m models.training.label {plan.photographs} --rvm ONNX
{lines}
    python -m models.training.publish_segmenter --config {words}

## Figures

By `python -m benchmarks.quality --folder`, on clips that `benchmarks.people_truths` made of the
held-out people: MAD and semantic error x 1e3, Grad / 1e3, dtSSD x 1e2.
{told}"""


def _commands(plans: list[Plan], configs: list[Path]) -> Iterator[str]:
    """What was called in turn."""
    begins = [*(plan.begin for plan in plans[1:]), ""]
    for plan, config, begin in zip(plans, configs, begins, strict=True):
        yield f"train_segmenter --config {config}"
        if plan.whole:
            yield f"around --config {config}"
        if begin.endswith("_mean.safetensors"):
            yield f"publish_segmenter --config {config} --mean {begin}"


def _run(plan: Plan) -> str:
    """What a run did, by its log."""
    log = [json.loads(line) for line in (plan.folder / f"{plan.name}.log").open(encoding="utf-8")]
    pace = statistics.median(line["seconds a step"] for line in log)
    last = log[-1]
    return (
        f"- {plan.name}: {last['step']:,} steps, {pace:.2f} s a step (median). Means over the last "
        f"steps: cross entropy {last['decided']:.4f}, L1 {last['alpha']:.4f}, bands of the "
        f"Laplacian pyramid {last['edge']:.4f}. {plan.note}"
    )


if __name__ == "__main__":
    main()
