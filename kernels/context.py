"""What is known of each cell, side by side, as a net on cells reads it."""

import numba
import numpy as np

from kernels.evidence import Evidence
from kernels.layout import Layout
from kernels.spread import Cells, SpreadColours
from kernels.types import Alpha, Floats

KNOWN = 17
"""Channels that join_context fills, those before."""
CELL_INPUTS = KNOWN + 7
"""Channels a cell: see models.refiner_inputs."""
PRIOR, CONFIDENCE, ROUGHNESS = 3, 11, 14
"""Some of the channels of a cell."""


def join_context(
    evidence: Evidence, colours: SpreadColours, layout: Layout, prior: Alpha, change: Alpha,
    rough: Floats, edge: float, scale: float, out: Floats,
) -> None:  # fmt: skip
    """Fill channels 0 to 16 of `out`.

    evidence, prior, rough: on the cells of `colours`; change: likewise, what was found so far to
    be added to the logit of `prior`; out: (rows, columns, CELL_INPUTS) float32. 0-2 the cell's RGB
    less 0.5; 3 the logit of `prior`, squeezed to [edge, 1 - edge], times `scale`; 4-6 the
    subject's RGB less 0.5, 7-9 the scene's; 10 projection; 11 confidence; 12, 13 the standard
    deviation of both sides' colours; 14 four times `rough`; 15 as 3, `change` added; 16 how far
    the colours alone would move that: confidence times the way to the projection's logit.
    """
    _join(
        evidence.rgb, evidence.projection, evidence.confidence, colours.foreground,
        colours.background, *layout.to_rgb(), prior, change, rough, np.float32(edge),
        np.float32(scale), out,
    )  # fmt: skip


def moved_prior(prior: Alpha, change: Alpha, edge: float) -> Alpha:
    """`prior` with `change` added to its logit.

    prior: (rows, columns) float32 in [0, 1], squeezed to [edge, 1 - edge] for its logit; change:
    likewise, any stride. Where `change` is not a number, `prior` stays.
    """
    moved = np.empty_like(prior)
    _move(prior, change, np.float32(edge), moved)
    return moved


def join_near(channels: Floats, change: Alpha, found: Floats, scale: float, out: Floats) -> None:
    """Fill `out` with what is read between cells, as kernels.near.Near says.

    channels: as join_context filled them; change: (rows, columns) float32, what was found before
    to be added to the prior's logit; found: (rows, columns, NEAR - 1) float32, what the context
    net says: functions of colour and features, the change of both sides' RGB, the further change
    of the logit, and one more. out: (rows, columns, NEAR) float32.
    """
    _join_near(channels, change, found, np.float32(scale), out)


@numba.njit(parallel=True, nogil=True, cache=True)
def _join_near(
    channels: Floats, change: Alpha, found: Floats, scale: np.float32, out: Floats
) -> None:
    told = found.shape[2] - 8
    for row in numba.prange(out.shape[0]):
        for column in range(out.shape[1]):
            into, says = out[row, column], found[row, column]
            for n in range(6):
                into[n] = channels[row, column, 4 + n] + says[told + n]
            into[6] = channels[row, column, CONFIDENCE]
            into[7] = (change[row, column] + says[told + 6]) * scale
            for n in range(told):
                into[8 + n] = says[n]
            into[8 + told :] = 0


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _move(prior: Alpha, change: Alpha, edge: np.float32, moved: Alpha) -> None:
    one = np.float32(1)
    room = one - edge - edge
    for row in numba.prange(prior.shape[0]):
        for column in range(prior.shape[1]):
            value = prior[row, column] * room + edge
            odds = value / (one - value) * np.exp(change[row, column])
            value = (odds / (one + odds) - edge) / room
            value = value if np.isfinite(value) else prior[row, column]
            moved[row, column] = min(max(value, np.float32(0)), one)


@numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
def _join(
    rgb: Floats, projection: Alpha, confidence: Alpha, foreground: Cells, background: Cells,
    matrix: Floats, offset: Floats, prior: Alpha, change: Alpha, rough: Floats, edge: np.float32,
    scale: np.float32, out: Floats,
) -> None:  # fmt: skip
    half, one, four = np.float32(0.5), np.float32(1), np.float32(4)
    room = one - edge - edge
    for row in numba.prange(out.shape[0]):
        for column in range(out.shape[1]):
            into = out[row, column]
            vary_front = foreground[row, column, 3]
            vary_back = background[row, column, 3]
            for n in range(3):
                into[n] = rgb[row, column, n] - half
                front, back = offset[n], offset[n]
                for k in range(3):
                    front += matrix[n, k] * foreground[row, column, k]
                    back += matrix[n, k] * background[row, column, k]
                vary_front -= front * front
                vary_back -= back * back
                into[4 + n], into[7 + n] = front - half, back - half
            value = prior[row, column] * room + edge
            into[3] = np.log(value / (one - value)) * scale
            along, sure = projection[row, column], confidence[row, column]
            into[10], into[11] = along, sure
            into[12] = np.sqrt(max(vary_front, np.float32(0)))
            into[13] = np.sqrt(max(vary_back, np.float32(0)))
            into[14] = rough[row, column] * four
            moved = change[row, column] * scale
            into[15] = into[3] + (moved if np.isfinite(moved) else np.float32(0))
            value = along * room + edge
            into[16] = sure * (np.log(value / (one - value)) * scale - into[15])
