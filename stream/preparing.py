"""On a machine's first run several processes compile what a job needs, each some parts of it.

The compiler works on one kernel at a time in each process. What one has compiled the others find in
the cache.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from kernels.band import BAND, INSIDE, TILE, lattice, tiles_of
from kernels.compiled import is_compiled
from kernels.spread import SpreadColours
from kernels.threads import available
from kernels.types import Alpha
from stream.frame import Frame, Matte
from stream.live.normal import live_frame


class Part(NamedTuple):
    """A function, as module:name, and a kernel that it is the last to compile."""

    function: str
    last: str


PREPARING = "preparing: the first run on a machine compiles for a minute or two"
REFINE = Part("stream.preparing:refine", "recolour._recolour")
SETTLE = Part("stream.preparing:settle", "hedge._hedge")
BY_COLOUR = Part("stream.preparing:by_colour", "refine._sharpen")
LOOK = Part("stream.preparing:look", "steps.run_steps")
FINISH = Part("stream.preparing:finish", "foreground._unmix")
LAY = Part("stream.preparing:lay", "composite._blend")
_ROOT = Path(__file__).resolve().parents[1]
_SIZE = 720, 1280
"""Several times what pass 1 looks at, or pass 2 would have nothing to add."""
_PATIENCE, _LONGEST = 0.1, 600.0
"""Seconds between two looks at the helpers, and after which those that are left are given up."""
_MOST = 3
"""Helpers at most: more would hardly be done sooner, and each has the nets in its memory."""


def made_up(height: int, width: int) -> tuple[Frame, Alpha]:
    """A picture of noise, and a coarse alpha that is 0, 1 and in between in it."""
    from models.segmenter import coarse_size

    random = np.random.default_rng(0)
    shapes = (height, width), (height // 2, width // 2), (height // 2, width // 2)
    planes = tuple(random.integers(16, 236, shape, np.uint8) for shape in shapes)
    tall, wide = coarse_size(height, width)
    y, x = np.mgrid[:tall, :wide]
    distance = np.hypot((y + 0.5) / tall - 0.5, (x + 0.5) / wide - 0.5)
    return live_frame(planes, 0), np.clip((0.35 - distance) * 20, 0, 1).astype(np.float32)


def unmade(height: int, width: int) -> Matte:
    """A matte of such a picture that no kernel was needed for."""
    frame, coarse = made_up(height, width)
    alpha = np.asarray(cv2.resize(coarse, (width, height)), np.float32)
    kinds = np.full(lattice(height, width), BAND, np.uint8)
    kinds[kinds.shape[0] // 2, kinds.shape[1] // 2] = INSIDE
    cells = np.full((height // 4, width // 4, 4), 128, np.float32)
    return Matte(frame, alpha, frame.planes, kinds, SpreadColours(cells, cells.copy(), 4))


def look() -> None:
    """Compile pass 1."""
    from models.picture import Box
    from models.segmenter import DEFAULT_SEGMENTER, open_segmenter

    frame, _ = made_up(*_SIZE)
    frame.rgb(4, 4, Box(2, 2, 8, 8))  # as it looks closer at a subject
    open_segmenter(DEFAULT_SEGMENTER, "balanced")(frame, None)


def refine() -> None:
    """Compile the learned pass 2."""
    from models.refiner import open_refiner

    frame, coarse = made_up(*_SIZE)
    open_refiner("balanced")(frame, coarse)


def settle() -> None:
    """Compile what comes last in the learned pass 2, before it comes to that."""
    from kernels.bound import bound_alpha
    from kernels.hedge import hedge_alpha
    from kernels.scatter import scatter_alpha
    from models.refiner_pixels import TERMS

    matte = unmade(*_SIZE)
    # One of several numbers a cell, as nets give them: of other strides kernels are others.
    cells = np.zeros((_SIZE[0] // 4, _SIZE[1] // 4, 2), np.float32)[..., 1]
    tiles = tiles_of(matte.kinds)
    found = np.zeros((len(tiles), TILE, TILE, 2), np.float32)
    levels, kinds = found[..., 0].copy(), matte.kinds
    scatter_alpha(found, levels, tiles, kinds, kinds, TERMS, 1, matte.alpha)
    bound_alpha(matte.alpha, cells, tiles)
    hedge_alpha(matte.alpha, levels, found, tiles, cells, 4, 0, 0)


def by_colour() -> None:
    """Compile pass 2 without nets."""
    from models.refiner import open_refiner

    frame, coarse = made_up(*_SIZE)
    open_refiner("fast")(frame, coarse)


def finish() -> None:
    """Compile time and foreground."""
    from models.refiner import estimate_foreground
    from models.temporal import TemporalSmoother

    matte, smoother = unmade(*_SIZE), TemporalSmoother()
    for dt in (None, 0.04):
        alpha, kinds = smoother(matte.frame, matte.alpha, matte.kinds, dt)
    estimate_foreground(matte.frame, alpha, kinds, matte.colours)


def lay() -> None:
    """Compile what lays a foreground over something else, or over nothing."""
    from stream.backgrounds import open_background
    from stream.render import Renderer

    matte = unmade(*_SIZE)
    for background in (None, open_background("#203040")):
        Renderer(background)(matte)


def prepare(parts: Sequence[Part], is_stopped: Callable[[], bool]) -> None:
    """Have what `parts` is not yet compiled by other processes; waits, or until `is_stopped`.

    Each takes one part, and the last all that are left: those that take longest come first.
    Without them, or where they fail, all is compiled when it is needed. They end with this one.
    """
    end = time.monotonic() + _LONGEST
    left = [part.function for part in parts if not is_compiled(part.last)]
    begun = (_begun(share) for share in _shares(left, available()))
    helpers = [each for each in begun if each is not None]
    try:
        while any(each.poll() is None for each in helpers):
            if is_stopped() or time.monotonic() > end:
                break
            time.sleep(_PATIENCE)
    finally:
        for each in helpers:
            each.kill()
            each.communicate()


def _shares(parts: Sequence[str], cores: int) -> list[Sequence[str]]:
    """Parts for each helper: the last has what is left. None where one process does as well."""
    many = min(cores, _MOST, len(parts))
    # Within another program there may be no interpreter to start.
    if many < 2 or getattr(sys, "frozen", False) or not sys.executable:
        return []
    return [*([part] for part in parts[: many - 1]), parts[many - 1 :]]


def _begun(parts: Sequence[str]) -> "subprocess.Popen[bytes] | None":
    code = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    code += f"from stream.preparing import work_off; work_off({list(parts)!r})"
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    return None


def work_off(parts: Sequence[str]) -> None:
    """Do parts in a process of its own, which ends when standard input does."""

    def end() -> None:
        # Not by way of sys.stdin, whose lock would hold up an end that comes of itself.
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
    for part in parts:
        module, function = part.split(":")
        with suppress(Exception):  # what failed is compiled where it is needed
            getattr(import_module(module), function)()
