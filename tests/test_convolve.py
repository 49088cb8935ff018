"""Convolutions in registers, against torch's."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch.nn import functional as F

from kernels.convolve import (
    around,
    chunks_of,
    convolve,
    fill,
    halved,
    new_map,
    pack,
    read_off,
)
from kernels.registers import CHUNK
from kernels.types import Floats
from tests.edges import normal

ROOM = 2


def told(found: npt.NDArray[np.generic]) -> Floats:
    """float32 of a map, or of the bits of bfloat16."""
    if found.dtype == np.uint16:
        return np.asarray((found.astype(np.uint32) << 16).view(np.float32))
    return np.asarray(found, np.float32)


def by_torch(values: Floats, weight: Floats, bias: Floats, dilation: int, add: bool) -> Floats:
    given = torch.from_numpy(values).permute(2, 0, 1)[None]
    room = weight.shape[2] // 2 * dilation
    found = F.relu(
        F.conv2d(given, *map(torch.from_numpy, (weight, bias)), padding=room, dilation=dilation)
    )
    found = found + given if add else found
    return np.asarray(found[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (3, CHUNK), (9, 2 * CHUNK + 1), (5, 3 * CHUNK - 1)])
@pytest.mark.parametrize(
    ("inputs", "outputs", "dilation", "add"), [(8, 16, 1, False), (32, 32, 2, True)]
)
def test_maps_are_convolved_as_torch_does(
    half: bool, size: tuple[int, int], inputs: int, outputs: int, dilation: int, add: bool
) -> None:
    values, weight = normal(*size, inputs), normal(outputs, inputs, 3, 3, seed=1) / 8
    bias = normal(outputs, seed=2)
    source = new_map(*size, inputs, ROOM, half)
    fill(values, ROOM, 0, source)
    out = new_map(*size, outputs, ROOM, half)
    chunks = chunks_of(np.ones(size, np.bool_))
    convolve(source, ROOM, pack(weight, bias, dilation, half), chunks, size[1], add, out)
    inner = slice(ROOM, ROOM + size[0]), slice(ROOM, ROOM + size[1])
    if half:
        values, weight = told(halved(values)), told(halved(weight))
    expected = by_torch(values, weight, bias, dilation, add)
    found = told(out)
    np.testing.assert_allclose(found[inner], expected, rtol=2**-8 if half else 1e-5, atol=1e-4)
    found[inner] = 0
    assert not found.any()  # what lies around a map stays 0


@pytest.mark.parametrize("half", [False, True])
def test_linear_functions_are_read_off(half: bool) -> None:
    values, weight, bias = normal(4, 9, 16), normal(23, 16, 1, 1, seed=1), normal(23, seed=2)
    source = new_map(4, 9, 16, 1, half)
    fill(values, 1, 0, source)
    found = np.zeros((4, 12, 32), np.float32)
    wanted = normal(4, 9, seed=3) > 0
    read_off(source, 1, pack(weight, bias, half=half), chunks_of(wanted), wanted, found)
    if half:
        values, weight = told(halved(values)), told(halved(weight))
    expected = values @ weight[:, :, 0, 0].T + bias
    np.testing.assert_allclose(found[:, :9, :23], expected * wanted[..., None], atol=1e-4)
    assert not found[:, 9:].any()


def test_what_is_not_a_number_stays_so() -> None:
    source = new_map(2, 2, 8, 1, False)
    source[1, 1, 0] = np.nan
    out = new_map(2, 2, 16, 1, False)
    everywhere = chunks_of(np.ones((2, 2), np.bool_))
    convolve(source, 1, pack(normal(16, 8, 3, 3), normal(16)), everywhere, 2, False, out)
    assert np.isnan(out[1:3, 1:3]).all()


def test_bfloat16_is_rounded_as_torch_rounds_it() -> None:
    values = normal(5, 7, 4)
    source = new_map(5, 7, 4, 1, True)
    fill(values, 1, 0, source)
    expected = torch.from_numpy(values).to(torch.bfloat16).float().numpy()
    np.testing.assert_array_equal(told(source)[1:6, 1:8], expected)
    np.testing.assert_array_equal(told(halved(values)), expected)


def test_an_odd_number_of_channels_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="3 channels"):
        pack(normal(16, 3, 1, 1), normal(16), half=True)


def test_what_does_not_fit_is_refused() -> None:
    one, other = new_map(4, 6, 8, 1, False), new_map(4, 6, 16, 1, False)
    chunks, wanted = chunks_of(np.ones((4, 6), np.bool_)), np.ones((4, 6), np.bool_)
    weights = pack(normal(16, 8, 3, 3), normal(16))
    with pytest.raises(ValueError, match="do not fit"):
        convolve(other, 1, weights, chunks, 6, False, other)
    with pytest.raises(ValueError, match="do not fit"):
        convolve(one, 1, pack(normal(16, 8, 3, 3), normal(16), 2), chunks, 6, False, other)
    with pytest.raises(ValueError, match="cannot be added"):
        convolve(one, 1, weights, chunks, 6, True, other)
    with pytest.raises(ValueError, match="do not fit"):
        read_off(one, 1, weights, chunks, wanted, normal(4, 6, 16))
    with pytest.raises(ValueError, match="does not fit"):
        fill(normal(4, 6, 4), 1, 6, one)
    with pytest.raises(ValueError, match="do not fit 4"):
        pack(normal(16, 8, 3, 3), normal(16), inputs=4)


@pytest.mark.parametrize("reach", [0, 1, 7])
def test_chunks_hold_all_that_is_near(reach: int) -> None:
    wanted = np.random.default_rng(reach).random((23, 31)) > 0.97
    rows, columns = np.nonzero(wanted)
    near = np.zeros((23, 36), np.bool_)
    for y, x in zip(rows, columns, strict=True):
        near[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = True
    near[:, 31:] = False
    expected = np.argwhere(near.reshape(23, 6, CHUNK).any(axis=2)) * (1, CHUNK)
    np.testing.assert_array_equal(chunks_of(wanted, reach), expected)


def test_tiles_are_marked_on_a_map() -> None:
    tiles = np.array([[0, 0], [2, 3]], np.int32)
    wanted = np.zeros((9, 18), np.bool_)
    wanted[:3, :6] = True  # the lattice's rows -1 to 4 in cells, of which the map lacks two
    wanted[5:, 12:] = True
    np.testing.assert_array_equal(around(tiles, 4, 1, 8, -4, 9, 18), wanted)
    wide = np.zeros((3, 4), np.bool_)
    wide[0, 0] = wide[1, 1] = True
    np.testing.assert_array_equal(around(tiles, 32, 0, 0, 0, 3, 4), wide)


_COMPILED = """
import kernels.registers as registers
import numba
from numba import types

chunk = registers._chunk("added", True)

@numba.njit
def one(source, weights, bias, out):
    chunk(source, weights, bias, out, 0, 100, 20, 3, 16, 0, 0, 16)

halves, floats = types.uint16[::1], types.float32[::1]
one.compile((halves, halves, floats, halves))
print(sum(text.count("vdpbf16ps") for text in one.inspect_asm().values()))
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="for x86 alone")
def test_a_processor_with_bfloat16_is_told_to_multiply_it() -> None:
    # Compiled for such a processor, not run: this machine need not be one.
    features = "+avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512bf16"
    processor = {"NUMBA_CPU_NAME": "znver4", "NUMBA_CPU_FEATURES": features}
    done = subprocess.run(
        [sys.executable, "-c", _COMPILED],
        env=os.environ | processor, cwd=Path(__file__).parents[1], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= CHUNK
