"""Runs a part of the learned refiner on arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kernels.threads import used
from models.torch_threads import torch_threads

Channels = npt.NDArray[np.float32]


def run_net(
    net: torch.nn.Module, channels: npt.NDArray[Any], dtype: torch.dtype, threads: int = 0
) -> Channels:
    """What `net` says of (N, H, W, C) float32, or of the bits of bfloat16 as uint16.

    dtype: what the net computes in; threads: 0 for as many as kernels launched by this thread use.
    Returns (N, h, w, c) float32.
    """
    given = torch.from_numpy(channels)
    given = given.view(torch.bfloat16) if channels.dtype == np.uint16 else given
    with torch.inference_mode(), torch_threads(threads or used()):
        found = net(given.permute(0, 3, 1, 2).to(dtype))
        return np.ascontiguousarray(found.permute(0, 2, 3, 1).float().numpy())
