"""The quality benchmark on made-up pictures: what goes in, what comes out, what is left out."""

import json
import math
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from benchmarks import metrics, peers, quality, rows, scoring, truths
from benchmarks.contact_crops import hardest_place
from benchmarks.flaws import FLAWS, flawed
from kernels.types import Alpha, Rgb
from models.picture import Box
from stream.errors import UsageError
from stream.frame import Frame

SIZES = [(1, 1), (7, 3), (45, 80)]


def drawn(height: int, width: int, shift: float = 0) -> tuple[Rgb, Alpha]:
    """A red disc before a green scene, and its alpha."""
    y, x = np.mgrid[:height, :width]
    far = np.hypot(y - height / 2, x - width / 2 - shift) - min(height, width) / 3
    alpha = np.clip(0.5 - far / 3, 0, 1).astype(np.float32)
    noise = np.random.default_rng(0).integers(0, 40, (height, width, 1))
    red, green = np.array([180, 30, 20]), np.array([20, 160, 60])
    weight = alpha[..., None]
    return np.rint(red * weight + green * (1 - weight) + noise).astype(np.uint8), alpha


def truth(height: int = 60, width: int = 90) -> truths.Truth:
    rgb, alpha = drawn(height, width)
    return truths.Truth("disc", Frame.from_rgb(rgb), alpha)


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)


def write_pair(image: Path, alpha_path: Path) -> Alpha:
    rgb, alpha = drawn(60, 90)
    write(image, rgb)
    write(alpha_path, np.rint(alpha * 255).astype(np.uint8))
    return alpha


