"""What an examination of the machine found, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "missing"]
_SIGNS: dict[Status, str] = {"ok": "ok     ", "warn": "warn   ", "missing": "MISSING"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    status: "missing" when cutting out cannot work without it, "warn" when something else cannot.
    hint: what to do, empty when there is nothing to do.
    """

    name: str
    status: Status
    detail: str
    hint: str = ""


def works(findings: Sequence[Finding]) -> bool:
    """Whether nothing is missing that cutting out needs."""
    return all(finding.status != "missing" for finding in findings)


def report(findings: Sequence[Finding]) -> str:
    """The findings as lines, each hint below its finding, and a verdict."""
    width = max((len(finding.name) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.status]}  {finding.name:{width}}  {finding.detail}")
        if finding.hint:
            lines.append(f"{'':9}{'':{width}}  -> {finding.hint}")
    missing = [finding.name for finding in findings if finding.status == "missing"]
    if missing:
        lines.append(f"cannot cut out: {', '.join(missing)} missing")
    else:
        lines.append("ready to cut out")
    return "\n".join(lines)
