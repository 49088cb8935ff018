"""A cut is found; hands, light and pans are none."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from kernels.types import Rgb
from models.cuts import CutDetector
from stream.frame import Frame

CLIPS = sorted(Path("../shared/clips").glob("*.m*"))


def scene(seed: int, height: int = 180, width: int = 320) -> Rgb:
    """A smooth random picture with a few large objects, as rooms have."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def cuts(pictures: list[Rgb]) -> list[int]:
    detector = CutDetector()
    return [n for n, rgb in enumerate(pictures) if detector(Frame.from_rgb(rgb))]


@pytest.mark.parametrize("seed", range(6))
def test_a_hard_cut_fires_once(seed: int) -> None:
    assert cuts([scene(seed)] * 4 + [scene(seed + 50)] * 4) == [4]


def test_cuts_from_and_to_black_fire() -> None:
    black = np.zeros_like(scene(1))
    assert cuts([black] * 3 + [scene(1)] * 3 + [black] * 3) == [3, 6]


@pytest.mark.parametrize("light", [0.6, 1.35])
def test_a_flash_is_no_cut(light: float) -> None:
    room = scene(2)
    lit = np.clip(room * light + 10, 0, 255).astype(np.uint8)
    assert cuts([room, room, lit, room, room]) == []


@pytest.mark.parametrize("step", [2, 9, 25])
def test_a_pan_is_no_cut(step: int) -> None:
    wide = scene(3, 180, 900)
    assert cuts([wide[:, n * step : n * step + 320] for n in range(12)]) == []


def test_a_fast_hand_is_no_cut() -> None:
    pictures = []
    for n in range(8):
        rgb = scene(4).copy()
        left = 30 * n
        rgb[60:150, left : left + 70] = (220, 170, 140)
        pictures.append(rgb)
    assert cuts(pictures) == []


def test_noise_is_no_cut() -> None:
    rng = np.random.default_rng(5)
    room = scene(5).astype(np.int16)
    noisy = [
        np.clip(room + rng.normal(0, 12, room.shape), 0, 255).astype(np.uint8) for _ in range(6)
    ]
    assert cuts(noisy) == []


def test_black_that_flickers_is_no_cut() -> None:
    rng = np.random.default_rng(6)
    assert cuts([rng.integers(0, 4, (90, 160, 3), dtype=np.uint8) for _ in range(6)]) == []


def test_a_turned_picture_starts_a_shot() -> None:
    assert cuts([scene(7), scene(7, 320, 180)]) == [1]


def test_one_pixel_is_enough() -> None:
    assert cuts([np.zeros((1, 1, 3), np.uint8)] * 3) == []


def test_reset_forgets() -> None:
    detector = CutDetector()
    detector(Frame.from_rgb(scene(1)))
    detector.reset()
    assert not detector(Frame.from_rgb(scene(51)))


def some(path: Path, count: int) -> list[Rgb]:
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [
            np.asarray(frame.reformat(width=160, height=90).to_ndarray(format="rgb24"), np.uint8)
            for frame, _ in zip(frames, range(count), strict=False)
        ]


@pytest.mark.skipif(len(CLIPS) < 2, reason="needs the shared clips")
def test_real_shots_joined_fire_only_at_the_join() -> None:
    wanted = ("coat", "doctor", "long_hair", "outdoors", "presenter", "intel_book")
    shots = [some(path, 15) for path in CLIPS if path.name.startswith(wanted)]
    joined = [rgb for shot in shots for rgb in shot]
    assert cuts(joined) == [15 * n for n in range(1, len(shots))]
