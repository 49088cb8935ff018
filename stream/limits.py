"""The sizes Hairline takes, and what a stream must keep while it runs."""

from stream.errors import SourceError

SMALLEST = 16
"""Pixels a side: below this the nets see nothing."""
LARGEST = 7680
LARGEST_AREA = 7680 * 4320
"""8K in either orientation."""


def check_size(name: str, height: int, width: int) -> None:
    """Raise SourceError when a picture is smaller or larger than what is supported."""
    fits = (
        min(height, width) >= SMALLEST
        and max(height, width) <= LARGEST
        and height * width <= LARGEST_AREA
    )
    if not fits:
        raise SourceError(
            f"{name}: {width}x{height} is outside the supported sizes, "
            f"{SMALLEST}x{SMALLEST} to {LARGEST}x4320 (or 4320x{LARGEST}); resize it first"
        )
