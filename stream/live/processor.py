"""How long this program has worked."""

import os


def spent() -> float:
    """Seconds of processor time, of all its threads together."""
    times = os.times()
    return times.user + times.system
