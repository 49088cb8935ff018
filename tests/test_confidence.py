"""How sure alpha is: from the net's expected error to a gray video beside the matte."""

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import save

from kernels.band import BAND, TILE
from kernels.types import Alpha
from models.learned_refiner import LearnedRefiner
from models.matting import open_matting
from models.picture import Picture
from models.refined import Refined
from models.refiner import ClassicalRefiner, open_refiner
from models.refiner_net import RefinerNet
from models.refiner_shape import SHAPES
from models.weights import WeightsError
from stream.errors import SinkError
from stream.frame import Frame
from stream.job import Outcome, run
from stream.render import confidence_of
from stream.settings import Settings
from tests import media

pytestmark = pytest.mark.usefixtures("no_thread_remains")


class Doubtful:
    """Refines by colour and expects an error that grows from left to right in BAND tiles."""

    def __init__(self) -> None:
        self.errors: list[Alpha] = []

    def __call__(self, picture: Picture, coarse: Alpha) -> Refined:
        found = ClassicalRefiner()(picture, coarse)
        shape = found.alpha.shape
        ramp = np.tile(np.linspace(0.01, 0.6, shape[1], dtype=np.float32), (shape[0], 1))
        error = np.where(in_band(found.kinds, shape), ramp, np.float32(0))
        self.errors.append(error)
        return Refined(found.alpha, found.kinds, found.colours, error)


@pytest.fixture
def doubtful(monkeypatch: pytest.MonkeyPatch) -> Doubtful:
    """A Doubtful in the place of the learned refiner."""
    refiner = Doubtful()
    monkeypatch.setattr("models.matting.open_refiner", lambda quality, keep_error: refiner)
    return refiner


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of random weights in the place of the committed ones."""
    folder = tmp_path / "weights"
    folder.mkdir()
    sums = []
    for name, shape in SHAPES.items():
        torch.manual_seed(3)
        net = RefinerNet(shape).requires_grad_(False)
        for parameter in net.fine.last.parameters():
            parameter.normal_(-0.2, 0.3)
        data = save(net.state_dict())
        (folder / f"{name}.safetensors").write_bytes(data)
        sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}.safetensors")
    (folder / "SHA256SUMS").write_text("\n".join(sums), "ascii")
    monkeypatch.setattr("models.weights.WEIGHTS", folder)
    return folder


def in_band(kinds: npt.NDArray[np.uint8], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which pixels of a picture lie in BAND tiles."""
    pixels = np.kron(kinds == BAND, np.ones((TILE, TILE), np.bool_))
    return np.asarray(pixels[: shape[0], : shape[1]], np.bool_)


def disc(height: int = 24, width: int = 32) -> Alpha:
    """A coarse alpha with a soft edge."""
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - height / 2, x - width / 2)
    return np.asarray(np.clip((height / 3 - away) / 2 + 0.5, 0, 1), np.float32)


def job(folder: Path, confidence: str, **more: Any) -> Outcome:
    settings = {"out": str(folder / "out.mkv"), "confidence_out": str(folder / confidence)} | more
    return run(Settings(str(folder / "in.mkv"), **settings))


def sure(error: Alpha) -> npt.NDArray[np.float64]:
    """What an expected error leaves of confidence, from 0 to 1."""
    return 1 - np.minimum(2 * error.astype(np.float64), 1)


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (65, 130)])
@pytest.mark.parametrize(
    ("error", "confidence"), [(0, 1), (0.125, 0.75), (0.25, 0.5), (0.5, 0), (1, 0), (np.nan, 0)]
)
def test_confidence_falls_to_nothing_at_an_error_of_a_half(
    size: tuple[int, int], error: float, confidence: float
) -> None:
    errors = np.full(size, error, np.float32)
    found = confidence_of(errors)
    assert found.shape == size
    assert found.dtype == np.float32
    assert (found == confidence).all()
    np.testing.assert_array_equal(errors, np.full(size, error, np.float32))


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("quality", ["balanced", "best"])
def test_what_has_learned_tells_its_error_when_asked(quality: str) -> None:
    frame = media.frame_of("yuv420p", 96, 128)
    assert open_refiner(quality)(frame, disc()).error is None
    found = open_refiner(quality, keep_error=True)(frame, disc())
    inside = in_band(found.kinds, found.alpha.shape)
    assert found.error is not None
    assert (found.error[inside] > 0).all()
    assert (found.error[~inside] == 0).all()


def test_fast_has_not_learned_and_cannot_tell() -> None:
    assert isinstance(open_refiner("fast"), ClassicalRefiner)
    with pytest.raises(ValueError, match="confidence needs quality balanced or best, got 'fast'"):
        open_refiner("fast", keep_error=True)
    with pytest.raises(ValueError, match="needs quality"):
        open_matting(None, "fast", confidence=True)


@pytest.mark.parametrize("keep_error", [False, True])
def test_an_unknown_quality_is_refused(keep_error: bool) -> None:
    with pytest.raises(ValueError, match="one of fast, balanced, best, got 'superb'"):
        open_refiner("superb", keep_error)


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.weights.WEIGHTS", tmp_path)
    with pytest.raises(WeightsError, match=r"refiner_best\.safetensors is missing"):
        open_refiner("best")


