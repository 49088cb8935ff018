"""Kernels say of the Selfie nets what torch says, and the TFLite runtime of the original files."""

import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch

from models.selfie import SelfieNet, open_net
from models.selfie_runner import Selfie
from tests.golden.make_selfie import GOLDEN, NETS, drawn_person, tflite_alpha

CLIPS = Path(__file__).parents[1] / ".." / "shared" / "clips"
ORIGINALS = os.environ.get("HAIRLINE_TFLITE_DIR", "")
names = pytest.mark.parametrize("name", list(NETS))


@names
def test_drawn_person_matches_the_stored_answer_of_the_runtime(name: str) -> None:
    _, height, width = NETS[name]
    alpha = Selfie(name)(drawn_person(height, width)[None])[0]
    golden = np.load(GOLDEN)[name].astype(np.float32)
    assert 0.1 < golden.mean() < 0.5
    assert np.abs(alpha - golden).max() < 0.002


@names
@pytest.mark.skipif(not ORIGINALS, reason="HAIRLINE_TFLITE_DIR names no unpacked npm package")
@pytest.mark.skipif(not CLIPS.is_dir(), reason="no shared clips")
def test_real_frames_match_the_runtime(name: str) -> None:
    pytest.importorskip("ai_edge_litert")
    file, height, width = NETS[name]
    net = Selfie(name)
    for clip in ("presenter_720p.mp4", "long_hair_540p.mp4", "meeting_360p.mp4"):
        for rgb in _frames(CLIPS / clip, height, width):
            expected = tflite_alpha(Path(ORIGINALS) / file, rgb)
            assert np.abs(net(rgb[None])[0] - expected).max() < 0.01


def _frames(path: Path, height: int, width: int) -> list[npt.NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(path))
    found = []
    for number in range(61):
        ok, bgr = capture.read()
        if ok and number % 30 == 0:
            small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
            found.append(np.ascontiguousarray(small[..., ::-1]))
    capture.release()
    assert found, f"{path} gave no frame"
    return found


def test_pictures_of_a_batch_do_not_touch_each_other() -> None:
    net, person = Selfie("selfie_general"), drawn_person(256, 256)
    batch = net(np.stack([person, np.zeros_like(person)]))
    np.testing.assert_allclose(batch[0], net(person[None])[0], atol=1e-5)
    assert batch[1].mean() < batch[0].mean()


@pytest.mark.parametrize("size", [(16, 16), (192, 336), (336, 192)])
def test_any_multiple_of_sixteen_runs_and_keeps_its_size(size: tuple[int, int]) -> None:
    person = drawn_person(*size)[None]
    alpha = Selfie("selfie_general")(person)
    with torch.inference_mode():
        expected = open_net("selfie_general")(torch.from_numpy(person).float() / 255)
    np.testing.assert_allclose(alpha, expected.numpy(), atol=1e-4)
    assert alpha.shape == (1, *size)
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1


def test_same_picture_gives_the_same_alpha() -> None:
    net, person = Selfie("selfie_landscape"), drawn_person(144, 256)[None]
    np.testing.assert_array_equal(net(person), net(person))


def test_stride_two_filter_pads_behind_as_tensorflow_does() -> None:
    stem = SelfieNet().stem
    with torch.no_grad():
        stem.weight.zero_()
        stem.weight[0, 0, 0, 0] = 1
        stem.bias.zero_()
    stem.pad_kernel()
    rgb = torch.arange(16.0).view(1, 4, 4, 1).repeat(1, 1, 1, 3)
    with torch.no_grad():
        # The kernel's corner meets the even rows and columns: nothing was padded in front.
        assert stem(rgb)[0, :, :, 0].tolist() == [[0, 2], [8, 10]]
