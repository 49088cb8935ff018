"""Numba kernels on planes and alphas. Arrays in, arrays out; no state, no time, no media."""

import os

# torch's and numba's OpenMP threads otherwise spin between two short kernels, which starves the
# decoder, the encoder and each other: under load one net run took six times as long. Read when
# the OpenMP library loads, hence before torch and numba are imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
