"""Pass 2: a coarse alpha and the picture give a fine alpha in the boundary band."""

from dataclasses import dataclass
from typing import Protocol

from kernels.band import TILE, classify
from kernels.coarse import cleaned, on_cells, renewed, softened
from kernels.evidence import weigh_evidence
from kernels.foreground import foreground_planes
from kernels.guided import fit_linear, tiles_to_fit, tiles_to_weigh
from kernels.refine import sharpen_band, upsample_band
from kernels.spread import STEP, Cells, SpreadColours, cell_means, spread
from kernels.types import Alpha, Kinds, Planes
from models.picture import Picture

# Luma pixels a cell in pictures below _LARGE lines, and how many cells around one a fit looks at;
# measured, see benchmarks. Hair is wider in larger pictures, so their cells may be too: enlarged
# 1.8 times, cells of 8 gave the photographs a band MAD of 60.6 and cells of 4 one of 61.5.
_CELLS = {"fast": (8, 1), "balanced": (4, 2), "best": (2, 3)}
_LARGE = 900


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What pass 2 found.

    alpha: (H, W) float32 in [0, 1], exactly 0 in OUTSIDE and 1 in INSIDE tiles. kinds: the
    picture's lattice. colours: sure colours of both sides, spread over the whole picture.
    """

    alpha: Alpha
    kinds: Kinds
    colours: SpreadColours


class Refiner(Protocol):
    """Anything that sharpens a coarse alpha of whatever subject."""

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse` ((h, w) float32, any size, laid over the whole picture)."""


class ClassicalRefiner:
    """Refines by colour alone, without learned weights.

    Projects each cell's colour on the line between the colours spread from both sides, weighs
    that against the coarse alpha, and fits the result as a linear function of colour. Where the
    coarse alpha is nowhere sure of one side, it is enlarged and left at that.
    quality: "fast", "balanced" or "best", the fineness of the cells. Raises ValueError on any
    other.
    """

    def __init__(self, quality: str = "balanced") -> None:
        if quality not in _CELLS:
            raise ValueError(f"quality must be one of {', '.join(_CELLS)}, got {quality!r}")
        self._finest, self._radius = _CELLS[quality]

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        """Refine `coarse`; the same input gives the same bits, whatever the thread count.

        Raises ValueError when `coarse` is not 2-D or is empty.
        """
        height, width = picture.height, picture.width
        step = cell_size(self._finest, height, width)
        coarse = softened(cleaned(coarse), height, width)
        kinds = classify(coarse, height, width)
        prior = on_cells(coarse, height, width, step)
        means = cell_means(picture.planes, picture.layout, step)
        alpha = self._sharpened(picture, coarse, kinds, prior, means, step)
        if step < STEP:
            # Finer cells would make the colours noisier, and cost four times as much.
            step = STEP
            prior = on_cells(coarse, height, width, step)
            means = cell_means(picture.planes, picture.layout, step)
        # Spread anew: the fine alpha tells much better which colours are pure.
        return Refined(alpha, kinds, spread(means, renewed(prior, alpha, kinds, step), step, 1))

    def _sharpened(
        self, picture: Picture, coarse: Alpha, kinds: Kinds, prior: Alpha, means: Cells, step: int
    ) -> Alpha:
        layout, radius = picture.layout, self._radius
        colours = spread(means, prior, step)
        alpha = upsample_band(coarse, kinds, picture.height, picture.width)
        if not (colours.foreground_known and colours.background_known):
            return alpha
        around = tiles_to_weigh(kinds, step, radius)
        evidence = weigh_evidence(means, colours, prior, layout, around)
        fit = fit_linear(evidence, prior, tiles_to_fit(kinds, step, radius), step, radius)
        # A soft alpha finer than the cells knows more than a fit on cells can tell.
        trust = min(max((picture.height / coarse.shape[0] - 1) / (step - 1), 0), 1)
        sharpen_band(
            alpha, picture.planes, layout, kinds, fit, evidence.confidence, radius, step, trust
        )
        return alpha


def cell_size(finest: int, height: int, width: int) -> int:
    """Luma pixels a cell of a (height, width) picture: `finest`, doubled per doubling from 900."""
    step, lines = finest, min(height, width)
    while lines >= _LARGE and step < TILE:
        step, lines = step * 2, lines // 2
    return step


def estimate_foreground(
    picture: Picture,
    alpha: Alpha,
    kinds: Kinds,
    colours: SpreadColours,
    out: Planes | None = None,
) -> Planes:
    """The picture's planes with the subject's own colour in BAND tiles.

    alpha: (H, W) float32 in [0, 1]; kinds: the picture's lattice. Bit-identical to the picture
    outside BAND tiles and wherever alpha at a plane's resolution is 1, and everywhere when the
    subject's colours are unknown. `out`: planes like the picture's, written and returned.
    Raises ValueError when shapes disagree.
    """
    return foreground_planes(picture.planes, picture.layout, alpha, kinds, colours, out)
