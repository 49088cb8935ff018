"""Imports that nobody is told of."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_REPORTER = "openvino_telemetry"


@contextmanager
def untold() -> Iterator[None]:
    """Import OpenVINO within: its package else reports to its makers, on every import, that it
    was imported, and leaves a folder in the user's home."""
    modules: dict[str, Any] = sys.modules
    missing = object()
    before = modules.get(_REPORTER, missing)
    modules[_REPORTER] = None  # so Python says that there is none, and the package goes without
    try:
        yield
    finally:
        del modules[_REPORTER]
        if before is not missing:
            modules[_REPORTER] = before
