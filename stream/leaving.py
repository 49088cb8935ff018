"""How the program ends where a thread cannot be waited for."""

import contextlib
import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process with `code`, whatever threads may still be at work; never returns.

    A thread that is compiling, opening nets, or stuck in a camera's read has been given up by
    then, and all that matters is closed. Python would go on to take itself apart under that
    thread, and C++ that then asks for the interpreter ends in an abort instead of `code`.
    """
    for stream in (sys.stdout, sys.stderr):
        # None where there is no console; a pipe may be closed at its other end.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    if any(thread.daemon for thread in threading.enumerate()):
        os._exit(code)
    sys.exit(code)
