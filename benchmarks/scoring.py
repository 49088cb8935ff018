"""Runs rows on truths, and scores what they answer."""

import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks import metrics
from benchmarks.contact_crops import CropSheet
from benchmarks.flaws import flawed
from benchmarks.rows import Answer, Row, enlarged
from benchmarks.truths import Truth, TruthSet
from kernels.types import Alpha

GIVEN = "given"
"""The group of coarse alphas that come with their pictures."""
PASS_1 = "pass 1"
"""The group of the rows that find their own coarse alpha."""
WRONG = 0.1
"""An alpha further from the truth than this is what an estimate of error should point at."""
_SETTLING_DT = 0.04

Scores = dict[str, float]
Before = tuple[Alpha, Alpha]
"""A row's alpha and the true one, a frame earlier."""


class Scored(NamedTuple):
    """What one row scored on one picture. group: the flaw of the coarse alpha, or PASS_1."""

    group: str
    row: str
    picture: str
    scores: Scores


def measured(
    truths: TruthSet,
    rows: Sequence[Row],
    flaws: Sequence[str],
    limit: int | None = None,
    sheet: CropSheet | None = None,
) -> Iterator[Scored]:
    """The scores of every row on every truth, for each flaw of the coarse alpha.

    Rows with their own pass 1 run on sets of people only, once a picture. Each row is
    called twice on a set's first truth, which may compile, before it is measured.
    """
    before: dict[tuple[str, str], Before] = {}
    warm: set[str] = set()
    for truth in truths.truths(limit):
        if truth.dt is None:
            before.clear()
        for row, group, coarse in _turns(truth, rows, flaws, truths.people):
            if row.name not in warm:
                warm.add(row.name)
                _warm_up(row, truth, coarse)
            answer, seen, milliseconds = _answered(row, truth, coarse)
            scores = score(truth, answer, seen, coarse, before.get((group, row.name)))
            scores["ms"] = milliseconds
            if truth.clip is not None:
                before[group, row.name] = answer.alpha, truth.alpha
            if sheet is not None and group in (*flaws[:1], GIVEN, PASS_1):
                given = coarse if row.see is None else None
                sheet.add(truth, group, given, row.name, answer)
            yield Scored(group, row.name, truth.name, scores)


def score(
    truth: Truth, answer: Answer, coarse: Alpha, missing: Alpha, before: Before | None = None
) -> Scores:
    """Everything benchmarks.metrics knows of one answer, NaN where it does not apply.

    coarse: the (h, w) alpha that the row started from; missing: the one whose missed strands are
    counted. Keys with "band " before them count the truth's band only; "semantic" is the MAD
    outside it. "not worse": 1 where the band MAD is at most that of `coarse` enlarged bilinearly,
    else 0. Of the identity, a coarse alpha equal to the truth, band MAD is the change made.
    """
    alpha, true = answer.alpha, truth.alpha
    band = metrics.band(true)
    scores: Scores = {}
    for prefix, where in (("", None), ("band ", band)):
        scores[f"{prefix}MAD"] = metrics.mad(alpha, true, where)
        scores[f"{prefix}MSE"] = metrics.mse(alpha, true, where)
        scores[f"{prefix}Grad"] = metrics.grad(alpha, true, where)
        scores[f"{prefix}Conn"] = metrics.conn(alpha, true, where)
        if before is not None:
            scores[f"{prefix}dtSSD"] = metrics.dtssd(alpha, before[0], true, before[1], where)
    scores["semantic"] = metrics.mad(alpha, true, ~band)
    if band.any():
        base = metrics.mad(enlarged(coarse, truth.frame), true, band)
        scores["not worse"] = float(scores["band MAD"] <= base)
    known = enlarged(missing, truth.frame)
    scores["strands"], scores["strand px"] = metrics.strand_recall(alpha, true, known)
    if answer.error is not None:
        scores["AUROC"] = metrics.auroc(answer.error[band], np.abs(alpha - true)[band] > WRONG)
    return scores | _colour_scores(truth, answer, band)


def means(scored: Iterable[Scored]) -> dict[str, dict[str, Scores]]:
    """By group and row the mean of each score over the pictures that have it.

    Milliseconds are medians, strand pixels are summed and weigh their recall.
    """
    found: dict[str, dict[str, list[Scores]]] = {}
    for each in scored:
        found.setdefault(each.group, {}).setdefault(each.row, []).append(each.scores)
    return {
        group: {row: _mean_scores(scores) for row, scores in rows.items()}
        for group, rows in found.items()
    }


def _turns(
    truth: Truth, rows: Sequence[Row], flaws: Sequence[str], people: bool
) -> Iterator[tuple[Row, str, Alpha]]:
    coarses = [(flaw, flawed(truth.alpha, flaw)) for flaw in flaws]
    if truth.coarse is not None:
        coarses.append((GIVEN, truth.coarse))
    given = [row for row in rows if row.see is None]
    yield from ((row, group, coarse) for group, coarse in coarses for row in given)
    if people:
        # Strands that the row's own pass 1 missed could not be compared from row to row.
        coarse = flawed(truth.alpha, "shrunk256")
        yield from ((row, PASS_1, coarse) for row in rows if row.see is not None)


def _warm_up(row: Row, truth: Truth, coarse: Alpha) -> None:
    # Some peers' runtimes optimise a net in its second run only.
    for _ in range(2):
        answer, _, _ = _answered(row, truth, coarse)
    if answer.foreground is not None:
        answer.foreground()


def _answered(row: Row, truth: Truth, coarse: Alpha) -> tuple[Answer, Alpha, float]:
    """The row's answer, the coarse alpha it started from, and its last look's milliseconds."""
    start = looked = time.perf_counter()
    for seen in looks(row, truth):
        coarse, looked, start = seen, start, time.perf_counter()
    answer = row.refine(truth.frame, coarse)
    return answer, coarse, (time.perf_counter() - looked) * 1e3


def looks(row: Row, truth: Truth) -> Iterator[Alpha]:
    """What the row's own pass 1, if it has one, sees of the truth: of a still until it settles."""
    if row.see is None:
        return
    yield row.see(truth.frame, truth.dt)
    for _ in range(row.settle - 1 if truth.clip is None else 0):
        yield row.see(truth.frame, _SETTLING_DT)


def _colour_scores(truth: Truth, answer: Answer, band: metrics.Where) -> Scores:
    if truth.foreground is None:
        return {}
    start = time.perf_counter()
    frame = truth.frame
    colours = answer.foreground() if answer.foreground else frame.rgb(frame.height, frame.width)
    spent = (time.perf_counter() - start) * 1e3
    return {
        "FG": metrics.foreground_mse(colours, truth.foreground, truth.alpha),
        "band FG": metrics.foreground_mse(colours, truth.foreground, truth.alpha, band),
        "FG ms": spent,
    }


def _mean_scores(scores: list[Scores]) -> Scores:
    out: Scores = {}
    for name in dict.fromkeys(itertools.chain(*scores)):
        values = [each[name] for each in scores if not np.isnan(each.get(name, np.nan))]
        if not values:
            out[name] = float("nan")
        elif name.endswith("ms"):
            out[name] = statistics.median(values)
        else:
            out[name] = statistics.fmean(values)
    if "strand px" in out:
        out["strand px"] = sum(each["strand px"] for each in scores)
        found = sum(each["strands"] * each["strand px"] for each in scores if each["strand px"])
        out["strands"] = found / out["strand px"] if out["strand px"] else float("nan")
    return out
