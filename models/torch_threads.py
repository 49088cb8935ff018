"""How many threads torch uses for what one thread asks of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Run torch's operators on `count` threads within.

    Set anew for each run, since numba's thread pool changes the count that torch reads. Other
    threads keep theirs.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
