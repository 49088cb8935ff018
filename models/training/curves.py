"""Draws how runs learnt: `python -m models.training.curves OUT.png NAME.log ...`.

L1 of alpha and cross entropy of what was trained on, against steps; logarithmic both ways.
"""

import argparse
import json
from pathlib import Path

_SHOWN = {"alpha": "L1 of alpha", "decided": "cross entropy"}


def main() -> None:
    """Read the logs that training wrote, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("logs", type=Path, nargs="+")
    options = parser.parse_args()
    # Drawing is an extra: training itself goes without it.
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(_SHOWN), figsize=(10, 4), layout="constrained")
    for axis, (key, title) in zip(axes, _SHOWN.items(), strict=True):
        for path in options.logs:
            told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            steps, costs = [each["step"] for each in told], [each[key] for each in told]
            axis.loglog(steps, costs, label=path.stem, marker=".", markersize=3)
        axis.set(xlabel="step", title=title)
        axis.grid(which="both", alpha=0.3)
        axis.legend()
    figure.savefig(options.out, dpi=110)


if __name__ == "__main__":
    main()
