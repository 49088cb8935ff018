"""Pass 1's own net as a function of arrays, run by kernels.

They compute in single precision: in squares of pixels (kernels.squares) that takes less time than
bfloat16 saves.
"""

from copy import copy
from typing import NamedTuple

import numpy as np

from kernels.types import Alpha, Floats, Rgb
from models.parts import Part
from models.person_plan import PersonPlan
from models.person_shape import PEOPLE, SMALLEST, STRIDE
from models.sizes import Sizes
from models.weights import load_weights


class Memory(NamedTuple):
    """What the net remembers: (H / 8, W / 8, STATES[0]) and (H / 16, W / 16, STATES[1]) float32."""

    eighth: Floats
    sixteenth: Floats


class PersonRunner:
    """Alpha of a picture, with a memory of those before.

    May be called from several threads where kernels.threads.may_be_shared."""

    def __init__(self, name: str) -> None:
        """Load the weights `name`; WeightsError when a file is missing or damaged."""
        model, people = (Part(load_weights(each)) for each in (name, PEOPLE))
        self._sizes = Sizes(PersonPlan(model, people).sized)

    def apart(self) -> "PersonRunner":
        """See models.sizes.Sizes."""
        other = copy(self)
        other._sizes = self._sizes.apart()
        return other

    def __call__(self, rgb: Rgb, memory: Memory | None = None) -> tuple[Alpha, Memory]:
        """Alpha (H, W) float32 in [0, 1] of a picture, (H, W, 3) uint8 RGB, and what to remember.

        H and W are multiples of STRIDE, at least SMALLEST (models.person_shape). memory: what the
        last picture of this size left, None at the beginning. Raises ValueError for another size.
        """
        height, width, _ = rgb.shape
        if height % STRIDE or width % STRIDE or min(height, width) < SMALLEST:
            raise ValueError(f"a look is of multiples of {STRIDE}, not of {height}x{width}")
        alpha, sized = np.empty((height, width), np.float32), self._sizes(height, width)
        with sized.running:
            program = sized.program
            states = [program.inside(each) for each in sized.states]
            for number, state in enumerate(states):
                state[:] = 0 if memory is None else memory[number]
            program.run(np.ascontiguousarray(rgb), alpha)
            eighth, sixteenth = (state.copy() for state in states)
            return alpha, Memory(eighth, sixteenth)
