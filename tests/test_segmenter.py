"""The selfie segmenter finds drawn and real people wherever they stand."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from models import selfie_segmenter
from models.segmenter import LONG_SIDE, QUALITIES, coarse_size, open_segmenter
from models.selfie_segmenter import SelfieSegmenter
from stream.frame import Frame
from tests.golden.make_selfie import drawn_person

STILL = Path(__file__).parents[1] / ".." / "shared" / "stills" / "twilio_person.jpg"
qualities = pytest.mark.parametrize("quality", QUALITIES)
# Fast follows its boxes between looks at the whole frame; the others look every time.
track = pytest.mark.parametrize("quality", ["fast", "balanced"])


def _scene(height: int, width: int, tall: int, *lefts: int) -> Frame:
    """A plain room with a drawn person of `tall` rows at each of `lefts`, on its lower edge."""
    rgb = np.full((height, width, 3), (120, 150, 160), np.uint8)
    person = drawn_person(tall, tall)
    centre = (np.mgrid[0:tall, 0:tall] + 0.5) / tall - np.array([0.5, 0.5])[:, None, None]
    head = ((centre[0] + 0.14) / 0.2) ** 2 + (centre[1] / 0.16) ** 2 < 1
    body = ((centre[0] - 0.55) / 0.4) ** 2 + (centre[1] / 0.36) ** 2 < 1
    inside = head | body | ((abs(centre[1]) < 0.07) & (centre[0] > 0))
    for left in lefts:
        rgb[height - tall :, left : left + tall][inside] = person[inside]
    return Frame.from_rgb(rgb)


def _share(alpha: npt.NDArray[np.float32], left: float, right: float) -> float:
    width = alpha.shape[1]
    return float(alpha[:, int(left * width) : int(right * width)].mean())


@pytest.mark.parametrize(
    "size", [(1, 1), (36, 64), (37, 91), (720, 1280), (1920, 1080), (1080, 1081)]
)
def test_coarse_size_keeps_aspect_and_never_enlarges(size: tuple[int, int]) -> None:
    height, width = coarse_size(*size)
    assert max(height, width) == min(LONG_SIDE, max(size))
    assert abs(height - width * size[0] / size[1]) <= 0.51


@qualities
def test_each_net_is_built_once(quality: str, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(selfie_segmenter, "Selfie", built.append)
    SelfieSegmenter(quality)
    assert built
    assert len(built) == len(set(built))


@pytest.mark.parametrize(
    "size, quality",
    [
        ((360, 640), "fast"),
        ((640, 360), "balanced"),
        ((400, 400), "best"),
    ],
)
def test_person_is_found_and_the_room_is_not(size: tuple[int, int], quality: str) -> None:
    tall = 320
    picture = _scene(*size, tall, (size[1] - tall) // 2)
    alpha = open_segmenter("selfie", quality)(picture, None)
    assert alpha.shape == coarse_size(*size)
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1
    height, width = alpha.shape
    assert alpha[int(height - 0.4 * tall * height / size[0]), width // 2] > 0.9
    assert alpha[: height // 20].max() < 0.1


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (2, 700)])
def test_odd_and_tiny_pictures_pass(size: tuple[int, int]) -> None:
    segmenter = open_segmenter("selfie", "fast")
    picture = Frame.from_rgb(np.full((*size, 3), 90, np.uint8))
    for dt in (None, 0.04):
        alpha = segmenter(picture, dt)
        assert alpha.shape == coarse_size(*size)
        assert np.isfinite(alpha).all()


def test_empty_room_stays_empty() -> None:
    segmenter = open_segmenter("selfie", "balanced")
    for dt in (None, 0.04):
        assert segmenter(_scene(360, 640, 320), dt).mean() < 0.01


def test_two_people_are_both_kept() -> None:
    alpha = open_segmenter("selfie", "balanced")(_scene(360, 900, 330, 40, 530), None)
    assert _share(alpha, 0, 0.42) > 0.2
    assert _share(alpha, 0.58, 1) > 0.2
    assert _share(alpha, 0.45, 0.55) < 0.1


def test_best_finds_a_second_person_at_once() -> None:
    segmenter = SelfieSegmenter("best")
    segmenter(_scene(360, 900, 330, 40), None)
    assert _share(segmenter(_scene(360, 900, 330, 40, 530), 0.04), 0.58, 1) > 0.2


def test_balanced_finds_a_second_person_within_a_tenth_of_a_second() -> None:
    segmenter = SelfieSegmenter("balanced")
    segmenter(_scene(360, 900, 330, 40), None)
    segmenter(_scene(360, 900, 330, 40, 530), 0.05)
    assert _share(segmenter(_scene(360, 900, 330, 40, 530), 0.05), 0.58, 1) > 0.2


def test_fast_finds_a_second_person_within_half_a_second() -> None:
    segmenter = SelfieSegmenter("fast")
    segmenter(_scene(360, 900, 330, 40), None)
    for _ in range(5):
        alpha = segmenter(_scene(360, 900, 330, 40, 530), 0.1)
    assert _share(alpha, 0.58, 1) > 0.2


@track
def test_person_who_leaves_is_gone_at_once(quality: str) -> None:
    segmenter = open_segmenter("selfie", quality)
    segmenter(_scene(360, 640, 330, 155), None)
    assert segmenter(_scene(360, 640, 330), 0.04).mean() < 0.01


@track
def test_moving_person_is_never_cut_by_an_old_box(quality: str) -> None:
    segmenter, fresh = open_segmenter("selfie", quality), open_segmenter("selfie", quality)
    for step, left in enumerate(range(40, 340, 100)):
        picture = _scene(360, 900, 330, left)
        alpha, expected = segmenter(picture, 0.04 if step else None), fresh(picture, None)
        assert np.abs(alpha - expected).mean() < 0.02


@track
def test_reset_forgets(quality: str) -> None:
    segmenter, picture = open_segmenter("selfie", quality), _scene(360, 640, 330, 100)
    first = segmenter(picture, None)
    segmenter(_scene(360, 640, 330, 300), 0.04)
    segmenter.reset()
    np.testing.assert_array_equal(segmenter(picture, 0.04), first)


def test_change_of_size_forgets() -> None:
    segmenter = SelfieSegmenter("balanced")
    segmenter(_scene(640, 360, 330, 15), None)
    picture = _scene(360, 640, 330, 100)
    expected = SelfieSegmenter("balanced")(picture, None)
    np.testing.assert_array_equal(segmenter(picture, 0.04), expected)


@pytest.mark.skipif(not STILL.exists(), reason="no shared stills")
@qualities
def test_real_person_is_found_upright_and_in_portrait(quality: str) -> None:
    rgb = np.ascontiguousarray(cv2.imread(str(STILL))[..., ::-1])
    segmenter = open_segmenter("selfie", quality)
    wide = segmenter(Frame.from_rgb(rgb), None)
    assert 0.2 < wide.mean() < 0.35
    middle = np.ascontiguousarray(rgb[:, 440:845])
    tall = segmenter(Frame.from_rgb(middle), None)
    assert tall.shape == (512, 288)
    assert tall[300:].mean() > 0.5


@pytest.mark.parametrize(
    "name, quality", [("mask", "fast"), ("selfie", "good"), ("net.tflite", "fast")]
)
def test_unknown_names_are_refused(name: str, quality: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        open_segmenter(name, quality)
