"""The layers of pass 1 that see far around: trained whole, then made few channels wide.

python -m models.training.around --config NAME.toml [--steps N]

Reads FOLDER/NAME.safetensors as train_segmenter wrote it, lets narrow layers (models.person_net)
imitate the whole ones (models.training.whole) on composed pictures, and writes
FOLDER/NAME_narrow.safetensors, an eighteenth of the parameters for them. Hinton et al.,
"Distilling the Knowledge in a Neural Network" (2015), one part of a net alone.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.person_model import PersonModel
from models.person_net import PersonNet
from models.person_sight import People
from models.training.clips import draw_clip
from models.training.descent import pace
from models.training.material import Material, read_material
from models.training.train_segmenter import Plan, read_plan
from models.training.whole import AROUND, whole_around

_PART, _PARTS = 0, 5
"""Of the photographs: a thousand show how the layers behave."""
_SIZES = ((416, 416), (256, 256), (160, 288))
_BATCH, _BATCHES, _HELD = 4, 120, 12
_RATE = 4e-3
_LEAST = 0.05
"""Added to the spread of a channel, so that one that hardly varies does not count most."""


class Pair(NamedTuple):
    """What the layers are given and what the whole ones make of it, (N, C, h, w)."""

    given: Tensor
    made: Tensor


def main() -> None:
    """Imitate, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=14000)
    arguments = parser.parse_args()
    plan = read_plan(arguments.config)
    weights = load_file(plan.folder / f"{plan.name}.safetensors")
    material = read_material(plan.photographs, _PART, _PARTS)
    pairs = list(observed(weights, plan, material, _BATCHES))
    found = imitated(pairs, plan, arguments.steps)
    kept = {name: value for name, value in weights.items() if not name.startswith(AROUND)}
    kept |= {f"{AROUND}{name}": value for name, value in found.state_dict().items()}
    save_file(kept, plan.trained)


def observed(
    weights: dict[str, Tensor], plan: Plan, material: Material, batches: int
) -> Iterator[Pair]:
    """Pairs for `batches` of composed pictures of each size."""
    model, people = PersonModel(plan.widths), People()
    whole = whole_around(plan.widths[-1])
    model.net.around = whole
    model.load_state_dict(weights)
    seen: list[Pair] = []
    whole.register_forward_hook(
        lambda _, given, made: seen.append(Pair(given[0].float(), made.float()))
    )
    for size in _SIZES:
        for number in range(batches):
            random = np.random.default_rng([plan.seed, *size, number])
            rgb = [draw_clip(random, material, size, 1).rgb[0] for _ in range(_BATCH)]
            picture = torch.from_numpy(np.stack(rgb)).float() / 255
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
                model(picture[None], people(picture))
            yield seen.pop()


def imitated(pairs: list[Pair], plan: Plan, steps: int) -> nn.Module:
    """Narrow layers that make of what is given about what the whole ones made, so says a print."""
    torch.manual_seed(plan.seed)
    narrow = PersonNet(plan.widths).around
    held, learnt = pairs[::_HELD], [each for n, each in enumerate(pairs) if n % _HELD]
    made = torch.cat([each.made.transpose(0, 1).flatten(1) for each in learnt[::5]], 1)
    spread = made.std(1)[None, :, None, None] + _LEAST
    optimiser = torch.optim.Adam(narrow.parameters(), _RATE)
    random = np.random.default_rng(plan.seed)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * pace(step, 1, step / steps)
        pair = learnt[int(random.integers(len(learnt)))]
        optimiser.zero_grad()
        _off(narrow(pair.given), pair.made, spread).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        left, all_ = (
            sum(float(_off(each, pair.made, spread)) for each, pair in zip(own, held, strict=True))
            for own in ([narrow(pair.given) for pair in held], [pair.given for pair in held])
        )
    print(f"of the square of what the whole layers change, {left / all_:.2f} is not imitated")
    return narrow


def _off(found: Tensor, made: Tensor, spread: Tensor) -> Tensor:
    return F.mse_loss(found / spread, made / spread)


if __name__ == "__main__":
    main()
