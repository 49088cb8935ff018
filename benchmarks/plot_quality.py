"""The speed-quality plane of rows that refine the same coarse alphas."""

import math
import statistics
from pathlib import Path
from typing import Any

BASELINE = "bilinear"
_MARKS = {"learned": ("o", "tab:red"), "classical": ("s", "tab:blue")}
_OTHERS = ("^", "0.5")


def plane(result: dict[str, Any], lines: str = "1080") -> dict[str, tuple[float, float]]:
    """(milliseconds at `lines`, band MAD as a share of bilinear's) of each row that was timed.

    The share is the geometric mean over all sets and flaws of the coarse alpha, "identity" left
    out: there bilinear has no error.
    """
    found = {}
    for row, spent in result["milliseconds"][lines].items():
        shares = [
            rows[row]["band MAD"] / rows[BASELINE]["band MAD"]
            for flaws in result["sets"].values()
            for flaw, rows in flaws.items()
            if flaw != "identity" and row in rows and BASELINE in rows
        ]
        if shares:
            found[row] = (spent[0], statistics.geometric_mean(shares))
    return found


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw the plane into `path`; raises KeyError when the rows were not timed."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    rows = plane(result)
    for row, (spent, share) in rows.items():
        marker, colour = _MARKS.get(row.partition("-")[0], _OTHERS)
        axes.plot([spent], [share], marker, color=colour)
        # On the side where the neighbour is not, or its name would cover this one.
        others = [each for name, each in rows.items() if name != row]
        near = min(others, key=lambda each: abs(math.log(each[0] / spent)), default=(spent, 0))
        above = 4 if share > near[1] else -11
        axes.annotate(row, (spent, share), (5, above), textcoords="offset points", fontsize=8)
    axes.margins(x=0.1)
    axes.set(
        xscale="log",
        xlabel="ms to refine one 1080p frame, median",
        ylabel="band MAD, share of bilinear (lower is better)",
        title=f"{result['machine']['cpu']}, {result['machine']['cores']} cores",
    )
    axes.axhline(1, color="0.8", linewidth=1)
    figure.savefig(path, dpi=110)
