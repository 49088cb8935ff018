"""What numba keeps of kernels is as new as all of them.

By itself it keeps what it compiled of a file until that file changes. But what a kernel calls is
compiled into it, and may lie in another file: such a kernel would go on with what it called before,
and with constants that hold no longer.
"""

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def stamp() -> bytes:
    """Of all kernels' sources."""
    told = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        told.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return told.digest()


class Kernels:
    """Goes before one of numba's classes that tell where a function's code is kept."""

    def get_source_stamp(self) -> bytes:
        """What must be the same for code to be used again."""
        return stamp()

    @classmethod
    def from_function(cls, function: Any, path: str) -> Any:
        """None for what is no kernel, or where the other class has no place for it."""
        if Path(path).parent != _HERE:
            return None
        return getattr(super(), "from_function")(function, path)  # noqa: B009 - the other's


def is_kept_together(kernel: Any) -> bool:
    """Whether that came to pass for a kernel: another numba may go by single files."""
    implementation = getattr(getattr(kernel, "_cache", None), "_impl", None)
    return isinstance(getattr(implementation, "locator", None), Kernels)


def keep_together() -> None:
    """Have numba ask for the stamp of all kernels. Before any is imported."""
    with suppress(ImportError, AttributeError):
        from numba.core.caching import CacheImpl

        theirs = getattr(CacheImpl, "_locator_classes")  # noqa: B009 - private
        theirs[:0] = [type(f"Kernels{each.__name__}", (Kernels, each), {}) for each in theirs]
