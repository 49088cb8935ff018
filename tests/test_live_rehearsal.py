"""Nothing is compiled once pictures leave, and what is prepared is what they need."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kernels.compiled import is_compiled
from kernels.types import Planes
from models.clock import StageClock
from stream.live.capture import Numbered
from stream.live.feeds import Captured
from stream.live.governor import STEPS
from stream.live.look import Controls
from stream.live.normal import live_frame
from stream.live.rehearsal import LAST, PARTS
from stream.live.settings import LiveSettings
from stream.live.start import opener
from stream.live.work import Work

HEIGHT, WIDTH = 540, 960
ROOT = Path(__file__).resolve().parents[1]


def compiled() -> dict[str, list[str]]:
    """What every kernel has been compiled for."""
    found = {}
    for name, module in list(sys.modules.items()):
        for kernel in vars(module).values() if name.startswith("kernels.") else ():
            kinds = getattr(kernel, "nopython_signatures", ())
            if kinds:
                function = kernel.py_func
                whole = f"{function.__module__}.{function.__name__}"
                found[whole.removeprefix("kernels.")] = sorted(map(str, kinds))
    return found


def new(after: dict[str, list[str]], before: dict[str, list[str]]) -> list[str]:
    return [name for name, kinds in after.items() if kinds != before.get(name)]


def pictures() -> Iterator[Planes]:
    """Nobody, then a photographed person who moves."""
    from stream.demo import photograph

    photo = cv2.resize(np.asarray(photograph()), (WIDTH, HEIGHT))
    empty = np.full_like(photo, 90)
    for number in range(12):
        rgb = empty if number < 4 else np.roll(photo, 6 * number, 1)
        samples = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1)
        half = HEIGHT // 2, WIDTH // 2
        luma, first, second = np.split(samples, [HEIGHT * WIDTH, HEIGHT * WIDTH * 5 // 4])
        yield luma.reshape(HEIGHT, WIDTH), first.reshape(half), second.reshape(half)


def everything(work: Work, controls: Controls, background: str) -> None:
    """Every step and a look of every kind, on pictures with and without a person."""
    looks: list[dict[str, Any]] = [
        {}, {"mirror": True}, {"background": "blur"}, {"background": background},
        {"shift": -4.0, "softness": 5.0}, {"shift": 4.0, "wrap": 1.0}, {"scale": 1.5, "x": 0.1},
        {"scale": 0.5, "background": "#102030"}, {"view": "matte"}, {"background": "blur"},
        {"view": "picture", "y": 0.2}, {"mirror": False},
    ]  # fmt: skip
    number = 0
    for step in STEPS:
        work.obey(step)
        for planes, look in zip(pictures(), looks, strict=True):
            controls.change(**look)
            frame = live_frame(planes, number * 33_000)
            work.finish(work.see(Numbered(number, Captured(frame, number * 0.033))))
            number += 1


def report(background: str) -> None:
    """What a fresh process compiles, bit by bit, as JSON; see the test."""
    for part in PARTS:
        module, function = part.function.split(":")
        getattr(import_module(module), function)()
    prepared = compiled()
    controls = Controls()
    with closing(Work(opener(LiveSettings()), controls, StageClock())) as work:
        work.rehearse(HEIGHT, WIDTH)
        rehearsed = compiled()
        everything(work, controls, background)
    late, anew = new(compiled(), rehearsed), new(rehearsed, prepared)
    print(json.dumps({"prepared": list(prepared), "anew": anew, "late": late}))


def test_nothing_is_compiled_after_the_rehearsal_nor_twice_for_it(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "beach.png"), np.full((300, 411, 3), 200, np.uint8))
    code = f"from tests.test_live_rehearsal import report; report({str(tmp_path / 'beach.png')!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(LAST) <= set(told["prepared"])
    assert told["anew"] == []
    assert told["late"] == []
    assert is_compiled(*LAST)
