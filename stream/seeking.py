"""Go to a moment of an input: never past it, and to where decoding can begin."""

from fractions import Fraction

import av
from av.container import InputContainer

MICRO = 1_000_000
# Transport and program streams have no index: a seek lands between key frames.
_LEAD = Fraction(15)


def beginning(container: InputContainer) -> Fraction:
    """Seconds at which `container` starts; transport streams seldom do at 0."""
    return Fraction(max(container.start_time or 0, 0), MICRO)


def seek(container: InputContainer, seconds: Fraction) -> bool:
    """Move `container` to a key frame at or before `seconds`; False when it cannot be searched.

    Where a search would lose frames or the clock, it stays at the beginning.
    """
    flags = av.format.Flags(container.format.flags)
    if flags & av.format.Flags.no_timestamps:
        return True
    if flags & av.format.Flags.ts_discont:
        seconds -= _LEAD
        if seconds <= beginning(container):
            return True
    try:
        container.seek(int(seconds * MICRO), backward=True)
    except (av.error.FFmpegError, OSError):
        return False
    return True
