from pathlib import Path

import pytest

from benchmarks.plot_quality import plane, plot

RESULT = {
    "machine": {"cpu": "some", "cores": 2},
    "sets": {
        "stills": {
            "hard": {"bilinear": {"band MAD": 60.0}, "learned-balanced": {"band MAD": 30.0}},
            "thumb": {"bilinear": {"band MAD": 90.0}, "learned-balanced": {"band MAD": 180.0}},
            "identity": {"bilinear": {"band MAD": 0.0}, "learned-balanced": {"band MAD": 0.1}},
        }
    },
    "milliseconds": {"1080": {"bilinear": [0.5, 1.0], "learned-balanced": [20.0, 2.0]}},
}


def test_a_row_lies_at_its_time_and_its_mean_share_of_bilinear() -> None:
    found = plane(RESULT)
    assert found["bilinear"] == (0.5, 1.0)
    spent, share = found["learned-balanced"]
    assert spent == 20
    assert share == pytest.approx(1.0), "half and double cancel out"


def test_the_plane_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot(RESULT, tmp_path / "plane.png")
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")
