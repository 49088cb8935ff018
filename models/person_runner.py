"""Pass 1's own net as a function of arrays, with its memory."""

from typing import Any

import numpy as np
import torch

from kernels.threads import used
from kernels.types import Alpha, Rgb
from models.frozen import frozen
from models.person_net import Memory, PersonNet, no_memory
from models.person_sight import Sight, nothing_seen
from models.precision import net_precision
from models.torch_threads import torch_threads
from models.weights import load_weights


class PersonRunner:
    """Looks at pictures in order; remembers only what `reset` forgets."""

    def __init__(self, name: str) -> None:
        """Load the weights `name`; WeightsError when a file is missing or damaged."""
        self._type = net_precision()
        net = PersonNet().eval().requires_grad_(False)
        net.load_state_dict(load_weights(name))
        self._sight = frozen(Sight().eval(), torch.zeros(1, 64, 64, 3))
        net = net.to(memory_format=torch.channels_last).to(self._type)  # type: ignore[call-overload]
        given = torch.zeros(1, 3, 64, 64), *no_memory(1, 64, 64), *nothing_seen(1, 64, 64)
        self._net = frozen(net, tuple(each.to(self._type) for each in given))
        self.reset()

    def reset(self) -> None:
        """Forget all pictures seen."""
        self._memory: Memory | None = None
        self._size = (0, 0)

    def __call__(self, rgb: Rgb) -> Alpha:
        """Alpha (H, W) float32 in [0, 1] of the next picture, (H, W, 3) uint8 RGB.

        H and W are multiples of STRIDE, at least SMALLEST (models.person_net); another size than
        before is a beginning.
        """
        if self._memory is None or self._size != rgb.shape[:2]:
            self._size = rgb.shape[:2]
            self._memory = no_memory(1, *self._size)
        with torch.inference_mode():
            picture = torch.from_numpy(rgb[None]).float().mul_(1 / 255)
            # On two threads its small operators took twice as long.
            with torch_threads(1):
                seen: Any = self._sight(picture)
            given = picture.permute(0, 3, 1, 2), *self._memory, *seen
            with torch_threads(used()):
                logits, *states = self._net(*(each.to(self._type) for each in given))
            self._memory = Memory(*states)
            return np.asarray(logits[0, 0].float().sigmoid_().numpy())
