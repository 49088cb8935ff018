"""Pass 1's own net as a function of arrays."""

from functools import partial

import torch

from kernels.types import Alpha, Rgb
from models.engine import Engine, Shapes, open_engine
from models.person_look import PersonLook
from models.person_model import PersonModel
from models.person_net import Memory, no_memory
from models.precision import net_precision
from models.weights import load_weights

_EXAMPLE = 64


class PersonRunner:
    """Alpha of a picture, with a memory of those before; may be called from several threads."""

    def __init__(
        self, name: str, precision: torch.dtype | None = None, engine: Engine | None = None
    ) -> None:
        """Load the weights `name`; WeightsError when a file is missing or damaged.

        precision: what to compute in, None for what this machine does best; engine: what runs the
        net, None for the quickest.
        """
        memory = no_memory(1, _EXAMPLE, _EXAMPLE)
        example = torch.zeros(1, _EXAMPLE, _EXAMPLE, 3, dtype=torch.uint8), *memory
        look = partial(open_look, name)
        self._engine = engine or open_engine(look, example, precision or net_precision())

    def __call__(self, rgb: Rgb, memory: Memory | None = None) -> tuple[Alpha, Memory]:
        """Alpha (H, W) float32 in [0, 1] of a picture, (H, W, 3) uint8 RGB, and what to remember.

        H and W are multiples of STRIDE, at least SMALLEST (models.person_net). memory: what the
        last picture of this size left, None at the beginning.
        """
        before = no_memory(1, *rgb.shape[:2]) if memory is None else memory
        alpha, *states = self._engine(rgb[None], *(each.numpy() for each in before))
        return alpha[0, 0], Memory(*(torch.from_numpy(each) for each in states))

    def prepare(self, height: int, width: int) -> None:
        """Do now what the first look of that size would have to wait for."""
        self._engine.prepare(_shapes(height, width))

    def is_prepared(self, height: int, width: int) -> bool:
        """Whether a look of that size begins at once."""
        return self._engine.is_prepared(_shapes(height, width))


def open_look(name: str, dtype: torch.dtype, planar: bool = False) -> PersonLook:
    """The net of weights `name`, computing in `dtype`; WeightsError as PersonRunner.

    planar: see models.layers.
    """
    model = PersonModel()
    model.load_state_dict(load_weights(name))
    return PersonLook(model, dtype, planar)


def _shapes(height: int, width: int) -> Shapes:
    states = (tuple(each.shape) for each in no_memory(1, height, width))
    return (1, height, width, 3), *states
