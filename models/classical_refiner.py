"""Refines by colour alone, without learned weights."""

from kernels.band import classify
from kernels.coarse import cleaned, on_cells, renewed, softened
from kernels.evidence import weigh_evidence
from kernels.guided import fit_linear, tiles_to_fit, tiles_to_weigh
from kernels.refine import sharpen_band, upsample_band
from kernels.spread import STEP, Cells, cell_means, spread
from kernels.types import Alpha, Kinds
from models.picture import Picture
from models.refined import Refined, cell_size

# Luma pixels a cell in pictures that are not large (see cell_size), and how many cells around one
# a fit looks at; measured, see benchmarks. Hair is wider in larger pictures, so their cells may
# be too: enlarged 1.8 times, cells of 8 gave the photographs a band MAD of 60.6 and cells of 4
# one of 61.5.
_CELLS = {"fast": (8, 1), "balanced": (4, 2), "best": (2, 3)}


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
        if not colours.both_known:
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