@pytest.mark.usefixtures("weights")
def test_time_leaves_the_expected_error_as_it_is() -> None:
    matting = open_matting(None, "balanced", confidence=True)
    refine = open_refiner("balanced", keep_error=True)
    assert isinstance(refine, LearnedRefiner)
    grown = 0
    for number in range(3):
        frame = media.frame_of("yuv420p", 160, 208)
        coarse = np.roll(disc(40, 52), 6 * number, 1)
        found, alone = matting(frame, number / 25, coarse), refine(frame, coarse)
        assert found.error is not None
        assert alone.error is not None
        np.testing.assert_array_equal(found.error, alone.error)
        assert (found.error[~in_band(alone.kinds, (160, 208))] == 0).all()
        grown += int(((found.kinds == BAND) & (alone.kinds != BAND)).sum())
    assert grown > 0, "memory added no tiles: this test would not see errors there"


def test_nobody_who_does_not_ask_gets_an_error() -> None:
    found = open_matting(None)(media.frame_of("yuv420p", 48, 64), coarse=disc())
    assert found.error is None


@pytest.mark.usefixtures("ellipse")
@pytest.mark.parametrize("size", [(16, 16), (95, 129), (96, 128)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "gbrp10le"])
def test_the_lossless_confidence_is_what_the_net_expects(
    tmp_path: Path, doubtful: Doubtful, name: str, size: tuple[int, int]
) -> None:
    truth = media.write_video(tmp_path / "in.mkv", 2, *size, pixel_format=name)
    outcome = job(tmp_path, "c.mkv", smoothing=0)
    assert [verdict.ok for verdict in outcome.verdicts] == [True, True]
    assert outcome.paths == [tmp_path / "out.mkv", tmp_path / "c.mkv"]
    written = [gray for _, (gray,) in media.read_pictures(tmp_path / "c.mkv")]
    assert len(written) == len(truth)
    for gray, error in zip(written, doubtful.errors, strict=True):
        assert gray.shape == size
        white = 255 if name == "yuv420p" else 65535
        np.testing.assert_allclose(gray, white * sure(error), atol=0.51)
        assert (gray[error > 0.5] == 0).all()
        assert (gray[error == 0] == white).all()
        assert (error > 0.5).any()
        assert (error == 0).any() == (size[0] > 16)


@pytest.mark.usefixtures("ellipse", "doubtful")
@pytest.mark.parametrize("confidence", ["c.mkv", "c.mp4"])
@pytest.mark.parametrize("out", ["out.mkv", "out.mp4", "-"])
def test_the_confidence_keeps_the_times_whatever_the_picture_becomes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], out: str, confidence: str
) -> None:
    media.write_video(
        tmp_path / "in.mkv", 8, 48, 64, times=media.UNEVEN, time_base=media.BASE, rotation=90
    )
    matte = str(tmp_path / "m.mkv")
    job(tmp_path, confidence, out=out if out == "-" else str(tmp_path / out), matte_out=matte)
    assert bool(capfdbinary.readouterr().out) == (out == "-")
    for name in ("m.mkv", confidence):
        pictures = media.read_pictures(tmp_path / name)
        assert [seconds for seconds, _ in pictures] == [Fraction(t, 1000) for t in media.UNEVEN]
        assert {planes[0].shape for _, planes in pictures} == {(64, 48)}


@pytest.mark.usefixtures("ellipse", "doubtful")
def test_the_confidence_of_pictures_is_pictures(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 3, 95, 129)
    job(tmp_path, "lossless.mkv")
    job(tmp_path, "gray", overwrite=True)
    media.write_video(tmp_path / "in.mkv", 1, 95, 129)
    job(tmp_path, "one.png", overwrite=True)
    folder = sorted((tmp_path / "gray").iterdir())
    assert [path.name for path in folder] == ["000001.png", "000002.png", "000003.png"]
    truth = [planes[0] for _, planes in media.read_pictures(tmp_path / "lossless.mkv")]
    for path, gray in zip([*folder, tmp_path / "one.png"], [*truth, truth[0]], strict=True):
        ((_, (found,)),) = media.read_pictures(path)
        np.testing.assert_array_equal(found, gray)


@pytest.mark.usefixtures("weights")
def test_a_net_that_runs_doubts_the_band_alone(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 2, 192, 256, pixel_format="yuv444p")
    media.write_masks(tmp_path / "masks", 2)
    masks, matte = str(tmp_path / "masks"), str(tmp_path / "m.mkv")
    job(tmp_path, "c.mkv", masks=masks, matte_out=matte, quality="best", smoothing=0)
    refine = open_refiner("best", keep_error=True)
    frames = media.read_pictures(tmp_path / "in.mkv")
    grays = media.read_pictures(tmp_path / "c.mkv")
    coarse = media.read_pictures(tmp_path / "masks" / "0000.png")[0][1][0]
    alpha = np.asarray(coarse / 255, np.float32)
    for (_, planes), (_, (gray,)) in zip(frames, grays, strict=True):
        error = refine(_frame(planes), alpha).error
        assert error is not None
        np.testing.assert_allclose(gray, 255 * sure(error), atol=0.51)
        assert (gray[error == 0] == 255).all()
        assert 0.1 < (error > 0).mean() < 0.9
        assert (gray < 255).mean() > 0.05


def _frame(planes: list[npt.NDArray[Any]]) -> Frame:
    like = media.frame_of("yuv444p", 192, 256)
    return Frame(tuple(planes), like.pixel_format, like.colour, 0, like.time_base)


@pytest.mark.usefixtures("ellipse", "doubtful")
def test_a_confidence_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 3)
    (tmp_path / "c.mkv").write_bytes(b"precious")
    with pytest.raises(SinkError, match=r"c\.mkv.*already exists"):
        job(tmp_path, "c.mkv", matte_out=str(tmp_path / "m.mkv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.mkv", "in.mkv"]
    assert (tmp_path / "c.mkv").read_bytes() == b"precious"
