"""Pass 1's own net as a function of arrays."""

import numpy as np
import torch
from torch import Tensor

from kernels.threads import used
from kernels.types import Alpha, Rgb
from models.frozen import frozen
from models.person_model import PersonModel
from models.person_net import Memory, no_memory
from models.person_sight import People, nothing_seen
from models.precision import net_precision
from models.torch_threads import torch_threads
from models.weights import load_weights


class PersonRunner:
    """Alpha of a picture, with a memory of those before; may be called from several threads."""

    def __init__(self, name: str, precision: torch.dtype | None = None) -> None:
        """Load the weights `name`; WeightsError when a file is missing or damaged.

        precision: what to compute in, None for what this machine does best.
        """
        self._type = precision or net_precision()
        model = PersonModel().eval().requires_grad_(False)
        model.load_state_dict(load_weights(name))
        picture = torch.zeros(1, 64, 64, 3)
        self._people = frozen(People().eval(), picture)
        self._things = frozen(model.things.to(self._type), picture.to(self._type))
        net = model.net.to(memory_format=torch.channels_last).to(self._type)  # type: ignore[call-overload]
        given = torch.zeros(1, 3, 64, 64), *no_memory(1, 64, 64), *nothing_seen(1, 64, 64)
        self._net = frozen(net, tuple(each.to(self._type) for each in given))

    def __call__(self, rgb: Rgb, memory: Memory | None = None) -> tuple[Alpha, Memory]:
        """Alpha (H, W) float32 in [0, 1] of a picture, (H, W, 3) uint8 RGB, and what to remember.

        H and W are multiples of STRIDE, at least SMALLEST (models.person_net). memory: what the
        last picture of this size left, None at the beginning.
        """
        before = no_memory(1, *rgb.shape[:2]) if memory is None else memory
        with torch.inference_mode():
            picture = torch.from_numpy(rgb[None]).float().mul_(1 / 255)
            seen = self._seen(picture)
            given = picture.permute(0, 3, 1, 2), *before, *seen
            with torch_threads(used()):
                logits, *states = self._net(*(each.to(self._type) for each in given))
            return np.asarray(logits[0, 0].float().sigmoid_().numpy()), Memory(*states)

    def _seen(self, picture: Tensor) -> tuple[Tensor, ...]:
        """What both eyes see, one after the other."""
        # Their operators are small: two threads save little, and cost much where others are busy.
        with torch_threads(1):
            people: tuple[Tensor, ...] = tuple(self._people(picture))
            things: tuple[Tensor, ...] = tuple(self._things(picture.to(self._type)))
        return (*people, *things)
