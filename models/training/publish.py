"""Puts trained weights where the product finds them, with a card that says where they come from.

`python -m models.training.publish --config NAME.toml [--quality TABLE.json]`
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.refiner_net import SHAPES
from models.training.train_refiner import Plan, read_plan
from models.weights import WEIGHTS, digest

_MANIFEST = "SHA256SUMS"
_DATA = """\
Every picture was composed by `models.training.samples`: subjects drawn by
`models.training.subjects`, scenes of `models.training.textures`, photographed by
`models.training.camera`, and coarse alphas spoilt by `models.training.coarse_errors`. Their truth
is exact, since it is what they were composed of. Textures are synthesised, or pieces of these
photographs, none of which is part of this repository:

| folder | pictures | licence |
| --- | --- | --- |
| `clothing` | git repository `alexeygrigorev/clothing-dataset-small`, `train` | CC0 |
| `rooms` | five rooms and views of the project's test media | BSD-3, MIT |
"""
_PEOPLE = """
In the last part of the training as many samples are people cut out of photographs and laid before
rooms or textures (`models.training.actors`): 1,400 of those that pass 1 learns from, listed in
`person.md`, by the same teacher's alpha at full size. Four of five of their coarse alphas are what
pass 1 (`hairline`, and for a quarter `selfie`) made of these pictures. None is part of this
repository.
"""


_BLEND = "What is published is {share:.0%} that and {rest:.0%} what the last part began from.\n"


def main() -> None:
    """Copy the weights, list their checksum, write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--quality", type=Path, help="what python -m benchmarks.quality wrote")
    arguments = parser.parse_args()
    plan = read_plan(arguments.config)
    path = WEIGHTS / f"{plan.name}.safetensors"
    if SHAPES.get(plan.name) != plan.shape:
        raise SystemExit(f"error: models.refiner_net.SHAPES says otherwise of {plan.name}")
    weights = blended(plan.folder / path.name, plan.begin, plan.blend)
    save_file(weights, path)
    enlist(path)
    count = sum(value.numel() for value in weights.values())
    text = _card(plan, arguments.config, count, _figures(arguments.quality, plan))
    path.with_suffix(".md").write_text(text, encoding="utf-8")


def blended(trained: Path, begin: str, blend: float) -> dict[str, Tensor]:
    """The weights `trained` to the share `blend`, to the rest those in `begin` that they were once.

    Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022): the mean of both nets'
    weights keeps what either does well.
    """
    after = load_file(trained)
    if blend == 1:
        return after
    before = load_file(begin)
    return {name: torch.lerp(before[name], value, blend) for name, value in after.items()}


def enlist(path: Path) -> None:
    """Replace the file's line in the manifest, or add it."""
    manifest = path.parent / _MANIFEST
    lines = manifest.read_text(encoding="ascii").splitlines()
    lines = [line for line in lines if not line.endswith(f"  {path.name}")]
    lines.append(f"{digest(path.read_bytes())}  {path.name}")
    manifest.write_text("\n".join(lines) + "\n", encoding="ascii")


def _chain(config: Path) -> list[Path]:
    """The plans, in order of time, that led to what `config` plans."""
    begin = read_plan(config).begin
    return [*(_chain(config.with_name(f"{Path(begin).stem}.toml")) if begin else []), config]


def _card(plan: Plan, config: Path, count: int, figures: str) -> str:
    configs = _chain(config)
    logs = [_read_log(plan.folder / f"{each.stem}.log") for each in configs]
    steps = [log[-1]["step"] for log in logs]
    paces = [statistics.median(line["seconds a step"] for line in log) for log in logs]
    minutes = sum(pace * number for pace, number in zip(paces, steps, strict=True)) / 60
    commands = "\n".join(
        f"    python -m models.training.train_refiner --config {path}" for path in configs
    )
    blend = "" if plan.blend == 1 else _BLEND.format(share=plan.blend, rest=1 - plan.blend)
    people = _PEOPLE if any(recipe.people for recipe in plan.recipes) else ""
    last, samples = logs[-1][-1], sum(recipe.samples for recipe in plan.recipes)
    return f"""# {plan.name}

The second pass's nets (`models/refiner_net.py`), {count:,} parameters, the running average of
training. For any subject, not for people alone.

## Data

{_DATA}{people}
The weights are the project's own, under its licence (Apache-2.0).

## Training

{samples:,} samples, {" and then ".join(f"{number:,}" for number in steps)} steps of {plan.batch},
{paces[-1]:.2f} s a step (median) on two CPU cores, {minutes:.0f} minutes in all. Means over the
last steps: alpha {last["alpha"]:.4f}, foreground {last["foreground"]:.4f} (L1, weighted as in
`models/training/losses.py`). Threads add in varying order, so a second run gives other bits and
the same figures but for noise.
{blend}Made by

{commands}
    python -m models.training.publish --config {config}

## Figures

{figures}"""


def _read_log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _figures(path: Path | None, plan: Plan) -> str:
    """Band MAD and Grad of each set of truths and flaw of the coarse alpha."""
    if path is None:
        return "Not measured: see `python -m benchmarks.quality`.\n"
    quality = plan.name.removeprefix("refiner_")
    rows = ("bilinear", "classical-balanced", f"learned-{quality}")
    sets: dict[str, Any] = json.loads(path.read_text())["sets"]
    lines = [
        "Band MAD (x 1e3) / Grad (/ 1e3), by `python -m benchmarks.quality`:\n",
        "| truth | coarse alpha | " + " | ".join(rows) + " |",
        "| --- " * (2 + len(rows)) + "|",
    ]
    for name, flaws in sets.items():
        for flaw, found in flaws.items():
            if all(row in found for row in rows):
                cells = [f"{found[r]['band MAD']:.1f} / {found[r]['Grad']:.2f}" for r in rows]
                lines.append(f"| {name} | {flaw} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
