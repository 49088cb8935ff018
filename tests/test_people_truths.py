"""People laid over rooms: the alpha is the composite's own, and what is no truth is left out."""

import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import fit_portraits, people_truths
from benchmarks.truths import folder_sets
from kernels.types import Alpha, Rgb
from models.training.portraits import steepened
from stream.errors import UsageError


def bust(height: int = 120, width: int = 120, reach: float = 0.38) -> Alpha:
    """A head on shoulders of `reach` widths to either side, resting on the lower edge."""
    y, x = np.mgrid[:height, :width]
    y, x = y / height, x / width - 0.5
    head = np.hypot(x, (y - 0.35) * 0.8) - 0.17
    body = np.hypot(x / reach, (y - 1.05) / 0.5) * 0.3 - 0.3
    far = np.minimum(head, body) * min(height, width)
    return np.asarray(np.clip(0.5 - far / 2, 0, 1), np.float32)


def portrait(hue: int, height: int = 120, width: int = 120) -> Rgb:
    share = bust(height, width)[..., None]
    red, green = np.array([200, 40 + hue, 30]), np.array([10, 10 + hue, 255 - hue])
    return np.asarray(np.rint(red * share + green * (1 - share)), np.uint8)


def by_redness(rgb: Rgb) -> Alpha:
    return np.asarray(((rgb[..., 0] - np.float32(10)) / 190).clip(0, 1), np.float32)


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setattr(people_truths, "SIZE", (72, 128))
    monkeypatch.setattr(people_truths, "FRAMES", 4)
    monkeypatch.setattr(fit_portraits, "_SHORTEST", 60)
    for folder in ("portraits/some", "rooms"):
        (tmp_path / folder).mkdir(parents=True)
    for number in range(3):
        path = tmp_path / "portraits" / "some" / f"name{number}.png"
        cv2.imwrite(str(path), portrait(60 * number)[..., ::-1])
    noise = np.random.default_rng(0).integers(0, 255, (90, 140, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "rooms" / "volcomix_noise.jpg"), noise)
    found = argparse.Namespace(out=tmp_path / "out", portraits=tmp_path / "portraits")
    found.rooms, found.stills, found.clips, found.seed, found.without = (
        tmp_path / "rooms",
        1,
        1,
        0,
        [],
    )
    return found


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 3), (45, 80)])
def test_the_alpha_tells_how_much_of_the_room_is_seen(height: int, width: int) -> None:
    rng = np.random.default_rng(1)
    share = rng.random((height, width, 1), np.float32)
    layer = np.dstack([share * rng.random((height, width, 3), np.float32), share])
    black, white = (np.full((height, width, 3), level, np.float32) for level in (0, 1))
    dark, alpha = people_truths.shown(rng, layer, black, 0)
    bright, same = people_truths.shown(rng, layer, white, 0)
    seen = bright.astype(int) - dark
    np.testing.assert_array_equal(alpha, same)
    assert np.abs(255 - seen - alpha[..., None].astype(int)).max() <= 2


def test_faint_haze_goes_and_the_middle_stays() -> None:
    alpha = np.array([[0, 0.02, 0.5, 0.98, 1]], np.float32)
    np.testing.assert_allclose(steepened(alpha), [[0, 0, 0.5, 1, 1]], atol=1e-6)


def test_a_bust_is_a_truth_up_to_where_its_sides_are_cut() -> None:
    assert fit_portraits.fault(bust()) == ""
    assert fit_portraits.resting(bust()) == 120
    wide = bust(reach=0.7)
    end = fit_portraits.resting(wide)
    assert 70 < end < 120
    assert wide[:end, [0, 1, -2, -1]].max() == 0
    assert wide[end].max() > 0


def hazy() -> Alpha:
    alpha = bust()
    alpha[60:100, 10:25] = 0.3
    alpha[84, 10:40] = 0.3
    return alpha


def divided() -> Alpha:
    alpha = bust()
    alpha[5:20, 5:20] = 1
    return alpha


@pytest.mark.parametrize(
    ("alpha", "why"),
    [
        (np.zeros((1, 1), np.float32), "empty"),
        (np.ones((7, 3), np.float32), "full"),
        (bust()[40:], "head"),
        (np.pad(bust(), ((0, 9), (0, 0))), "lower edge"),
        (divided(), "pieces"),
        (bust()[:50], "shoulders"),
        (hazy(), "undecided"),
    ],
)
def test_what_is_no_truth_is_named(alpha: Alpha, why: str) -> None:
    assert why in fit_portraits.fault(alpha)


def test_a_seated_layer_goes_on_beneath_the_picture_however_it_sways() -> None:
    layer = np.repeat(bust(300, 301)[..., None], 4, axis=2)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        front = people_truths.seated(rng, layer)
        height, width = people_truths.SIZE
        chest = np.flatnonzero(front[height - 1, :, 3] > 0.5)[80:-80]
        assert len(chest) > 0
        for turn in people_truths.sway(rng, 50):
            moved = cv2.warpAffine(front[..., 3], turn, (width, front.shape[0]))
            assert moved[height - 1, chest].min() > 0.99


def test_a_set_reads_back_as_stills_and_clips(options: argparse.Namespace) -> None:
    people_truths.write_set(options, by_redness)
    stills, clips = folder_sets(options.out)
    (still,), frames = list(stills.truths(None)), list(clips.truths(None))
    assert still.name == "person_001"
    assert len(frames) == 4 and {each.clip for each in frames} == {"person_002"}
    for each in (still, *frames):
        assert each.alpha.shape == (72, 128)
        assert each.alpha.min() == 0 and each.alpha.max() == 1


def test_the_same_seed_makes_the_same_still(options: argparse.Namespace) -> None:
    options.clips, found = 0, []
    for name in ("first", "second"):
        options.out = options.out.with_name(name)
        people_truths.write_set(options, by_redness)
        found += [(options.out / "person_001.png").read_bytes()]
    assert found[0] == found[1]


def test_no_portrait_comes_twice(
    options: argparse.Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = options.portraits / "some"
    (folder / "name9.png").write_bytes((folder / "name0.png").read_bytes())
    options.stills, options.clips = 4, 0
    with pytest.raises(UsageError, match="gave 3 people, not 4"):
        people_truths.write_set(options, by_redness)
    assert "seen before" in capsys.readouterr().err


def test_a_portrait_left_out_is_not_used(options: argparse.Namespace) -> None:
    options.stills, options.clips, options.without = 3, 0, [1]
    with pytest.raises(UsageError, match="gave 2 people"):
        people_truths.write_set(options, by_redness)


def test_a_folder_without_rooms_is_an_error(options: argparse.Namespace) -> None:
    options.rooms = options.portraits
    with pytest.raises(UsageError, match="volcomix"):
        people_truths.write_set(options, by_redness)
