"""Shapes of pass 2's nets (models.refiner_net), and the terms that they are told alpha in."""

from dataclasses import dataclass

LOGIT_SCALE = 0.25
"""Logits are given to the nets in this unit: it makes them as large as the other channels."""
DOUBT = 1
"""Large cells by which a coarse alpha may well be wrong, for the first look."""
EDGE = 0.01
"""Alphas closer than this to 0 or 1 are taken for it, so that their logit is finite."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths and depths of the four nets; dilations: one for each residual block.

    scout, context: channels on cells; noticed: features that the scout hands to the context;
    trunk: channels at half a cell; last: channels of pixels. looks: times that the scout looks; a
    third changed nothing.
    """

    scout: int = 32
    scout_dilations: tuple[int, ...] = (1, 2, 4, 2)
    noticed: int = 8
    context: int = 32
    context_dilations: tuple[int, ...] = (1, 2, 1)
    trunk: int = 16
    trunk_dilations: tuple[int, ...] = (1, 2)
    last: int = 16
    looks: int = 2

    @property
    def reach(self) -> int:
        """Half cells around its result that the trunk must be given."""
        # The stem sees one more, and so does who reads between them.
        return sum(self.trunk_dilations) + 2


SHAPES = {
    "refiner_balanced": Shape(),
    "refiner_best": Shape(
        scout=48, noticed=16, context=48, context_dilations=(1, 2, 4, 1), trunk=32,
        trunk_dilations=(1, 2, 2), last=32,
    ),
}  # fmt: skip
"""The shapes of the committed weights."""
