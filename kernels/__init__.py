"""Numba kernels on planes and alphas. Arrays in, arrays out; no state, no time, no media.

Parallel kernels may be launched from one thread at a time, unless kernels.threads.may_be_shared.
"""

import contextlib
import ctypes
import importlib.util
import os
from pathlib import Path

# OpenMP threads otherwise spin between two short kernels, which starves the decoder, the encoder
# and each other: under load one net run took six times as long. Read when the library loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _lend_numba_tbb() -> None:
    """Load TBB where OpenVINO brings it: numba takes the one that is loaded, else OpenMP.

    Its threads take work from one another, so that a core which is busy decoding holds up less:
    live's kernels took a third less time.
    """
    openvino = importlib.util.find_spec("openvino")
    for place in openvino.submodule_search_locations or () if openvino else ():
        for library in sorted(Path(place, "libs").glob("*tbb*12*")):
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(library))


_lend_numba_tbb()
