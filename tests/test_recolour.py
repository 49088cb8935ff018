"""Found colours against a naive change of each cell."""

import numpy as np
import pytest

from kernels.band import BAND, INSIDE, OUTSIDE
from kernels.layout import Layout
from kernels.near import NEAR, Near
from kernels.recolour import recolour
from kernels.spread import SpreadColours

LAYOUTS = (
    Layout("yuv", 8, 1, 1, "bt709", full_range=False),
    Layout("rgb", 10, 0, 0, "bt709", full_range=True),
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.model)
@pytest.mark.parametrize("step", [4, 8, 16])
def test_band_cells_that_were_looked_at_take_the_colours_found(layout: Layout, step: int) -> None:
    random = np.random.default_rng(step)
    kinds = random.choice(np.array([OUTSIDE, INSIDE, BAND], np.uint8), (6, 8))
    shape = 96 // step, 128 // step
    front, back = (random.uniform(20, 200, (*shape, 4)).astype(np.float32) for _ in range(2))
    colours = SpreadColours(front.copy(), back.copy(), step)
    found = random.uniform(-0.7, 0.7, (64 // step, 64 // step, NEAR)).astype(np.float32)
    recolour(colours, Near(found, step, 16, 32), kinds, layout)
    matrix, offset = layout.from_rgb()
    for y in range(shape[0]):
        for x in range(shape[1]):
            down, across = y - 16 // step, x - 32 // step
            looked = 0 <= down < found.shape[0] and 0 <= across < found.shape[1]
            expected = [front[y, x].copy(), back[y, x].copy()]
            if looked and kinds[y * step // 16, x * step // 16] == BAND:
                rgb = (found[down, across, :6] + 0.5).clip(0, 1).astype(np.float64)
                expected[0][:3] = matrix @ rgb[:3] + offset
                expected[1][:3] = matrix @ rgb[3:] + offset
            np.testing.assert_allclose(colours.foreground[y, x], expected[0], rtol=1e-4, atol=1e-3)
            np.testing.assert_allclose(colours.background[y, x], expected[1], rtol=1e-4, atol=1e-3)
