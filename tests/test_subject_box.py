"""Boxes hold their subjects, whatever moves."""

import numpy as np
import pytest

from kernels.types import Alpha
from models.subject_box import Extent, SubjectBoxes, find_extents, padded, union


def _scene(*blocks: tuple[int, int, int, int], height: int = 288, width: int = 512) -> Alpha:
    alpha = np.zeros((height, width), np.float32)
    for top, left, bottom, right in blocks:
        alpha[top:bottom, left:right] = 1
    return alpha


def _holds(box: Extent, block: tuple[int, int, int, int]) -> bool:
    return union([box, Extent(*block)]) == box


def test_no_subject_gives_no_box() -> None:
    assert find_extents(_scene(), 3) == []
    assert SubjectBoxes().follow(_scene(), None) == []


def test_specks_are_no_subject() -> None:
    assert find_extents(_scene((10, 10, 14, 14)), 3) == []


def test_extent_is_exact() -> None:
    assert find_extents(_scene((30, 100, 200, 220)), 3) == [Extent(30, 100, 200, 220)]


def test_largest_subject_comes_first() -> None:
    small, large = (150, 20, 250, 80), (50, 300, 288, 450)
    assert find_extents(_scene(small, large), 3) == [Extent(*large), Extent(*small)]


def test_small_rival_of_a_large_subject_is_dropped() -> None:
    assert len(find_extents(_scene((50, 300, 288, 450), (10, 10, 45, 55)), 3)) == 1


def test_more_subjects_than_the_limit_share_one_box() -> None:
    blocks = [(100, left, 200, left + 30) for left in (10, 150, 290, 430)]
    assert find_extents(_scene(*blocks), 3) == [Extent(100, 10, 200, 460)]
    assert len(find_extents(_scene(*blocks), 4)) == 4


def test_neighbours_share_one_box() -> None:
    assert len(find_extents(_scene((100, 200, 280, 250), (100, 252, 280, 300)), 3)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (512, 288)])
def test_subject_that_fills_the_frame_gets_the_frame(shape: tuple[int, int]) -> None:
    boxes = SubjectBoxes().follow(np.ones(shape, np.float32), None)
    assert boxes == [Extent(0, 0, *shape)]


def test_there_is_as_much_room_around_a_subject_as_was_asked_for() -> None:
    scene = _scene((100, 200, 200, 250))
    assert SubjectBoxes(0.2).follow(scene, None) == [Extent(80, 180, 220, 270)]
    assert SubjectBoxes(0.5).follow(scene, None) == [Extent(50, 150, 250, 300)]


def test_box_grows_at_once() -> None:
    boxes = SubjectBoxes()
    boxes.follow(_scene((100, 200, 288, 300)), None)
    arm = (100, 150, 288, 300)
    assert _holds(boxes.follow(_scene(arm), 0.001)[0], arm)


def test_box_shrinks_slowly_and_at_the_same_pace_for_any_frame_rate() -> None:
    ends = []
    for rate in (15, 60):
        boxes = SubjectBoxes()
        boxes.follow(_scene((100, 100, 288, 400)), None)
        first = boxes.follow(_scene((100, 200, 288, 400)), 1 / rate)[0]
        for _ in range(rate - 1):
            last = boxes.follow(_scene((100, 200, 288, 400)), 1 / rate)[0]
        assert first.left < 90
        ends.append(last.left)
    assert abs(ends[0] - ends[1]) < 1
    assert 130 < ends[0] < padded(Extent(100, 200, 288, 400), 0.1).left


def test_still_subject_has_a_still_box() -> None:
    boxes = SubjectBoxes()
    first = boxes.follow(_scene((100, 200, 288, 300)), None)
    assert boxes.follow(_scene((100, 200, 288, 300)), 0.04) == first


def test_jump_makes_a_new_box() -> None:
    boxes = SubjectBoxes()
    boxes.follow(_scene((100, 20, 288, 120)), None)
    fresh = SubjectBoxes().follow(_scene((100, 380, 288, 480)), None)
    assert boxes.follow(_scene((100, 380, 288, 480)), 0.04) == fresh


def test_reset_and_missing_dt_forget_alike() -> None:
    wide, narrow = _scene((100, 100, 288, 400)), _scene((100, 200, 288, 400))
    fresh = SubjectBoxes().follow(narrow, None)
    boxes = SubjectBoxes()
    boxes.follow(wide, None)
    assert boxes.follow(narrow, None) == fresh
    boxes.follow(wide, None)
    boxes.reset()
    assert boxes.follow(narrow, 0.04) == fresh
