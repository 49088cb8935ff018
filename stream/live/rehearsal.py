"""Work on made-up pictures, so that whatever live may need is compiled before it is needed.

On a machine's first run that takes a minute. A second process then begins with what the first
comes to last; each finds in the cache what the other has compiled.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kernels.band import BAND, INSIDE, lattice
from kernels.compiled import is_compiled
from kernels.spread import SpreadColours
from kernels.types import Alpha
from stream.frame import Frame, Matte
from stream.live.effects import Effects
from stream.live.normal import live_frame

LAST = ("grow._shift", "soften._soften", "move._move", "wrap._wrap", "show._fill", "guided._fit")
"""Kernels that only effects and the classical refiner need."""
_ROOT = Path(__file__).resolve().parents[2]
_SIDE = 256


def is_first() -> bool:
    """Whether this machine seems never to have compiled for live before."""
    return not is_compiled(*LAST)


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


def compile_last() -> None:
    """Compile effects, then the classical refiner."""
    frame, coarse = made_up(_SIDE, _SIDE)
    with contextlib.closing(Effects()) as effects:
        effects.warm_up(_matte_of(frame, coarse))
    from models.classical_refiner import ClassicalRefiner
    from models.matting import Matting
    from models.temporal import TemporalSmoother

    Matting(None, ClassicalRefiner("fast"), TemporalSmoother())(frame, 0.0, coarse)


def help_out() -> None:
    """`compile_last`, in a process of its own that ends when standard input does."""

    def end() -> None:
        # Not by way of sys.stdin, whose lock would hold up an end that comes of itself.
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
    compile_last()


def _matte_of(frame: Frame, alpha: Alpha) -> Matte:
    """A matte that no kernel was needed for."""
    kinds = np.full(lattice(*alpha.shape), BAND, np.uint8)
    kinds[kinds.shape[0] // 2, kinds.shape[1] // 2] = INSIDE
    cells = np.full((frame.height // 4, frame.width // 4, 4), 128, np.float32)
    return Matte(frame, alpha, frame.planes, kinds, SpreadColours(cells, cells.copy(), 4))


@contextlib.contextmanager
def helped() -> Iterator[None]:
    """What is compiled meanwhile is compiled with the help of a second process, where it pays."""
    helper = None
    if is_first():
        code = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
        code += "from stream.live.rehearsal import help_out; help_out()"
        # Without a helper, or where it fails, all is compiled here.
        with contextlib.suppress(OSError):
            helper = subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
    try:
        yield
    finally:
        if helper is not None:
            helper.kill()
            helper.communicate()
