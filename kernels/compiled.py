"""Whether this machine has compiled the kernels already."""

from pathlib import Path

from kernels.reach import name_tiles


def is_compiled(*kernels: str) -> bool:
    """Whether numba's cache holds `kernels`, such as "grow._shift"; by default, of both passes.

    A guess, since what it holds may be of an older version.
    """
    folder = name_tiles.stats.cache_path
    wanted = kernels or ("refine._upsample", "steps.run_steps")
    return folder is not None and all(any(Path(folder).glob(f"{each}-*.nbi")) for each in wanted)
