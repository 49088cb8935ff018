"""Whether this machine has compiled the kernels already."""

from pathlib import Path

import numba


def is_compiled() -> bool:
    """Whether numba's cache holds kernels; a guess, since it may be of an older version."""
    configured = getattr(numba.config, "CACHE_DIR", "")
    folder = Path(configured) if configured else Path(__file__).parent / "__pycache__"
    return any(folder.rglob("refine.*.nbi"))
