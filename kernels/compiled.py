"""Whether this machine has compiled the kernels already."""

import pickle
from pathlib import Path

from kernels.keeping import is_kept_together, stamp
from kernels.reach import name_tiles


def is_compiled(*kernels: str) -> bool:
    """Whether numba's cache holds `kernels`, such as "grow._shift"; by default, of both passes.

    A guess: for other kinds of arrays, or by another machine, is taken for this as well.
    """
    folder = name_tiles.stats.cache_path
    wanted = kernels or ("refine._upsample", "steps.run_steps")
    return folder is not None and all(
        any(map(_holds, Path(folder).glob(f"{each}-*.nbi"))) for each in wanted
    )


def _holds(index: Path) -> bool:
    """Whether it lists code, of these very kernels as far as that is known."""
    try:
        with index.open("rb") as file:
            pickle.load(file)  # numba's version
            of, listed = pickle.load(file)
    except Exception:  # whatever is there instead, numba will not read it either
        return False
    return bool(listed and (of == stamp() or not is_kept_together(name_tiles)))
