"""Numba kernels on planes and alphas. Arrays in, arrays out; no state, no time, no media.

Parallel kernels may be launched from one thread at a time only.
"""

import os

# OpenMP threads otherwise spin between two short kernels, which starves the decoder, the encoder
# and each other: under load one net run took six times as long. Read when the library loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
