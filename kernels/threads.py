"""How many threads parallel kernels use."""

import numba


def available() -> int:
    """Threads that numba started for parallel kernels: one a core, unless configured otherwise."""
    return int(getattr(numba.config, "NUMBA_NUM_THREADS"))  # noqa: B009 - unknown to its stubs


def used() -> int:
    """Threads that kernels launched by this thread use."""
    return int(numba.get_num_threads())


def use_threads(count: int) -> None:
    """Have kernels launched by this thread use `count` threads; at least one, at most all.

    A kernel waits for its slowest thread: on a core busy with encoding, that wait costs more than
    the second thread saves.
    """
    numba.set_num_threads(min(max(1, count), available()))


def may_be_shared() -> bool:
    """Whether several threads may launch parallel kernels at once.

    Where numba finds neither TBB nor OpenMP, as on a Mac, that would abort the program.
    """
    used()  # which has numba choose a layer
    layer = getattr(numba, "threading_layer")()  # noqa: B009 - unknown to its stubs
    return str(layer) != "workqueue"
