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


OFFLINE = """
from stream import Cutter
from stream.preparing import made_up
_, coarse = made_up(96, 160)
rgb = np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8)
for quality in ("fast", "balanced", "best"):
    cutter = Cutter(quality)
    cutter(rgb, 0.0)
    alpha, _ = cutter(rgb, 0.1, coarse)
    assert 0 < alpha.mean() < 1
Cutter("fast", "selfie")(rgb)
"""
LIVE = """
from models.clock import StageClock
from stream.live.look import Controls, Look
from stream.live.settings import LiveSettings
from stream.live.start import opener
from stream.live.work import Work
import stream.live.start
work = Work(opener(LiveSettings("", quality="auto")), Controls(Look()), StageClock())
work.rehearse(96, 160)
work.close()
"""


@pytest.mark.parametrize("code", [OFFLINE, LIVE], ids=["offline", "live"])
def test_pictures_are_cut_out_without_torch(code: str) -> None:
    whole = f"import sys\nimport numpy as np\n{code}\nassert 'torch' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
