"""Maps of a plan."""

from typing import NamedTuple


class Map(NamedTuple):
    """Of a plan: which, and the sizes that tell of it (see kernels.layers)."""

    number: int
    wide: int
    channels: int
    rows: int
    columns: int
    margin: int


def told(maps: Map, at: int) -> list[int]:
    """What kernels.layers is told of a map whose memory begins `at`."""
    first = at + (maps.margin * maps.wide + maps.margin) * maps.channels
    return [first, *maps[1:]]
