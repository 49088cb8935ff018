"""Clips that train pass 1: composed pictures agree with their alpha, and are reproducible."""

import cv2
import numpy as np
import pytest

from models.training.clips import SIZES, Clip, draw_clip
from models.training.material import Material
from models.training.portraits import Portrait, spread

PERSON = np.array([250, 20, 20])
"""Nothing else in these pictures is red, but for things in the colour of their clothes."""


def portrait(height: int = 160, width: int = 120) -> Portrait:
    """A red person before blue, cut off below."""
    alpha = np.zeros((height, width), np.uint8)
    cv2.circle(alpha, (width // 2, height // 3), width // 6, 255, -1)
    cv2.rectangle(alpha, (width // 4, height // 2), (3 * width // 4, height), 255, -1)
    rgb = np.where(alpha[..., None] > 127, PERSON, [10, 30, 200]).astype(np.uint8)
    return Portrait(rgb, alpha, np.full_like(alpha, 255), (False, False, True, False))


def material() -> Material:
    room = np.random.default_rng(1).integers(60, 90, (200, 300, 3), np.uint8)
    return Material([portrait(), portrait(200, 90)], [np.asarray(room, np.uint8)])


def clips(seeds: int) -> list[Clip]:
    own = material()
    return [
        draw_clip(np.random.default_rng([7, n]), own, SIZES[n % len(SIZES)], 3)
        for n in range(seeds)
    ]


@pytest.mark.parametrize("size", sorted(set(SIZES)))
def test_shapes_and_types(size: tuple[int, int]) -> None:
    clip = draw_clip(np.random.default_rng(4), material(), size, 5)
    assert clip.rgb.shape == (5, *size, 3)
    assert clip.alpha.shape == clip.trust.shape == (5, *size)
    assert {each.dtype for each in clip} == {np.dtype(np.uint8)}


def test_equal_seeds_make_equal_clips() -> None:
    for one, other in zip(clips(6), clips(6), strict=True):
        for part, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, again)


def test_people_are_where_alpha_says() -> None:
    """Red stands out within alpha 1 whatever the light; beyond it only in pictures and things."""
    with_people = [each for each in clips(60) if each.alpha.mean() > 20]
    assert len(with_people) > 20
    agree = []
    for clip in with_people:
        colour = clip.rgb.astype(np.float32)
        red = colour[..., 0] - colour[..., 1:].mean(axis=3)
        inside, outside = clip.alpha == 255, clip.alpha == 0
        if outside.sum() > 500 and red.std() > 3:
            agree.append(np.median(red[inside]) > np.median(red[outside]) + 3)
    assert np.mean(agree) > 0.9


def test_people_of_any_shape_can_be_placed() -> None:
    wide, tall = np.zeros((60, 300), np.uint8), np.zeros((300, 40), np.uint8)
    wide[20:30, 10:290], tall[5:295, 15:25] = 255, 255
    people = [
        Portrait(np.zeros((*each.shape, 3), np.uint8), each, each, cut)
        for each in (wide, tall)
        for cut in np.ndindex(2, 2, 2, 2)
    ]
    own = Material(people, material().rooms)  # type: ignore[arg-type]
    for n in range(200):
        draw_clip(np.random.default_rng([2, n]), own, SIZES[n % len(SIZES)], 1)


def test_some_clips_show_nobody() -> None:
    empty = [each for each in clips(60) if not each.alpha.any()]
    assert 2 <= len(empty) <= 20


def test_people_cut_off_below_never_float() -> None:
    for clip in clips(60):
        alpha = clip.alpha[0]
        rows = np.flatnonzero((alpha > 200).any(axis=1))
        # What is hidden by a table is flat below; everybody else reaches the lower side.
        if len(rows) and (clip.trust == 255).all() and rows[-1] < alpha.shape[0] - 2:
            below = alpha[rows[-1] + 1 : rows[-1] + 3]
            assert below.max() < 200


def test_spread_keeps_what_is_known_and_fills_the_rest() -> None:
    picture = np.zeros((40, 60, 3), np.float32)
    picture[:, :30], picture[:, 30:] = (1, 0, 0), (0, 0, 1)
    known = np.ones((40, 60), np.float32)
    known[10:30, 5:25], picture[10:30, 5:25] = 0, (0, 1, 0)
    filled = spread(picture, known)
    assert filled[20, 15, 0] > 0.85
    assert filled[20, 15, 1] < 0.01


def test_an_empty_room_keeps_no_trace_of_its_people() -> None:
    empty = portrait().empty.astype(np.int16)
    assert (empty[..., 0] - empty[..., 2]).max() < 0


def test_a_cut_out_takes_no_colour_from_behind_its_edge() -> None:
    layer = portrait().layer()
    edge = (layer[..., 3] > 0.02) & (layer[..., 3] < 1)
    own = layer[..., :3][layer[..., 3] > 0.02] / layer[..., 3][layer[..., 3] > 0.02][:, None]
    assert (own[:, 2] < 0.2).all()
    assert layer.dtype == np.float32 or edge.any()
