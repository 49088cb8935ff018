"""Numba kernels on planes and alphas. Arrays in, arrays out; no state, no time, no media.

Parallel kernels may be launched from one thread at a time, unless kernels.threads.may_be_shared.
"""

import contextlib
import ctypes
import importlib.metadata
import os
from fnmatch import fnmatch

from kernels.keeping import keep_together

# OpenMP threads otherwise spin between two short kernels, which starves the decoder, the encoder
# and each other: under load one net run took six times as long. Read when the library loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
_TBB = "*tbb.so.12" if os.name == "posix" else "tbb12.dll"


def _lend_numba_tbb() -> None:
    """Load TBB from where pip puts it: numba takes the one that is loaded, else OpenMP.

    Its threads take work from one another, so that a core which is busy decoding holds up less:
    live's kernels took a third less time; and a kernel begins in 3 microseconds instead of 15.
    """
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for each in importlib.metadata.files("tbb") or ():
            if fnmatch(each.name, _TBB):
                with contextlib.suppress(OSError):
                    ctypes.CDLL(str(each.locate()))


_lend_numba_tbb()
keep_together()
