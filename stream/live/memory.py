"""Keeps freed memory for the next picture, where the system's allocator can be told to."""

import ctypes
import sys

_TRIM, _PAD, _MAPPED = -1, -2, -3
_LARGE, _SPARE = 1 << 30, 64 << 20


def keep_memory() -> bool:
    """Have glibc reuse the memory of a picture's arrays; whether it could be told.

    Else each is mapped afresh and faulted in page by page: a tenth of a 720p picture's time.
    """
    if sys.platform != "linux":
        return False
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None:  # another C library
        return False
    wanted = ((_MAPPED, _LARGE), (_TRIM, _LARGE), (_PAD, _SPARE))
    return all(tell(ctypes.c_int(which), ctypes.c_int(size)) for which, size in wanted)
