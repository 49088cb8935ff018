"""The eyes for things as others trained them on ImageNet."""

from pathlib import Path

from models.efficient_lite import LiteNet
from models.layers import load_tensors, pad_kernels
from models.person_sight import Things

FOLDER = Path(__file__).parent / "weights"
LITE = "efficient_lite0"


def begin(things: Things) -> None:
    """Take those weights; WeightsError when they cannot be loaded."""
    net = LiteNet()
    net.load_state_dict(load_tensors(LITE, FOLDER))
    pad_kernels(net)
    things.net.load_state_dict(net.state_dict())
