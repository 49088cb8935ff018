"""The Selfie networks as functions of arrays."""

import numpy as np
import numpy.typing as npt
import torch

from models.frozen import frozen
from models.layers import pad_kernels
from models.selfie import SelfieNet
from models.torch_threads import torch_threads
from models.weights import load_weights

_EXAMPLE = 1, 64, 64, 3


class Selfie:
    """A loaded net that takes and gives arrays."""

    def __init__(self, name: str) -> None:
        """Load weights `name`; WeightsError when the file is missing or damaged."""
        self._net = frozen(open_net(name), torch.zeros(_EXAMPLE))

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Alphas (N, H, W) float32 in [0, 1] of pictures (N, H, W, 3) uint8 RGB."""
        # On two threads its small operators took twice as long.
        with torch.inference_mode(), torch_threads(1):
            return np.asarray(self._net(torch.from_numpy(rgb).float().mul_(1 / 255)).numpy())


def open_net(name: str) -> SelfieNet:
    """A SelfieNet ready for inference; WeightsError when the file is missing or damaged."""
    net = SelfieNet().eval().requires_grad_(False)
    net.load_state_dict(load_weights(name))
    pad_kernels(net)
    return net
