"""The truth of a procedural photograph, and what its textures, noise and codecs promise."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from kernels.types import Rgb
from models.training import textures as textures_module
from models.training.camera import Exposure, enlarged, expose, photograph
from models.training.codec import (
    Image,
    blurred,
    developed,
    grain,
    halved_chroma,
    smooth_noise,
    video_coded,
)
from models.training.jpeg import jpeg_coded
from models.training.synthesis import synthesise
from models.training.textures import Textures

SIZES = [(1, 1), (1, 7), (33, 47), (64, 96)]


def scene(seed: int, height: int, width: int) -> tuple[Image, Image, Image]:
    """An alpha with soft and hard parts, and two colours that have nothing in common."""
    random = np.random.default_rng([11, seed])
    field = smooth_noise(random, height, width, 16) * 4
    alpha = np.clip(field + 0.5, 0, 1).astype(np.float32)
    foreground, background = (synthesise(random, height, width) for _ in range(2))
    return alpha, foreground, background


def composed(exposure: Exposure) -> Image:
    share = exposure.alpha[..., None].astype(np.float64)
    return np.asarray(share * exposure.foreground + (1 - share) * exposure.background)


@pytest.mark.parametrize("size", SIZES)
def test_light_is_the_composite_of_its_truth(size: tuple[int, int]) -> None:
    for seed in range(25):
        exposure = expose(np.random.default_rng(seed), *scene(seed, *size))
        if not exposure.linear:
            assert np.abs(exposure.light - composed(exposure)).max() < 1e-4
            wide = enlarged(exposure, size[0] * 2 - 1, size[1] * 2 + 1)
            assert np.abs(wide.light - composed(wide)).max() < 1e-4


def test_linear_light_is_the_composite_before_gamma() -> None:
    seen = 0
    for seed in range(60):
        exposure = expose(np.random.default_rng(seed), *scene(seed, 33, 47))
        if exposure.linear:
            seen += 1
            share = exposure.alpha[..., None].astype(np.float64)
            before = share * exposure.foreground**2.2 + (1 - share) * exposure.background**2.2
            assert np.abs(exposure.light.astype(np.float64) ** 2.2 - before).max() < 1e-4
    assert 1 <= seen <= 20


@pytest.mark.parametrize("size", SIZES)
def test_shot_has_the_size_and_range_it_states(size: tuple[int, int]) -> None:
    for seed in range(20):
        alpha, foreground, background = scene(seed, *size)
        shot = photograph(np.random.default_rng(seed), alpha, foreground, background)
        assert shot.rgb.dtype == np.uint8 and shot.rgb.shape == (*size, 3)
        assert shot.alpha.dtype == np.float32 and shot.alpha.shape == size
        for truth in (shot.alpha, shot.foreground, shot.background):
            assert truth.dtype == np.float32
            assert truth.min() >= 0 and truth.max() <= 1


def test_rgb_resembles_the_composite_of_the_truth() -> None:
    errors = []
    for seed in range(30):
        shot = photograph(np.random.default_rng(seed), *scene(seed, 64, 96))
        share = shot.alpha[..., None]
        composite = share * shot.foreground + (1 - share) * shot.background
        errors.append(np.abs(shot.rgb / 255 - composite).mean())
    assert np.median(errors) < 0.03 and max(errors) < 0.15


def test_equal_generators_give_equal_shots_and_leave_the_inputs() -> None:
    inputs = scene(3, 33, 47)
    copies = [array.copy() for array in inputs]
    first, again, other = (photograph(np.random.default_rng(n), *inputs) for n in (5, 5, 6))
    for name in first._fields:
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.rgb, other.rgb)
    assert all(np.array_equal(a, b) for a, b in zip(inputs, copies, strict=True))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_sure_alpha_stays_sure(value: float) -> None:
    _, foreground, background = scene(1, 40, 40)
    alpha = np.full((40, 40), value, np.float32)
    for seed in range(20):
        shot = photograph(np.random.default_rng(seed), alpha, foreground, background)
        assert np.abs(shot.alpha - value).max() < 1e-5


def test_about_half_of_the_edges_take_1_5_to_4_pixels() -> None:
    alpha = np.zeros((48, 48), np.float32)
    alpha[:, 24:] = 1
    flat = np.full((48, 48, 3), 0.5, np.float32)
    soft = 0
    for seed in range(120):
        shot = photograph(np.random.default_rng(seed), alpha, flat, flat)
        found = np.interp([0.1, 0.9], shot.alpha[24], np.arange(48))
        soft += 1.5 <= found[1] - found[0] <= 4
    assert 0.35 < soft / 120 < 0.7


def test_blur_does_not_mix_the_two_colours() -> None:
    alpha, _, _ = scene(4, 48, 64)
    garbage = np.random.default_rng(0).random((48, 64, 3), np.float32)
    foreground = np.where(alpha[..., None] > 0, np.float32(0.4), garbage)
    background = np.full((48, 64, 3), 0.2, np.float32)
    for seed in range(40):
        shot = photograph(np.random.default_rng(seed), alpha, foreground, background)
        assert shot.foreground[shot.alpha > 0.3].std(axis=0).max() < 0.02
        assert shot.background[shot.alpha < 0.7].std(axis=0).max() < 0.02


def test_disagreeing_shapes_are_refused() -> None:
    alpha, foreground, background = scene(0, 33, 47)
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\(32, 47, 3\).*\(33, 47\)"):
        photograph(random, alpha, foreground[:-1], background)
    with pytest.raises(ValueError, match=r"\(33, 46, 3\)"):
        photograph(random, alpha, foreground, background[:, :-1])
    with pytest.raises(ValueError):
        photograph(random, foreground, foreground, background)
    with pytest.raises(ValueError):
        photograph(random, alpha[:0], foreground[:0], background[:0])


@pytest.mark.parametrize("size", SIZES)
def test_codecs_keep_the_size_and_flat_colours(size: tuple[int, int]) -> None:
    flat = np.tile(np.array([200, 120, 60], np.uint8), (*size, 1))
    random = np.random.default_rng(0)
    coded = [jpeg_coded(flat, 80), halved_chroma(flat)]
    coded += [video_coded(random, flat, 20, frames) for frames in (1, 3)]
    for rgb in coded:
        assert rgb.shape == flat.shape and rgb.dtype == np.uint8
        assert np.abs(rgb.astype(int) - flat).max() <= 6


def test_better_quality_errs_less() -> None:
    _, picture, _ = scene(2, 64, 96)
    rgb = np.asarray(picture * 255, np.uint8)

    def error(coded: Rgb) -> float:
        return float(np.abs(coded.astype(int) - rgb).mean())

    assert error(jpeg_coded(rgb, 95)) < error(jpeg_coded(rgb, 25))
    random = np.random.default_rng(0)
    assert error(video_coded(random, rgb, 18, 3)) < error(video_coded(random, rgb, 36, 3))


def test_video_shows_the_picture_and_not_a_frame_before_it() -> None:
    light = smooth_noise(np.random.default_rng(0), 64, 96, 6)[..., None].repeat(3, axis=2)
    rgb = np.asarray(np.clip(light * 60 + 128, 0, 255), np.uint8)
    for seed in range(5):
        coded = video_coded(np.random.default_rng(seed), rgb, 18, 3)
        assert np.abs(coded.astype(int) - rgb).mean() < 4


def test_halved_chroma_keeps_gray() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (17, 23, 1), np.uint8).repeat(3, axis=2)
    assert np.abs(halved_chroma(gray).astype(int) - gray).max() <= 1


@pytest.mark.parametrize("sigma", [0.7, 2.0, 4.0, 8.0, 12.0])
def test_blur_has_the_sigma_it_states(sigma: float) -> None:
    impulse = np.zeros((129, 129), np.float32)
    impulse[64, 64] = 1
    profile = blurred(impulse, sigma).sum(axis=0)
    place = np.arange(129) - 64
    assert profile.sum() == pytest.approx(1, abs=0.01)
    assert np.sqrt((profile * place**2).sum()) == pytest.approx(sigma, rel=0.1)


def test_noise_has_unit_variance() -> None:
    random = np.random.default_rng(0)
    assert grain(random, 200, 200, 3).std() == pytest.approx(1, abs=0.02)
    for wavelength, octaves in ((2.0, 1), (5.0, 3), (20.0, 2)):
        noise = smooth_noise(random, 400, 401, wavelength, octaves)
        assert noise.shape == (400, 401) and noise.std() == pytest.approx(1, abs=0.15)


def test_developed_rounds_without_bias() -> None:
    light = np.random.default_rng(0).uniform(0.3, 0.7, (32, 32, 1)).astype(np.float32)
    light = light.repeat(3, axis=2)
    biases = [developed(np.random.default_rng(n), light).mean() for n in range(100)]
    assert np.median(biases) == pytest.approx(light.mean() * 255, abs=0.2)


@pytest.mark.parametrize("size", SIZES)
def test_synthesised_textures_fit_and_stay_in_range(size: tuple[int, int]) -> None:
    textures, random = Textures(), np.random.default_rng(0)
    for _ in range(60):
        texture = textures(random, *size)
        assert texture.shape == (*size, 3) and texture.dtype == np.float32
        assert texture.min() >= 0 and texture.max() <= 1 and np.isfinite(texture).all()


def photographs(folder: Path) -> Path:
    random = np.random.default_rng(1)
    (folder / "deep").mkdir()
    for number in range(3):
        rgb = random.integers(0, 256, (80, 130 + number, 3), np.uint8)
        cv2.imwrite(str(folder / "deep" / f"{number}.png"), rgb)
    cv2.imwrite(str(folder / "tiny.png"), np.zeros((20, 200, 3), np.uint8))
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "note.txt").write_text("no picture either")
    return folder


def test_equal_generators_give_equal_textures_in_turn(tmp_path: Path) -> None:
    folder, drawn = photographs(tmp_path), []
    for seed in (4, 4, 5):
        textures, random = Textures([folder]), np.random.default_rng(seed)
        drawn.append(np.stack([textures(random, 33, 47) for _ in range(40)]))
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_a_seed_means_the_same_pictures_however_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, drawn, find = photographs(tmp_path), [], Path.rglob
    for step in (1, -1):
        monkeypatch.setattr(Path, "rglob", lambda at, name, step=step: list(find(at, name))[::step])
        textures, random = Textures([folder]), np.random.default_rng(4)
        drawn.append(np.stack([textures(random, 9, 9) for _ in range(20)]))
    assert np.array_equal(drawn[0], drawn[1])


def test_a_small_folder_is_seen_beside_a_large_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, count in (("large", 400), ("small", 4)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.png").touch()
    seen = []

    def read(path: Path) -> Rgb:
        seen.append(path.parent.name)
        return np.zeros((70, 70, 3), np.uint8)

    monkeypatch.setattr(textures_module, "_KEPT", 0)
    monkeypatch.setattr(textures_module, "_read", read)
    textures, random = Textures([tmp_path / "large", tmp_path / "small"]), np.random.default_rng(0)
    for _ in range(1500):
        textures(random, 2, 2)
    assert 0.05 < seen.count("small") / len(seen) < 0.15


def test_photographs_are_decoded_seldom_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(80):
        (tmp_path / f"{number}.png").touch()
    decoded = []

    def read(path: Path) -> Rgb:
        decoded.append(path)
        return np.zeros((70, 70, 3), np.uint8)

    monkeypatch.setattr(textures_module, "_read", read)
    textures, random = Textures([tmp_path]), np.random.default_rng(0)
    for _ in range(600):
        textures(random, 2, 2)
    assert len(set(decoded)) > 40
    assert len(decoded) < 600 / 4


@pytest.mark.parametrize("size", [*SIZES, (300, 40)])
def test_photographs_of_any_size_fill_any_texture(tmp_path: Path, size: tuple[int, int]) -> None:
    textures, random = Textures([photographs(tmp_path)]), np.random.default_rng(0)
    for _ in range(40):
        texture = textures(random, *size)
        assert texture.shape == (*size, 3) and texture.dtype == np.float32
        assert texture.min() >= 0 and texture.max() <= 1


def test_folders_without_use_give_synthesised_textures(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    texture = Textures([tmp_path])(np.random.default_rng(0), 20, 30)
    assert texture.shape == (20, 30, 3)


def test_impossible_textures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Textures([tmp_path / "nowhere"])
    with pytest.raises(ValueError, match="0 x 5"):
        Textures()(np.random.default_rng(0), 0, 5)
