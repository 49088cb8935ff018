"""Puts trained weights where the product finds them, with a card that says where they come from.

`python -m models.training.publish --config NAME.toml [--quality TABLE.json]`
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.refiner_shape import SHAPES
from models.training.portraits import pictures_in
from models.training.train_refiner import Plan, read_plan
from models.weights import WEIGHTS, digest

_MANIFEST = "SHA256SUMS"
_DATA = """\
Half of what it learnt from was drawn: subjects of `models.training.subjects` before scenes of
`models.training.textures`, whose truth is exact, since it is what they were composed of; textures
are synthesised, or pieces of the photographs of rooms, streets and clothes listed in `person.md`.
The other half are people cut out of photographs and laid before rooms or textures
(`models.training.actors`): those of {actors:,} that pass 1 learns from too, listed in `person.md`,
whose alpha, the same teacher's at full size, is sure. Four times of five their coarse alpha is what
pass 1 (`hairline`, and for a quarter `selfie`) made of the picture; all others were spoilt by
`models.training.coarse_errors`. All were photographed by `models.training.camera`. No photograph is
part of this repository.
"""


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
    """Let all read the file; replace its line in the manifest, or add it."""
    path.chmod(0o644)
    manifest = path.parent / _MANIFEST
    lines = manifest.read_text(encoding="ascii").splitlines()
    lines = [line for line in lines if not line.endswith(f"  {path.name}")]
    lines.append(f"{digest(path.read_bytes())}  {path.name}")
    manifest.write_text("\n".join(lines) + "\n", encoding="ascii")


def _card(plan: Plan, config: Path, count: int, figures: str) -> str:
    log = _read_log(plan.folder / f"{plan.name}.log")
    last = log[-1]
    actors = len(pictures_in(plan.photographs / "fine" / "people")) if plan.photographs else 0
    if not actors:
        raise SystemExit(f"error: {plan.photographs} holds no fine labels: the card counts them")
    pace = f"{last['seconds a step']:.3f} s each in the mean, on {plan.machine}"
    return f"""# {plan.name}

The second pass's nets (`models/refiner_net.py`), {count:,} parameters, the running average of
training. For any subject, not for people alone.

## Data

{_DATA.format(actors=actors)}
The weights are the project's own, under its licence (Apache-2.0).

## Training

{last["step"]:,} steps of {plan.batch}, {pace}.{_told(plan)}
Means over the last steps: alpha {last["alpha"]:.4f}, foreground {last["foreground"]:.4f} (L1,
weighted as in `models/training/losses.py`). Threads and GPUs add in varying order, so a second run
gives other bits and the same figures but for noise. Made by

    python -m models.training.gather MIRRORS {plan.photographs}
    python -m models.training.label {plan.photographs} --rvm ONNX
    python -m models.training.label {plan.photographs} --rvm ONNX --fine {actors}
    python -m models.training.train_refiner {plan.run}
    python -m models.training.publish --config {config}

## Figures

{figures}"""


def _told(plan: Plan) -> str:
    """What else the card says of the training."""
    told = mixture(plan.blend, "what it went on from"), plan.note
    return "".join(f"\n{each}" for each in told if each)


def mixture(blend: float, rest: str) -> str:
    """A sentence for a card about what is published; "" where it is just what was trained.

    blend: see `blended`; rest: what the other share is of.
    """
    return (
        "" if blend == 1 else f"What is published is {blend:.0%} that and {1 - blend:.0%} {rest}."
    )


def _read_log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _figures(path: Path | None, plan: Plan) -> str:
    """Band MAD and Grad of each set of truths and flaw of the coarse alpha."""
    if path is None:
        return "Not measured: see `python -m benchmarks.quality`.\n"
    quality = plan.name.removeprefix("refiner_")
    rows = ("bilinear", "classical-fast", f"learned-{quality}")
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
