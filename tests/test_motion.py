"""Motion found in thumbnails, and alphas carried along."""

import cv2
import numpy as np
import pytest

from kernels.types import Alpha
from models.motion import carried, followed, is_torn, thumbnail_of
from stream.frame import Frame
from stream.live.normal import live_frame
from tests.moved import HEIGHT, RANDOM, ROOM, SIDE, WIDTH, off, picture_of, truth


@pytest.mark.parametrize("size", [(180, 320), (288, 512), (90, 161)])
def test_alpha_is_carried_as_far_as_places_say(size: tuple[int, int]) -> None:
    height, width = size
    alpha = np.asarray(cv2.GaussianBlur(RANDOM.random(size).astype(np.float32), (0, 0), 6))
    grid = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), 2).astype(np.float32)
    np.testing.assert_allclose(carried(alpha, grid)[2:-2, 2:-2], alpha[2:-2, 2:-2], atol=1e-3)
    across, down = 24, 16
    found = carried(alpha, grid + np.float32((across, down)))
    right, below = across * width / WIDTH, down * height / HEIGHT
    matrix = np.array([[1, 0, right], [0, 1, below]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = cv2.warpAffine(
        alpha, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    np.testing.assert_allclose(found[2:-2, 2:-2], wanted[2:-2, 2:-2], atol=2e-3)


def _doubt(then: Frame, now: Frame, alpha: Alpha) -> bool:
    """Whether `now` is too little like `then`, at the edge of `alpha`, where nothing moves."""
    nothing = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    _, unlike = followed(thumbnail_of(then), thumbnail_of(now), nothing)
    return is_torn(unlike, alpha)


def test_motion_is_torn_only_where_another_picture_lies_at_the_edge() -> None:
    then, alpha = picture_of(100), truth(100)
    assert not _doubt(then, then, alpha)
    elsewhere = picture_of(100, room=np.vstack([ROOM[:20], 255 - ROOM[20:30], ROOM[30:]]))
    assert not _doubt(then, elsewhere, alpha)
    assert _doubt(then, picture_of(130), alpha)
    assert not _doubt(then, picture_of(130), np.zeros_like(alpha))


def _coloured(left: int) -> Frame:
    """One that only its colour tells from the room."""
    planes = [np.full((HEIGHT, WIDTH), 120, np.uint8)]
    for room, subject in ((90, 150), (170, 110)):
        chroma = np.full((HEIGHT // 2, WIDTH // 2), room, np.uint8)
        chroma[25 : 25 + SIDE // 2, left // 2 : (left + SIDE) // 2] = subject
        planes.append(chroma)
    return live_frame((planes[0], planes[1], planes[2]), 0)


def test_a_subject_as_bright_as_the_room_is_torn_where_it_has_gone() -> None:
    assert _doubt(_coloured(100), _coloured(130), truth(100))
    assert not _doubt(_coloured(100), _coloured(100), truth(100))


def test_where_the_same_place_is_as_much_alike_nothing_has_moved() -> None:
    then, now = thumbnail_of(_coloured(100)), thumbnail_of(_coloured(106))
    motion = np.full((HEIGHT, WIDTH, 2), (-6, 0), np.float32)  # of the subject, and of all else
    places, unlike = followed(then, now, motion)
    assert off(carried(truth(100), places), 106) < 0.02
    columns = np.broadcast_to(np.arange(WIDTH), (40, WIDTH))
    np.testing.assert_array_equal(places[:40, :, 0], columns)
    assert unlike.max() == 0


@pytest.mark.parametrize("size", [(720, 1280), (1920, 1080), (90, 160), (2, 4000)])
@pytest.mark.parametrize("depth", [8, 10])
def test_thumbnails_are_small_and_of_8_bits(size: tuple[int, int], depth: int) -> None:
    class Made:
        planes = (np.full(size, 200 << depth - 8, np.uint8 if depth == 8 else np.uint16),)
        layout = type("Layout", (), {"depth": depth})

    thumbnail = thumbnail_of(Made())  # type: ignore[arg-type]
    assert thumbnail.dtype == np.uint8
    assert min(thumbnail.shape[:2]) >= 32
    assert max(thumbnail.shape[:2]) <= 320
    assert (thumbnail == (200, 128, 128)).all()
