"""Steps of a net with the memory that they work in."""

import numpy as np

from kernels import steps
from kernels.threads import available, used
from kernels.types import Alpha, Floats, Indices, Rgb
from models.maps import Map, told
from models.packed import lined, whole

Size = tuple[int, int]
_NO_PICTURE, _NO_ALPHA = np.empty((0, 0, 3), np.uint8), np.empty((0, 0), np.float32)


class Program:
    """Steps, and the memory that they work in. Serves one thread at a time."""

    def __init__(
        self, table: Indices, limits: Floats, weights: Floats, memory: Floats, pace: int,
        places: dict[int, int], shown: Size, spread: Size,
    ) -> None:  # fmt: skip
        """pace: numbers that each thread works on besides; shown, spread: sizes of `run`'s."""
        self._sizes = shown, spread
        self._table, self._limits, self._weights = table, limits, weights
        self.memory, self._pace = memory, whole(pace)
        self._places = places
        self._scratch = lined(available() * self._pace)
        self._counters = np.zeros(len(table) * steps.COUNTERS, np.int64)

    def run(self, rgb: Rgb = _NO_PICTURE, alpha: Alpha = _NO_ALPHA) -> None:
        """Run all steps. rgb: what is shown, if anything is; alpha: written, if it is told.

        Raises ValueError when they are not of the sizes that were planned.
        """
        if (rgb.shape[:2], alpha.shape) != self._sizes:
            raise ValueError(f"planned for {self._sizes}, given {rgb.shape} and {alpha.shape}")
        self._counters[:] = 0
        steps.run_steps(
            rgb, self._table, self._limits, self._weights, self.memory, alpha, self._scratch,
            self._pace, self._counters, used(),
        )  # fmt: skip

    def told(self, maps: Map) -> Indices:
        """What kernels.layers is told of a map of the plan, which was kept."""
        return np.array(told(maps, self._places[maps.number]), np.int64)

    def inside(self, maps: Map) -> Floats:
        """(rows, columns, channels), a view of one that was kept."""
        first = told(maps, self._places[maps.number])[0] - maps.margin * maps.channels
        flat = self.memory[first : first + maps.rows * maps.wide * maps.channels]
        rows = flat.reshape(maps.rows, maps.wide, maps.channels)
        return rows[:, maps.margin : maps.margin + maps.columns]