def write_clip(path: Path, pictures: list[Rgb]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", 25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv444p"
        for index, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_moving_clip(folder: Path, frames: int, name: str = "walk") -> None:
    """A clip and its alpha, which lacks 0 and 1 by one code as lossy video does."""
    pictures = [drawn(48, 64, shift) for shift in range(frames)]
    write_clip(folder / f"{name}.mkv", [rgb for rgb, _ in pictures])
    grays = [np.rint(alpha * 253 + 1).astype(np.uint8) for _, alpha in pictures]
    write_clip(folder / f"{name}_alpha.mkv", [np.stack([gray] * 3, axis=2) for gray in grays])


def test_a_folder_gives_table_json_and_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        write_pair(tmp_path / "in" / f"{name}.png", tmp_path / "in" / f"{name}_alpha.png")
    out, sheet = tmp_path / "out.json", tmp_path / "sheet.png"
    only = ["--only", "bilinear,classical,guided", "--flaws", "shrunk,identity"]
    paths = ["--folder", str(tmp_path / "in"), "--json", str(out), "--sheet", str(sheet)]
    assert quality.main([*paths, *only]) == 0
    names = ["bilinear", *(f"classical-{q}" for q in ("fast", "balanced", "best"))]
    names += ["guided-gray", "guided-colour"]
    found = json.loads(out.read_text())
    groups = found["sets"]["in stills"]
    assert list(groups) == ["shrunk", "identity"]
    assert [*groups["shrunk"]] == names
    assert len(found["pictures"]) == 2 * 2 * len(names)
    assert groups["identity"]["bilinear"]["band MAD"] == 0
    assert groups["shrunk"]["bilinear"]["not worse"] == 1
    assert groups["shrunk"]["guided-colour"]["MAD"] > 0
    lines = capsys.readouterr().out.splitlines()
    assert any("in stills, 2 pictures" in line for line in lines)
    assert sum(line.startswith("shrunk") for line in lines) == len(names)
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.std() > 20


def test_a_clip_is_scored_for_its_flicker(tmp_path: Path) -> None:
    write_moving_clip(tmp_path, 4)
    (clips,) = truths.folder_sets(tmp_path)
    scored = list(scoring.measured(clips, [rows.Row("bilinear", rows.bilinear)], ["shrunk"], 3))
    assert [each.picture for each in scored] == ["walk:0000", "walk:0001", "walk:0002"]
    assert ["dtSSD" in each.scores for each in scored] == [False, True, True]
    frames = list(clips.truths(None))
    answers = [rows.enlarged(flawed(each.alpha, "shrunk"), each.frame) for each in frames]
    expected = metrics.dtssd(answers[1], answers[0], frames[1].alpha, frames[0].alpha)
    assert scored[1].scores["dtSSD"] == pytest.approx(expected)
    assert [each.dt for each in frames] == [None, *[pytest.approx(0.04)] * 3]
    assert {0.0, 1.0} <= set(np.unique(frames[0].alpha).tolist())


def test_a_clip_does_not_flicker_against_the_one_before(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_moving_clip(tmp_path, 2, name)
    (clips,) = truths.folder_sets(tmp_path)
    scored = scoring.measured(clips, [rows.Row("bilinear", rows.bilinear)], ["shrunk"])
    assert ["dtSSD" in each.scores for each in scored] == [False, True] * 2


def test_made_pictures_bring_their_coarse_alpha_and_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rgb, alpha = drawn(40, 50)
    alpha = (np.rint(alpha * 255) / 255).astype(np.float32)
    colours, coarse = np.full_like(rgb, 9), np.full((4, 5), 0.5, np.float32)
    sample = SimpleNamespace(rgb=rgb, alpha=alpha, foreground=colours, coarse=coarse)
    samples = SimpleNamespace(held_out=lambda count: [sample] * count)
    monkeypatch.setitem(sys.modules, "models.training.samples", samples)
    row = rows.Row("right", lambda frame, given: rows.Answer(alpha, None, lambda: colours))
    scored = list(scoring.measured(truths.procedural_set(3), [row], ["hard"], 2))
    assert [each.group for each in scored] == ["hard", scoring.GIVEN] * 2
    for each in scored:
        assert each.scores["FG"] == each.scores["MAD"] == 0
    plain = rows.Row("plain", rows.bilinear)
    (_, found) = scoring.measured(truths.procedural_set(1), [plain], ["hard"])
    assert found.scores["FG"] == metrics.foreground_mse(rgb, colours, alpha)
    assert found.scores["MAD"] == metrics.mad(np.full_like(alpha, 0.5), alpha)


def test_a_set_that_cannot_be_made_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "models.training.samples", None)
    write_pair(tmp_path / "x.png", tmp_path / "x_alpha.png")
    arguments = ["--only", "bilinear", "--flaws", "hard", "--procedural", "2"]
    assert quality.main(["--folder", str(tmp_path), *arguments]) == 0
    printed = capsys.readouterr()
    assert "skipped procedural" in printed.err
    assert "1 pictures" in printed.out


@pytest.mark.parametrize(
    ("image", "alpha"),
    [
        ("x.jpg", "x_alpha.png"),
        ("x_image.png", "x_alpha.png"),
        ("image/x.png", "alpha/x.png"),
    ],
)
def test_pairs_are_found_however_they_are_named(tmp_path: Path, image: str, alpha: str) -> None:
    expected = write_pair(tmp_path / image, tmp_path / alpha)
    (found,) = truths.folder_sets(tmp_path)
    (only,) = found.truths(None)
    assert only.name == "x"
    assert np.abs(only.alpha - expected).max() < 0.003


def test_own_pass_1_settles_on_stills_and_follows_clips(tmp_path: Path) -> None:
    write_moving_clip(tmp_path, 2)
    asked: list[float | None] = []

    def see(frame: Frame, dt: float | None) -> Alpha:
        asked.append(dt)
        return np.zeros((4, 4), np.float32)

    row = rows.Row("blind", rows.bilinear, see, settle=3)
    still = truths.TruthSet("still", lambda most: iter([truth()]), people=True)
    (scored,) = scoring.measured(still, [row], ["shrunk"])
    assert scored.group == scoring.PASS_1
    assert asked == [None, pytest.approx(0.04), pytest.approx(0.04)] * 3
    asked.clear()
    (clips,) = truths.folder_sets(tmp_path)
    assert len(list(scoring.measured(clips, [row], ["shrunk"]))) == 2
    assert asked == [None, None, None, pytest.approx(0.04)]
    assert not list(scoring.measured(still._replace(people=False), [row], ["shrunk"]))


def test_means_pool_strands_and_skip_what_is_missing() -> None:
    nan = math.nan
    scores = [
        {"MAD": 1.0, "ms": 9.0, "strands": nan, "strand px": 0},
        {"MAD": 2.0, "ms": 1.0, "strands": 1.0, "strand px": 1},
        {"MAD": nan, "ms": 2.0, "strands": 0.0, "strand px": 3},
    ]
    scored = [scoring.Scored("hard", "row", "picture", each) for each in scores]
    assert scoring.means(scored) == {
        "hard": {"row": {"MAD": 1.5, "ms": 2.0, "strands": 0.25, "strand px": 4}}
    }


def test_error_estimate_of_the_true_error_is_perfect() -> None:
    given = truth()
    coarse = flawed(given.alpha, "hard")
    alpha = rows.enlarged(coarse, given.frame)
    answer = rows.Answer(alpha, np.abs(alpha - given.alpha))
    assert scoring.score(given, answer, coarse, coarse)["AUROC"] == 1


def test_rows_are_chosen_by_name_or_family() -> None:
    offers = [*rows.our_rows(), *peers.peer_rows()]
    found = [each.name for each in rows.chosen(offers, ["selfie", "guided", "bilinear"])]
    assert found == ["bilinear", "selfie", "guided-gray", "guided-colour"]
    with pytest.raises(UsageError, match="'nothing'"):
        rows.chosen(offers, ["nothing"])


def test_a_row_that_lacks_something_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    def missing() -> rows.Row:
        raise ModuleNotFoundError("No module named 'absent'")

    here = rows.Offer("here", lambda: rows.Row("here", rows.bilinear))
    assert [row.name for row in rows.opened([rows.Offer("gone", missing), here])] == ["here"]
    assert "skipped gone: No module named 'absent'" in capsys.readouterr().err


def test_rvm_is_left_out_without_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(peers.RVM_FOLDER, raising=False)
    for folder in (None, tmp_path, tmp_path / "absent.onnx"):
        assert not list(rows.opened(rows.chosen(peers.peer_rows(folder), ["rvm"])))
        assert "skipped rvm: no rvm*.onnx" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--only", "x"], ["--flaws", "x"], ["--folder", "/absent"]])
def test_a_mistake_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main(arguments) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("flaw", FLAWS)
def test_every_flaw_keeps_an_alpha(flaw: str, size: tuple[int, int]) -> None:
    alpha = drawn(*size)[1]
    coarse = flawed(alpha, flaw)
    assert coarse.dtype == np.float32
    assert coarse.min() >= 0
    assert coarse.max() <= 1
    assert all(0 < a <= b for a, b in zip(coarse.shape, size, strict=True))


def test_flaws_have_the_sizes_they_are_named_for() -> None:
    alpha = np.zeros((360, 640), np.float32)
    sizes = [flawed(alpha, flaw).shape for flaw in ("shrunk", "thumb", "shrunk256", "identity")]
    assert sizes == [(72, 128), (36, 64), (144, 256), (360, 640)]
    with pytest.raises(ValueError, match="got 'sunk'"):
        flawed(alpha, "sunk")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colour", [False, True])
def test_guided_filter_keeps_constants(size: tuple[int, int], colour: bool) -> None:
    frame = Frame.from_rgb(drawn(*size)[0])
    for value in (0, 0.25, 1):
        coarse = np.full((1, 1), value, np.float32)
        assert peers.guided(frame, coarse, colour).alpha == pytest.approx(value, abs=1e-5)


def test_guided_filter_finds_an_edge_that_the_picture_shows() -> None:
    given = truth()
    coarse = flawed(given.alpha, "shrunk")
    errors = [metrics.mad(peers.guided(given.frame, coarse).alpha, given.alpha)]
    errors.append(metrics.mad(rows.enlarged(coarse, given.frame), given.alpha))
    assert errors[0] < errors[1]


def test_trimap_is_sure_two_cells_from_the_edge_only() -> None:
    alpha = np.zeros((40, 80), np.float32)
    alpha[:, :40] = 1
    trimap = peers.trimap_of(Frame.from_rgb(np.zeros((40, 80, 3), np.uint8)), flawed(alpha, "hard"))
    assert {*np.unique(trimap).tolist()} == {0, 0.5, 1}
    unknown = np.flatnonzero(trimap[20] == 0.5)
    # Enlarged, the edge is one cell of 5 wide; two cells on either side are not trusted.
    assert (unknown[0], unknown[-1]) == (28, 51)


@pytest.mark.parametrize("name", ["closed-form", "knn"])
def test_trimap_methods_solve_an_easy_picture(name: str) -> None:
    pytest.importorskip("pymatting")
    (offer,) = rows.chosen(peers.peer_rows(), [name])
    given = truth()
    answer = offer.open().refine(given.frame, flawed(given.alpha, "shrunk"))
    assert ((answer.alpha > 0.5) == (given.alpha > 0.5)).mean() > 0.97
    empty = offer.open().refine(given.frame, np.zeros((3, 4), np.float32))
    assert not empty.alpha.any()


def test_hardest_place_holds_the_fractional_corner() -> None:
    alpha = np.zeros((50, 70), np.float32)
    alpha[40:46, 60:66] = 0.5
    place = hardest_place(alpha, 16)
    assert (place.height, place.width) == (16, 16)
    assert 30 <= place.top <= 40
    assert 50 <= place.left <= 60
    assert hardest_place(np.zeros((1, 1), np.float32)) == Box(0, 0, 1, 1)
