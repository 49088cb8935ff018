import numpy as np
import pytest
import torch

from kernels import context_torch
from kernels.band import lattice, tiles_of
from kernels.evidence import weigh_evidence
from kernels.layout import Layout
from kernels.spread import spread

LAYOUT = Layout("rgb", 8, 0, 0, "bt709", full_range=True)


@pytest.mark.parametrize("size", [(2, 3), (17, 12), (32, 48)])
def test_the_twin_spreads_and_weighs_as_the_kernel_does(size: tuple[int, int]) -> None:
    random = np.random.default_rng(4)
    rgb = random.random((*size, 3)).astype(np.float32)
    prior = np.clip(random.normal(0.5, 0.6, size), 0, 1).astype(np.float32)
    prior[0, 0], prior[-1, -1] = 0, 1
    squares = (rgb**2).sum(axis=2)
    # The kernel's cells are in code values and plane order, green first; the twin's are RGB.
    codes = np.dstack([rgb[..., [1, 2, 0]] * 255, squares])
    colours = spread(codes, prior)
    tiles = tiles_of(np.zeros(lattice(size[0] * 4, size[1] * 4), np.uint8), 0)
    evidence = weigh_evidence(codes, colours, prior, LAYOUT, tiles)
    means = torch.from_numpy(np.dstack([rgb, squares])).permute(2, 0, 1)[None]
    given = torch.from_numpy(prior)[None, None]
    front, back = context_torch.spread(means, given)
    share, sure = context_torch.weigh_evidence(means, front, back, given)
    for side, expected in ((front, colours.foreground), (back, colours.background)):
        found = side[0].permute(1, 2, 0).numpy()
        np.testing.assert_allclose(found[..., [1, 2, 0]], expected[..., :3] / 255, atol=1e-4)
    np.testing.assert_allclose(share[0, 0], evidence.projection, atol=2e-3)
    np.testing.assert_allclose(sure[0, 0], evidence.confidence, atol=2e-3)


def test_a_side_that_is_nowhere_sure_has_the_mean_colour() -> None:
    means = torch.rand(1, 4, 8, 8)
    front, _ = context_torch.spread(means, torch.zeros(1, 1, 8, 8))
    torch.testing.assert_close(front[0, :, 4, 4], means.mean((2, 3))[0], atol=1e-3, rtol=0)
