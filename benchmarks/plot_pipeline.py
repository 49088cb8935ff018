"""The benchmark's table as a picture."""

from pathlib import Path
from typing import Any

COMPUTE = ("to rgb", "pass 1", "cuts", "pass 2", "time", "foreground", "composite")


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw frame rates beside a bare transcode's, and the compute stages' medians, into `path`."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows = result["sizes"]
    names = [f"{row['height']}p" for row in rows]
    places = range(len(rows))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    left.bar([p - 0.2 for p in places], [r["bare_fps"] for r in rows], 0.4, label="bare transcode")
    bars = left.bar([p + 0.2 for p in places], [r["fps"] for r in rows], 0.4, label="cut-out")
    left.bar_label(bars, [f"{r['ratio']:.2f}×" for r in rows])
    left.set(yscale="log", ylabel="frames a second", title="End to end, H.264 to H.264")
    bottom = [0.0] * len(rows)
    for name in COMPUTE:
        heights = [row["stages_ms"].get(name, {}).get("median", 0.0) for row in rows]
        right.bar(places, heights, 0.6, bottom=bottom, label=name)
        bottom = [low + high for low, high in zip(bottom, heights, strict=True)]
    right.set(ylabel="ms a frame, median", title="Work on a frame, in several threads")
    for axes in (left, right):
        axes.set_xticks(list(places), names)
        axes.legend(fontsize=8)
    figure.suptitle(f"{result['machine']['cpu']}, {result['machine']['cores']} cores", fontsize=9)
    figure.savefig(path, dpi=110)
