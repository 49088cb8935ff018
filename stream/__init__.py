"""Hairline: cut people out of video, down to the hair.

`Cutter` takes RGB pictures, `run` with `Settings` whole files. Names load when first used, so that
commands which need no net start at once.
"""

import importlib
from typing import TYPE_CHECKING, Any

import kernels  # noqa: F401 - sets the OpenMP policy before anything reads it

if TYPE_CHECKING:
    from stream.cutter import Cutter
    from stream.errors import SinkError, SourceError, StreamError, UsageError, WeightsError
    from stream.frame import Frame, Matte
    from stream.job import Outcome, run
    from stream.settings import Settings
    from stream.trim import Trim

__all__ = [
    "Cutter", "Frame", "Matte", "Outcome", "Settings", "SinkError", "SourceError", "StreamError",
    "Trim", "UsageError", "WeightsError", "run",
]  # fmt: skip

_HOMES = {
    "Cutter": "cutter", "Frame": "frame", "Matte": "frame", "Outcome": "job", "run": "job",
    "Settings": "settings", "Trim": "trim",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"stream.{_HOMES.get(name, 'errors')}"), name)
