import cv2
import numpy as np
import pytest

from kernels.layout import Layout, Matrix, Model

ALL = [
    Layout(model, depth, 0, 0, matrix, full)
    for model in ("yuv", "rgb")
    for depth in (8, 10, 12, 16)
    for matrix in ("bt601", "bt709", "bt2020")
    for full in (True, False)
]


@pytest.mark.parametrize("layout", ALL, ids=str)
def test_from_rgb_undoes_to_rgb(layout: Layout) -> None:
    forward, offset = layout.to_rgb()
    back, back_offset = layout.from_rgb()
    samples = np.random.default_rng(0).uniform(0, layout.peak, (3, 50))
    again = back @ (forward @ samples + offset[:, None]) + back_offset[:, None]
    np.testing.assert_allclose(again, samples, atol=layout.peak * 1e-5)


@pytest.mark.parametrize("layout", ALL, ids=str)
def test_white_and_black_lie_at_the_ends_of_the_range(layout: Layout) -> None:
    matrix, offset = layout.from_rgb()
    step = 1 << layout.depth - 8
    low, high = (0, layout.peak) if layout.model == "rgb" or layout.full_range else (16, 235)
    if high == 235:
        low, high = low * step, high * step
    middle = 128 * step if layout.model == "yuv" else None
    white, black = matrix @ np.ones(3) + offset, offset
    assert white[0] == pytest.approx(high, abs=layout.peak * 1e-5)
    assert black[0] == pytest.approx(low, abs=layout.peak * 1e-5)
    if middle is not None:
        np.testing.assert_allclose(white[1:], middle, atol=layout.peak * 1e-5)


@pytest.mark.parametrize(
    ("matrix", "rgb", "expected"),
    [
        ("bt601", (255, 0, 0), (81, 90, 240)),
        ("bt709", (255, 0, 0), (63, 102, 240)),
        ("bt709", (0, 255, 0), (173, 42, 26)),
        ("bt2020", (0, 0, 255), (29, 240, 119)),
    ],
)
def test_primaries_have_the_standards_code_values(
    matrix: Matrix, rgb: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    weights, offset = Layout("yuv", 8, 0, 0, matrix, False).from_rgb()
    found = np.rint(weights @ (np.array(rgb) / 255) + offset)
    np.testing.assert_array_equal(found, expected)


def test_full_range_bt601_agrees_with_opencv() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (1, 500, 3), np.uint8)
    ycrcb = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[0].astype(float)
    weights, offset = Layout("yuv", 8, 0, 0, "bt601", True).from_rgb()
    found = rgb[0] / 255 @ weights.T + offset
    # OpenCV centres chroma on 128 and uses 255 levels a side, as JPEG does.
    assert np.abs(found - ycrcb[:, [0, 2, 1]]).max() < 1


def test_gray_is_equal_in_all_three_channels() -> None:
    matrix, offset = Layout("gray", 8, 0, 0, "bt601", True).to_rgb()
    rgb = matrix @ np.array([51.0, 7.0, 9.0]) + offset
    np.testing.assert_allclose(rgb, 0.2, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "shifts", "chroma"),
    [((1, 1), (1, 1), (1, 1)), ((7, 5), (1, 1), (4, 3)), ((7, 5), (0, 1), (7, 3)),
     ((7, 5), (2, 2), (2, 2)), ((1080, 1920), (1, 1), (540, 960))],
)  # fmt: skip
def test_chroma_planes_round_up(
    size: tuple[int, int], shifts: tuple[int, int], chroma: tuple[int, int]
) -> None:
    layout = Layout("yuv", 8, *shifts, "bt601", False)
    assert layout.plane_shape(0, *size) == size
    assert layout.plane_shape(1, *size) == layout.plane_shape(2, *size) == chroma


@pytest.mark.parametrize(
    ("model", "depth", "shift"), [("yuv", 7, 0), ("yuv", 17, 0), ("rgb", 8, 1), ("gray", 8, 1)]
)
def test_impossible_layouts_are_refused(model: Model, depth: int, shift: int) -> None:
    with pytest.raises(ValueError, match=r"depth|subsampled"):
        Layout(model, depth, shift, shift, "bt601", False)
