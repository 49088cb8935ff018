"""Weights by the names of their layers, and a program that needs no torch to use them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from models.parts import Part, numbers

ROOT = Path(__file__).resolve().parents[1]


def test_layers_are_found_by_name_and_number() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.Linear(4, 2)))
    part = Part({name: each.numpy() for name, each in net.state_dict().items()})
    first, second = part
    (inner,) = second
    for layer, told in ((net[0], first), (net[1][0], inner)):
        for one, other in zip(numbers(layer), numbers(told), strict=True):
            np.testing.assert_array_equal(one, other)
    assert numbers(inner)[0].shape == (2, 4, 1, 1)
    with pytest.raises(AttributeError, match="no gate"):
        _ = first.gate
    assert getattr(first, "gate", None) is None


def test_half_precision_is_told_in_single() -> None:
    weight, bias = numbers(nn.Linear(3, 2).half())
    assert weight.dtype == bias.dtype == np.float32


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_a_picture_is_cut_out_without_torch(quality: str) -> None:
    code = f"""
import sys
import numpy as np
from stream import Cutter
Cutter(quality={quality!r})(np.full((64, 96, 3), 90, np.uint8))
assert "torch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
